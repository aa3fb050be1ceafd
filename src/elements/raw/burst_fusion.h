// burstfusion: several raw frames of one scene made into one with less noise.
//
// The work is done by isp::BurstMerger; this gathers the frames and picks the one that decides
// what is where.
#pragma once

#include <optional>
#include <vector>

#include "exec/parallel.h"
#include "isp/burst/merge.h"
#include "parallax/element.h"

namespace parallax::elements {

enum class BurstReference : std::uint8_t { sharpest, first, middle };
std::span<const Nick<BurstReference>> nicks(BurstReference);

struct BurstFusionOptions {
    std::uint64_t frames = 8;
    BurstReference reference = BurstReference::sharpest;
    int threads = 0;

    static constexpr auto describe() {
        using O = BurstFusionOptions;
        return std::tuple{
            Option{"frames",
                   &O::frames,
                   "frames of a burst; what is left at the end is one, too",
                   {.min = 1, .max = 32}},
            Option{"reference", &O::reference,
                   "the frame that the others are laid on, whose time the result has"},
            Option{"threads",
                   &O::threads,
                   "threads that merge; 0: one for each core it may use",
                   {.min = 0, .max = kMaxParallelThreads}}};
    }
};

// Out come mosaics of 16 bits with their levels scaled alike. Frames of a burst are kept without a
// copy until the last has come. In a process of its own, a burst whose process dies is begun anew
// with what comes next.
class BurstFusion final : public ElementWith<BurstFusionOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    std::uint32_t keeps() const override;
    std::uint32_t latency_frames() const override { return keeps(); }
    Result<Flow> process(Context& context) override;
    Result<bool> event(Context& context, const Event& event) override;
    Result<Flow> drain(Context& context) override;
    std::vector<std::pair<std::string, double>> metrics() const override;

  private:
    struct Shot {
        KeptFrame frame;
        RawInfo info;
        double sharpness = 0;
    };
    Result<Flow> merge(Context& context);
    std::size_t reference_of(const std::vector<Shot>& burst) const;
    Result<> describe(Context& context, const Shot& shot, std::size_t frames, double merged) const;

    ImageLayout layout_;
    std::vector<Shot> burst_;
    std::optional<Parallel> parallel_;
    std::uint64_t bursts_ = 0;
    double merged_ = 0;  // Frames that were averaged at a sample, summed over bursts.
};

}  // namespace parallax::elements
