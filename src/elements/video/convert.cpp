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

// The same format first, then all others.
Caps VideoConvert::transform(const Pad&, const Caps& caps, const Pad& to) const {
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
        result.append(std::move(other));
    }
    return result;
}

Result<> VideoConvert::configure(const Negotiated& formats) {
    if (!formats.in().image || !formats.out().image) return {};
    const PictureColor from = picture_color(formats.in());
    const PictureColor to = picture_color(formats.out());
    const PixelTraits& source = traits(formats.in().image->format);
    const PixelTraits& target = traits(formats.out().image->format);
    const bool both_yuv = source.family == PixelFamily::yuv && target.family == PixelFamily::yuv;
    if (both_yuv && from.yuv != to.yuv) {
        return fail(Errc::unsupported,
                    "YUV cannot be converted from one colorimetry to another directly",
                    "go by RGB: videoconvert ! video/x-raw,format=RGB ! videoconvert");
    }
    conversion_ = {.color = source.family == PixelFamily::yuv ? from.yuv : to.yuv,
                   .from = from.transfer,
                   .to = to.transfer};
    same_ = source.name == target.name && from.transfer == to.transfer;
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
    static constexpr std::array<Nick<ScaleBy>, 4> kNicks{
        {{automatic, "auto", "area to shrink, bilinear to enlarge"},
         {nearest, "nearest-neighbour", "the pixel that is nearest"},
         {bilinear, "bilinear", "between the four nearest"},
         {area, "area", "the mean of what a pixel covers"}}};
    return kNicks;
}

Pads VideoScale::pads() { return one_picture_to_another(); }

// The same size first, then any other.
Caps VideoScale::transform(const Pad&, const Caps& caps, const Pad&) const {
    Caps result = caps;
    for (const Structure& shape : caps.structures()) result.append(any_size(shape));
    return result;
}

Result<> VideoScale::configure(const Negotiated& formats) {
    same_ = formats.in().image == formats.out().image;
    return {};
}

Result<Flow> VideoScale::process(Context& context) {
    if (same_ || !context.linked()) return hand_on_or_commit(context, same_);
    const ImageView in = context.in_image();
    const MutableImageView out = context.out_image();
    using compute::ScaleMethod;
    const bool shrinks = out.width() < in.width() || out.height() < in.height();
    ScaleMethod method = shrinks ? ScaleMethod::area : ScaleMethod::bilinear;
    if (options().method == ScaleBy::nearest) method = ScaleMethod::nearest;
    if (options().method == ScaleBy::bilinear) method = ScaleMethod::bilinear;
    if (options().method == ScaleBy::area) method = ScaleMethod::area;
    PX_TRY(compute::scale(in, out, method));
    return hand_on_or_commit(context, same_);
}

}  // namespace parallax::elements
