#include "elements/raw/softisp.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "elements/orientation.h"
#include "elements/raw/raw_caps.h"
#include "elements/video_format.h"
#include "parallax/video_caps.h"

namespace parallax::isp {

std::span<const Nick<Demosaic>> nicks(Demosaic) {
    using enum Demosaic;
    static constexpr std::array<Nick<Demosaic>, 5> kNicks{
        {{automatic, "auto", "as quality says"},
         {bilinear, "bilinear", "average of the nearest samples"},
         {mhc, "mhc", "bilinear corrected by the gradient (Malvar, He, Cutler)"},
         {rcd, "rcd", "ratio corrected, the best"},
         {superpixel, "superpixel", "one pixel of each 2x2 cell: half the size"}}};
    return kNicks;
}

std::span<const Nick<Quality>> nicks(Quality) {
    using enum Quality;
    static constexpr std::array<Nick<Quality>, 3> kNicks{{{preview, "preview", "fastest"},
                                                          {balanced, "balanced", "for video"},
                                                          {best, "best", "for stills"}}};
    return kNicks;
}

std::span<const Nick<WhiteBalance>> nicks(WhiteBalance) {
    using enum WhiteBalance;
    static constexpr std::array<Nick<WhiteBalance>, 4> kNicks{
        {{metadata, "metadata", "the camera's; gray-world where it has none"},
         {manual, "manual", "red-gain, green-gain and blue-gain"},
         {gray_world, "gray-world", "the mean of the frame is gray"},
         {gray_edge, "gray-edge", "the mean of its edges is gray"}}};
    return kNicks;
}

std::span<const Nick<Tone>> nicks(Tone) {
    using enum Tone;
    static constexpr std::array<Nick<Tone>, 3> kNicks{
        {{linear, "linear", "no curve, for measuring; the caps say so"},
         {srgb, "srgb", "of IEC 61966-2-1"},
         {filmic, "filmic", "the same with deeper shadows and a soft shoulder"}}};
    return kNicks;
}

std::span<const Nick<Highlights>> nicks(Highlights) {
    using enum Highlights;
    static constexpr std::array<Nick<Highlights>, 2> kNicks{
        {{clip, "clip", "white above the first clipped channel"},
         {blend, "blend", "fade to white over the clipped range"}}};
    return kNicks;
}

}  // namespace parallax::isp

namespace parallax::elements {
namespace {

Caps developed_caps() {
    using enum PixelFormat;
    return video_caps({rgb, bgr, rgba, bgra, rgbx, bgrx, nv12, nv21, i420, yv12, rgba64le});
}

std::string number(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.6g", value);
    return text;
}

template <std::size_t N>
std::string numbers(const std::array<float, N>& values) {
    std::string text;
    for (const float value : values) text += (text.empty() ? "" : ",") + number(value);
    return text;
}

void copy_field(const Structure& shape, std::string_view field, Structure& target) {
    if (const Value* value = shape.find(field)) target.set(field, *value);
}

// The size that fits without scaling, in one direction or the other. Superpixels lose a last odd
// column, so their way back is open.
void copy_natural_size(const Structure& shape, bool halved, Structure& target) {
    for (const std::string_view side : {"width", "height"}) {
        if (!halved) {
            copy_field(shape, side, target);
        } else if (const auto px = shape.get_int(side); px && *px >= 2) {
            target.set(side, *px / 2);
        }
    }
}

}  // namespace

std::span<const Nick<Lane>> nicks(Lane) {
    using enum Lane;
    static constexpr std::array<Nick<Lane>, 3> kNicks{
        {{automatic, "auto", "what quality and threads say"},
         {fast, "fast", "for live pictures: quality=best is taken as balanced"},
         {background, "background", "one thread, whatever threads says: leave cores to others"}}};
    return kNicks;
}

Pads SoftIsp::pads() {
    return {.pads = {{"sink", PadDirection::sink, raw_caps()},
                     {"src", PadDirection::src, developed_caps()}},
            .relation = Relation::transform};
}

Caps SoftIsp::pad_caps(const Pad& pad) const {
    if (pad.direction == PadDirection::sink || options().tone != isp::Tone::linear) return pad.caps;
    Structure linear = pad.caps.structures().front();
    linear.set(kColorimetry, kLinearColorimetry);
    return linear;
}

// The natural size comes first; any other is made by scaling.
Caps SoftIsp::transform(const Pad&, const Caps& caps, const Pad& to) const {
    const Caps offered = pad_caps(to);
    const bool down = to.direction == PadDirection::src;
    const bool superpixel = options().demosaic == isp::Demosaic::superpixel;
    Caps scaled;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        Structure natural = offered.structures().front();
        copy_field(shape, "framerate", natural);
        copy_field(shape, kOrientation, natural);
        scaled.append(natural);
        if (down || !superpixel) copy_natural_size(shape, superpixel, natural);
        result.append(std::move(natural));
    }
    for (const Structure& any : scaled.structures()) result.append(any);
    return result;
}

