// audioconvert, audioresample: the same sound in another format, in other channels, at another
// rate.
//
// Both hand frames on untouched where there is nothing to do.
#pragma once

#include <optional>

#include "compute/audio/mix.h"
#include "compute/audio/resample.h"
#include "compute/audio/samples.h"
#include "elements/audio/audio_pieces.h"
#include "parallax/element.h"

namespace parallax::compute {
std::span<const Nick<DitherKind>> nicks(DitherKind);
}

namespace parallax::elements {

struct AudioConvertOptions {
    compute::DitherKind dithering = compute::DitherKind::none;
    static constexpr auto describe() {
        return std::tuple{Option{"dithering", &AudioConvertOptions::dithering,
                                 "noise that takes the place of distortion where bits are lost"}};
    }
};

// Any format, and between one and eight channels; see compute/audio/mix.h.
class AudioConvert final : public ElementWith<AudioConvertOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    std::size_t checkpoint_bytes() const override;
    void save_checkpoint(std::vector<std::byte>& state) const override;
    Result<> restore_checkpoint(std::span<const std::byte> state) override;

  private:
    AudioFormatCaps from_, to_;
    bool same_ = false;
    AudioPieces pieces_;
    compute::MixMatrix matrix_;
    compute::Dither dither_;
    std::vector<double> in_, out_;
    std::uint64_t sent_ = 0;
};

struct AudioResampleOptions {
    int quality = 4;
    static constexpr auto describe() {
        return std::tuple{Option{"quality",
                                 &AudioResampleOptions::quality,
                                 "0 is fastest; 10 keeps most of the treble and 140 dB",
                                 {.min = 0, .max = 10}}};
    }
};

// Rates at most 256 times apart.
class AudioResample final : public ElementWith<AudioResampleOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    Result<Flow> drain(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    std::size_t checkpoint_bytes() const override;
    void save_checkpoint(std::vector<std::byte>& state) const override;
    Result<> restore_checkpoint(std::span<const std::byte> state) override;

  private:
    bool send(Context& context);
    Result<> begin_anew();

    AudioFormatCaps from_, to_;
    bool same_ = false;
    AudioPieces pieces_;
    std::optional<compute::Resampler> resampler_;
    compute::Dither dither_;
    std::vector<double> in_, out_;
    std::int64_t start_ns_ = kNoTimeNs;
    std::uint64_t sent_ = 0;
};

}  // namespace parallax::elements
