#include "elements/video/picture_metrics.h"

#include <algorithm>
#include <bit>
#include <cstdio>

namespace parallax::elements {
namespace {

constexpr int kLeastSidePx = 11;  // The window of SSIM.

}  // namespace

Pads PictureMetrics::pads() {
    // What is compared must not have been scaled or converted on the way.
    return {.pads = {{.name = "sink", .caps = picture_caps(), .as_given = true},
                     {.name = "reference", .caps = picture_caps(), .as_given = true},
                     {"src", PadDirection::src, picture_caps(), true}},
            .relation = Relation::transform,
            .policy = InputPolicy::all_by_pts,
            .state = StateClass::inline_state,
            .forwards = true,
            .allocates = false};
}

// What goes in at `sink` comes out untouched; the reference agrees with it in size only.
Caps PictureMetrics::transform(const Pad& from, const Caps& caps, const Pad& to) const {
    if (from.name != "reference" && to.name != "reference") return caps;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        Structure other = to.caps.structures().front();
        for (const std::string_view side : {"width", "height"}) {
            if (const Value* value = shape.find(side)) other.set(side, *value);
        }
        result.append(std::move(other));
    }
    return result;
}

Result<> PictureMetrics::configure(const Negotiated& formats) {
    const PadFormat& picture = formats.in(0);
    const PadFormat& reference = formats.in(1);
    compares_ = picture.image.has_value() && reference.image.has_value();
    if (!compares_) return fail(Errc::invalid_argument, "a picture and a reference are needed");
    const PictureColor color = picture_color(picture);
    const PictureColor other = picture_color(reference);
    const auto yuv = [](const PadFormat& format) {
        return traits(format.image->format).family == PixelFamily::yuv;
    };
    if (yuv(picture) && yuv(reference) && color.yuv != other.yuv) {
        return fail(Errc::unsupported, "two YUV pictures of different colorimetry",
                    "put videoconvert ! video/x-raw,format=RGB before one of them");
    }
    const int least_side = std::min(picture.image->width, picture.image->height);
    if (least_side < kLeastSidePx) {
        return fail(Errc::unsupported, "pictures of less than 11x11 cannot be compared");
    }
    compare_ = {.border_px = std::min(options().border, (least_side - kLeastSidePx) / 2),
                .transfer = color.transfer,
                .reference_transfer = other.transfer,
                .color = yuv(picture) ? color.yuv : other.yuv};
    return {};
}

Result<Flow> PictureMetrics::process(Context& context) {
    const ImageView picture = context.in_image(0);
    const ImageView reference = context.in_image(1);
    const auto psnr = PX_TRY(compute::psnr(picture, reference, compare_));
    const double ssim = PX_TRY(compute::ssim(picture, reference, compare_));
    const double delta_e = PX_TRY(compute::delta_e2000(picture, reference, compare_));
    ++pairs_;
    psnr_db_ += psnr.cpsnr_db;
    ssim_ += ssim;
    delta_e2000_ += delta_e;
    if (!options().silent) {
        char text[120];
        std::snprintf(text, sizeof text, "frame %llu: PSNR %.2f dB, SSIM %.4f, delta E %.2f",
                      static_cast<unsigned long long>(context.in_meta().sequence), psnr.cpsnr_db,
                      ssim, delta_e);
        context.post(Severity::info, text);
    }
    return context.forward();
}

std::vector<std::pair<std::string, double>> PictureMetrics::metrics() const {
    if (pairs_ == 0) return {};
    const auto pairs = static_cast<double>(pairs_);
    return {{"psnr_db", psnr_db_ / pairs},
            {"ssim", ssim_ / pairs},
            {"delta_e2000", delta_e2000_ / pairs},
            {"pairs", pairs}};
}

void PictureMetrics::save(InlineState& state) const {
    state = {pairs_, std::bit_cast<std::uint64_t>(psnr_db_), std::bit_cast<std::uint64_t>(ssim_),
             std::bit_cast<std::uint64_t>(delta_e2000_)};
}

Result<> PictureMetrics::restore(const InlineState& state) {
    pairs_ = state[0];
    psnr_db_ = std::bit_cast<double>(state[1]);
    ssim_ = std::bit_cast<double>(state[2]);
    delta_e2000_ = std::bit_cast<double>(state[3]);
    return {};
}

}  // namespace parallax::elements
