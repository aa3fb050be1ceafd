// softisp: raw sensor frames developed into pictures, in software.
//
// The work is done by isp::Developer; what it does is told in parallax/isp.h.
#pragma once

#include <optional>
#include <string>

#include "exec/parallel.h"
#include "parallax/element.h"
#include "parallax/isp.h"

namespace parallax::isp {

std::span<const Nick<Demosaic>> nicks(Demosaic);
std::span<const Nick<Quality>> nicks(Quality);
std::span<const Nick<WhiteBalance>> nicks(WhiteBalance);
std::span<const Nick<Tone>> nicks(Tone);
std::span<const Nick<Highlights>> nicks(Highlights);

}  // namespace parallax::isp

namespace parallax::elements {

// How much of the machine a frame may take.
enum class Lane : std::uint8_t { automatic, fast, background };
std::span<const Nick<Lane>> nicks(Lane);

struct SoftIspOptions {
    isp::Demosaic demosaic = isp::Demosaic::automatic;
    isp::Quality quality = isp::Quality::balanced;
    Lane lane = Lane::automatic;
    isp::WhiteBalance white_balance = isp::WhiteBalance::metadata;
    double red_gain = 1.0;
    double green_gain = 1.0;
    double blue_gain = 1.0;
    double exposure_ev = 0.0;
    isp::Tone tone = isp::Tone::srgb;
    isp::Highlights highlights = isp::Highlights::clip;
    int false_color_suppression = -1;
    double sharpen = 0.0;
    bool defect_correction = true;
    bool shading_correction = true;
    bool color_matrix = true;
    double black_level = -1.0;
    double white_level = -1.0;
    int threads = 0;

    static constexpr auto describe() {
        using O = SoftIspOptions;
        return std::tuple{
            Option{"demosaic", &O::demosaic, "how the colours between samples are found"},
            Option{"quality",
                   &O::quality,
                   "which demosaic `automatic` takes: bilinear, mhc or rcd",
                   {.live = true}},
            Option{"lane", &O::lane, "how much of the machine a frame may take"},
            Option{"white-balance", &O::white_balance, "what is taken as neutral", {.live = true}},
            Option{"red-gain",
                   &O::red_gain,
                   "of white-balance=manual; only the ratios matter",
                   {.min = 0.01, .max = 100, .live = true}},
            Option{"green-gain",
                   &O::green_gain,
                   "of white-balance=manual",
                   {.min = 0.01, .max = 100, .live = true}},
            Option{"blue-gain",
                   &O::blue_gain,
                   "of white-balance=manual",
                   {.min = 0.01, .max = 100, .live = true}},
            Option{"exposure-ev",
                   &O::exposure_ev,
                   "brightness, added to what the metadata asks for",
                   {.min = -8, .max = 8, .unit = "EV", .live = true}},
            Option{"tone", &O::tone, "curve from light to codes"},
            Option{"highlights", &O::highlights, "what becomes of clipped colours", {.live = true}},
            Option{"false-color-suppression",
                   &O::false_color_suppression,
                   "passes of a median over differences of colours; -1: one for quality=best",
                   {.min = -1, .max = 3, .live = true}},
            Option{"sharpen",
                   &O::sharpen,
                   "strength of the unsharp mask",
                   {.min = 0, .max = 2, .live = true}},
            Option{"defect-correction",
                   &O::defect_correction,
                   "repair bad photosites, listed and found",
                   {.live = true}},
            Option{"shading-correction",
                   &O::shading_correction,
                   "undo the lens's falloff by the metadata's map",
                   {.live = true}},
            Option{"color-matrix",
                   &O::color_matrix,
                   "from the camera's colours to sRGB's by the metadata's calibration",
                   {.live = true}},
            Option{"black-level",
                   &O::black_level,
                   "in sample units; -1: from the metadata, else 0",
                   {.min = -1, .max = 65535, .live = true}},
            Option{"white-level",
                   &O::white_level,
                   "in sample units; -1: from the metadata, else full scale",
                   {.min = -1, .max = 65535, .live = true}},
            Option{"threads",
                   &O::threads,
                   "threads that develop a frame; 0: one for each core it may use",
                   {.min = 0, .max = kMaxParallelThreads}}};
    }
};

class SoftIsp final : public ElementWith<SoftIspOptions> {
  public:
    static Pads pads();
    Caps pad_caps(const Pad& pad) const override;
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<> property_changed(std::string_view name) override;
    Result<Flow> process(Context& context) override;

  private:
    isp::Settings settings() const;
    Result<RawInfo> info_of(const Meta& meta) const;
    Result<> describe_picture(Context& context, const RawInfo& info,
                              const isp::Development& development) const;
    void tell_assumptions(Context& context, const isp::Development& development);

    std::optional<isp::Developer> developer_;
    std::optional<Parallel> parallel_;
    bool told_ = false;
};

}  // namespace parallax::elements
