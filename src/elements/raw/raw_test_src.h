// rawtestsrc: a simulated camera: raw frames of a still life, and beside them the truth.
//
// What each output shows is told in isp/simulator/simulator.h.
#pragma once

#include <optional>
#include <string>

#include "exec/parallel.h"
#include "isp/simulator/simulator.h"
#include "parallax/element.h"

namespace parallax::elements {

struct RawTestSrcOptions {
    int num_buffers = -1;
    std::uint64_t seed = 1;
    double gain = 1.0;
    double shake = 0.0;
    double motion = 1.0;
    double exposure_ev = 0.0;
    double illuminant = 4300.0;
    double shading = 1.0;
    double defects_per_megapixel = 60.0;
    bool is_live = false;
    int threads = 0;

    static constexpr auto describe() {
        using O = RawTestSrcOptions;
        return std::tuple{
            Option{"num-buffers",
                   &O::num_buffers,
                   "frames before the end of the stream; -1 goes on for ever",
                   {.min = -1}},
            Option{"seed", &O::seed, "of noise, defects and shake; the scene is always the same"},
            Option{"gain", &O::gain, "ISO / 100: noise grows with it", {.min = 0.25, .max = 1024}},
            Option{"shake",
                   &O::shake,
                   "standard deviation of the camera's position",
                   {.min = 0, .max = 64, .unit = "px"}},
            Option{"motion",
                   &O::motion,
                   "speed of the ball; 0 holds it still",
                   {.min = 0, .max = 100}},
            Option{"exposure-ev",
                   &O::exposure_ev,
                   "brighter or darker than the scene asks for",
                   {.min = -8, .max = 8, .unit = "EV"}},
            Option{"illuminant",
                   &O::illuminant,
                   "colour temperature of the light",
                   {.min = 2000, .max = 20000, .unit = "K"}},
            Option{"shading",
                   &O::shading,
                   "strength of the lens's falloff; 1 is usual",
                   {.min = 0, .max = 2}},
            Option{"defects-per-megapixel",
                   &O::defects_per_megapixel,
                   "dead and stuck photosites; most are listed in the metadata",
                   {.min = 0, .max = 10000}},
            Option{"is-live", &O::is_live, "make frames at their pts, not before"},
            Option{"threads",
                   &O::threads,
                   "threads that paint a frame; 0: one for each core it may use",
                   {.min = 0, .max = kMaxParallelThreads}}};
    }
};

class RawTestSrc final : public ElementWith<RawTestSrcOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    enum Output : std::size_t { src, clean, truth };
    Result<> render(Context& context);
    Result<> describe_frame(Context& context, std::size_t pad) const;

    std::optional<sim::Simulator> camera_;
    std::optional<Parallel> parallel_;
    Fraction framerate_{30, 1};
    std::string parameters_;  // For provenance.
    std::int64_t frames_ = 0;
};

}  // namespace parallax::elements
