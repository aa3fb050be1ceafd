// audiotestsrc: test signals, the same on all channels.
#pragma once

#include <optional>

#include "compute/audio/samples.h"
#include "compute/audio/wave.h"
#include "parallax/audio_caps.h"
#include "parallax/element.h"

namespace parallax::compute {
std::span<const Nick<Wave>> nicks(Wave);
}

namespace parallax::elements {

struct AudioTestSrcOptions {
    compute::Wave wave = compute::Wave::sine;
    double freq = 440.0;
    double volume = 0.8;
    int samples_per_buffer = 1024;
    std::int64_t num_buffers = -1;
    bool is_live = false;

    static constexpr auto describe() {
        using O = AudioTestSrcOptions;
        return std::tuple{
            Option{"wave", &O::wave, "what is heard", {.live = true}},
            Option{"freq",
                   &O::freq,
                   "frequency of what has one",
                   {.min = 0, .max = kMaxSampleRate / 2.0, .unit = "Hz", .live = true}},
            Option{"volume", &O::volume, "1 is full scale", {.min = 0, .max = 1, .live = true}},
            Option{"samplesperbuffer",
                   &O::samples_per_buffer,
                   "samples of each channel in a frame",
                   {.min = 1, .max = 1 << 20}},
            Option{"samples-per-buffer",
                   &O::samples_per_buffer,
                   "another name of samplesperbuffer",
                   {.min = 1, .max = 1 << 20}},
            Option{"num-buffers",
                   &O::num_buffers,
                   "frames before the end of the stream; -1 goes on for ever",
                   {.min = -1}},
            Option{"is-live", &O::is_live, "make frames when they are due, not before"}};
    }
};

class AudioTestSrc final : public ElementWith<AudioTestSrcOptions> {
  public:
    static Pads pads();
    Result<> configure(const Negotiated& formats) override;
    std::size_t output_bytes(std::size_t pad, const Negotiated& formats) const override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    std::size_t samples() const { return static_cast<std::size_t>(options().samples_per_buffer); }

    AudioFormatCaps audio_;
    std::optional<compute::WaveMaker> maker_;
    compute::Dither dither_;
    std::vector<double> signal_;
    std::vector<double> frames_;
    std::int64_t made_ = 0;
    std::uint64_t made_samples_ = 0;
};

}  // namespace parallax::elements