isp::Settings SoftIsp::settings() const {
    const SoftIspOptions& o = options();
    isp::Settings settings{
        .demosaic = o.demosaic,
        .quality = o.quality,
        .white_balance = o.white_balance,
        .manual_gains = {static_cast<float>(o.red_gain), static_cast<float>(o.green_gain),
                         static_cast<float>(o.blue_gain)},
        .exposure_ev = static_cast<float>(o.exposure_ev),
        .tone = o.tone,
        .highlights = o.highlights,
        .sharpen = static_cast<float>(o.sharpen),
        .correct_defects = o.defect_correction,
        .correct_shading = o.shading_correction,
        .color_matrix = o.color_matrix};
    const bool best = o.quality == isp::Quality::best;
    if (o.lane == Lane::fast && best) settings.quality = isp::Quality::balanced;
    settings.false_color_suppression = o.false_color_suppression;
    if (o.false_color_suppression < 0) {
        settings.false_color_suppression = settings.quality == isp::Quality::best ? 1 : 0;
    }
    return settings;
}

Result<> SoftIsp::configure(const Negotiated& formats) {
    const PadFormat& raw = formats.in();
    const PadFormat& picture = formats.out();
    if (!raw.image) return fail(Errc::invalid_argument, "no raw frames come in");
    if (!picture.image) return {};  // Without an output there is nothing to develop.
    if (is_linear(picture.caps) && options().tone != isp::Tone::linear) {
        return fail(Errc::invalid_argument, "linear light is asked for, but tone is not linear",
                    "softisp tone=linear");
    }
    developer_ = PX_TRY(isp::Developer::create(settings(), *raw.image, *picture.image));
    return {};
}

Result<> SoftIsp::property_changed(std::string_view) {
    return developer_ ? developer_->set_settings(settings()) : Result<>{};
}

Result<RawInfo> SoftIsp::info_of(const Meta& meta) const {
    const SoftIspOptions& o = options();
    RawInfo info = PX_TRY(raw_info(meta)).value_or(RawInfo{});
    if (o.black_level >= 0) info.black_level.fill(static_cast<float>(o.black_level));
    if (o.white_level >= 0) info.white_level = static_cast<float>(o.white_level);
    return info;
}

Result<Flow> SoftIsp::process(Context& context) {
    if (!developer_) return Flow::more;
    const Meta& meta = context.in_meta();
    if (!parallel_) {
        const bool alone = options().lane == Lane::background;
        parallel_.emplace(Parallel::Options{"isp", alone ? 1 : options().threads});
    }
    const std::string frame = "frame " + std::to_string(meta.sequence);
    const RawInfo info = PX_TRY(info_of(meta).context(frame));
    const isp::Slices slices = [this](int count, const std::function<void(int)>& body) {
        parallel_->run(count, body);
    };
    const bool alone = parallel_->threads() == 1;
    const isp::Development development = PX_TRY(
        developer_
            ->develop(context.in_image(), info, context.out_image(), alone ? isp::Slices{} : slices)
            .context(frame));
    context.add_helper_time(parallel_->take_helper_cpu_ns());
    tell_assumptions(context, development);
    PX_TRY(describe_picture(context, info, development).context(frame));
    return context.commit(context.out().size());
}

// The picture keeps what is known of its exposure; of the sensor nothing is left to say.
Result<> SoftIsp::describe_picture(Context& context, const RawInfo& info,
                                   const isp::Development& development) const {
    Meta& meta = context.out_meta();
    meta.erase(kRawInfoKey);
    RawInfo shot;
    shot.exposure_s = info.exposure_s;
    shot.iso = info.iso;
    shot.aperture_f = info.aperture_f;
    shot.focal_mm = info.focal_mm;
    shot.orientation = info.orientation;
    shot.make = info.make;
    shot.model = info.model;
    shot.date_time = info.date_time;
    if (shot != RawInfo{}) PX_TRY(set_raw_info(meta, shot));
    if (!meta.find(kProvenanceKey)) return {};
    std::string parameters = changed_properties(*this);
    if (!parameters.empty()) parameters += ' ';
    parameters += "# gains=" + numbers(development.gains) +
                  " exposure-ev=" + number(development.exposure_ev) +
                  " temperature-k=" + number(development.temperature_k) +
                  " camera-to-srgb=" + numbers(development.camera_to_srgb);
    return append_step(meta, {.element = context.element_name(),
                              .factory = "softisp",
                              .version = "1",
                              .parameters = std::move(parameters)});
}

// Once, what had to be assumed because nobody told.
void SoftIsp::tell_assumptions(Context& context, const isp::Development& development) {
    if (std::exchange(told_, true)) return;
    std::string text = "white balance " + numbers(development.gains);
    text += development.calibrated
                ? ", light of " + number(development.temperature_k) + " K"
                : std::string(", no colour calibration: camera colours are shown as sRGB");
    if (!context.in_meta().find(kRawInfoKey)) {
        text += ", no metadata: black-level and white-level say what black and white are";
    }
    context.post(Severity::debug, std::move(text));
}

}  // namespace parallax::elements
