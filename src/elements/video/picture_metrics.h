// metrics: how far pictures are from their references; see compute/metrics.h.
#pragma once

#include "compute/metrics.h"
#include "elements/video_format.h"
#include "parallax/element.h"

namespace parallax::elements {

struct PictureMetricsOptions {
    int border = 10;
    bool silent = true;

    static constexpr auto describe() {
        using O = PictureMetricsOptions;
        return std::tuple{
            Option{"border",
                   &O::border,
                   "left out on each side, as no demosaic can know it; less in small pictures",
                   {.min = 0, .max = kMaxSidePx, .unit = "px"}},
            Option{"silent", &O::silent, "no message for each pair", {.live = true}}};
    }
};

// Pairs frames by pts; their means stand in the run report. Pictures in linear light are encoded
// first, so that all numbers are about what a viewer sees.
class PictureMetrics final : public ElementWith<PictureMetricsOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;
    std::vector<std::pair<std::string, double>> metrics() const override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    compute::CompareOptions compare_;
    bool compares_ = false;
    std::uint64_t pairs_ = 0;
    double psnr_db_ = 0;  // Sums over pairs.
    double ssim_ = 0;
    double delta_e2000_ = 0;
};

}  // namespace parallax::elements
