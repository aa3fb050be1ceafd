#include "elements/video/convert.h"

#include <array>

namespace parallax::elements {
namespace {

Pads one_picture_to_another() {
    return {.pads = {{"sink", PadDirection::sink, picture_caps()},
                     {"src", PadDirection::src, picture_caps()}},
            .relation = Relation::transform,
            .forwards = true};
}

Result<Flow> hand_on_or_commit(Context& context, bool same) {
    return same ? context.forward() : context.commit(context.out().size());
}

}  // namespace

Pads VideoConvert::pads() { return one_picture_to_another(); }

// The same format first, then all others, of any colorimetry.
Caps VideoConvert::transform(const Pad&, const Caps& caps, const Pad& to) const {
    if (caps.is_any()) return to.caps;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        Structure plain = shape;
        if (is_linear(shape)) plain.erase(kColorimetry);  // None: sRGB-encoded, for most to see.
        result.append(std::move(plain));
    }
    const Structure all = to.caps.structures().front();
    for (const Structure& shape : caps.structures()) {
        Structure other = shape;
        other.set("format", *all.find("format"));
        other.erase(kColorimetry);
        other.erase("chroma-site");
        result.append(std::move(other));
    }
    return intersect(result, to.caps);
}

Result<> VideoConvert::configure(const Negotiated& formats) {
    if (!formats.in().image || !formats.out().image) return {};
    const PictureColor from = picture_color(formats.in());
    const PictureColor to = picture_color(formats.out());
    const auto is_yuv = [](const PadFormat& format) {
        return traits(format.image->format).family == PixelFamily::yuv;
    };
    const bool yuv = is_yuv(formats.in());
    // RGB and gray have no matrix of their own.
    const compute::ColorOptions source = yuv ? from.yuv : to.yuv;
    const compute::ColorOptions target = is_yuv(formats.out()) ? to.yuv : source;
    conversion_ = {.color = source, .to_color = target, .from = from.transfer, .to = to.transfer};
    same_ = formats.in().image == formats.out().image && source == target &&
            from.transfer == to.transfer;
    return {};
}

Result<Flow> VideoConvert::process(Context& context) {
    if (!same_ && context.linked()) {
        PX_TRY(compute::convert(context.in_image(), context.out_image(), conversion_));
    }
    return hand_on_or_commit(context, same_);
}

std::span<const Nick<ScaleBy>> nicks(ScaleBy) {
    using enum ScaleBy;
    static constexpr std::array<Nick<ScaleBy>, 8> kNicks{
        {{automatic, "auto", "area to shrink, bilinear to enlarge"},
         {nearest, "nearest-neighbour", "the pixel that is nearest"},
         {bilinear, "bilinear", "between the four nearest"},
         {triangle, "bilinear2", "bilinear, over all pixels when shrinking"},
         {bicubic, "bicubic", "cubic convolution (Catmull-Rom)"},
         {bicubic, "catrom", "another name for bicubic"},
         {lanczos, "lanczos", "windowed sinc of three lobes"},
         {area, "area", "the mean of what a pixel covers"}}};
    return kNicks;
}

Pads VideoScale::pads() { return one_picture_to_another(); }

// The same size first, then any other.
Caps VideoScale::transform(const Pad&, const Caps& caps, const Pad& to) const {
    if (caps.is_any()) return to.caps;
    Caps result = caps;
    for (const Structure& shape : caps.structures()) result.append(any_size(shape));
    return intersect(result, to.caps);
}

Result<> VideoScale::configure(const Negotiated& formats) {
    if (!formats.in().image || !formats.out().image) return {};
    from_ = *formats.in().image;
    to_ = *formats.out().image;
    same_ = from_ == to_;
    return prepare();
}

Result<> VideoScale::property_changed(std::string_view) { return prepare(); }

Result<> VideoScale::prepare() {
    if (same_) return {};
    using compute::ScaleMethod;
    const bool shrinks = to_.width < from_.width || to_.height < from_.height;
    ScaleMethod method = shrinks ? ScaleMethod::area : ScaleMethod::bilinear;
    if (options().method == ScaleBy::nearest) method = ScaleMethod::nearest;
    if (options().method == ScaleBy::bilinear) method = ScaleMethod::bilinear;
    if (options().method == ScaleBy::triangle) method = ScaleMethod::triangle;
    if (options().method == ScaleBy::bicubic) method = ScaleMethod::bicubic;
    if (options().method == ScaleBy::lanczos) method = ScaleMethod::lanczos;
    if (options().method == ScaleBy::area) method = ScaleMethod::area;
    scaler_.emplace(PX_TRY(compute::Scaler::create(from_, to_, method)));
    return {};
}

Result<Flow> VideoScale::process(Context& context) {
    if (!same_ && context.linked()) PX_TRY(scaler_->run(context.in_image(), context.out_image()));
    return hand_on_or_commit(context, same_);
}

}  // namespace parallax::elements
