#include "elements/video/geometry.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "elements/orientation.h"
#include "isp/cropped_info.h"
#include "parallax/video_caps.h"

namespace parallax::elements {
namespace {

Pads one_picture_to_another() {
    return {.pads = {{"sink", PadDirection::sink, picture_caps()},
                     {"src", PadDirection::src, picture_caps()}},
            .relation = Relation::transform,
            .forwards = true};
}

// The sides that are `change` longer; none where no legal side is left. Steps are dropped: the
// range is then wider than it need be, until the side is fixed.
std::optional<Value> longer(const Value& side, std::int64_t change) {
    if (const auto* px = side.get<std::int64_t>()) {
        const std::int64_t changed = *px + change;
        if (changed < 1 || changed > kMaxSidePx) return std::nullopt;
        return Value(changed);
    }
    if (const auto* range = side.get<IntRange>()) {
        const std::int64_t least = std::max<std::int64_t>(1, range->min + change);
        const std::int64_t most = std::min<std::int64_t>(kMaxSidePx, range->max + change);
        if (least > most) return std::nullopt;
        return Value(IntRange{least, most});
    }
    const auto* list = side.get<List>();
    if (list == nullptr) return std::nullopt;
    std::vector<Value> changed;
    for (const Value& item : list->items()) {
        if (auto one = longer(item, change)) changed.push_back(*std::move(one));
    }
    if (changed.empty()) return std::nullopt;
    return list_of(std::move(changed));
}

bool change_side(Structure& shape, std::string_view side, std::int64_t change) {
    const Value* value = shape.find(side);
    if (value == nullptr || change == 0) return true;
    std::optional<Value> changed = longer(*value, change);
    if (changed) shape.set(side, *std::move(changed));
    return changed.has_value();
}

// The names that are left of a field `format` once `change` has had its say on each.
template <class Change>
std::optional<Value> each_format(const Value& value, const Change& change) {
    std::vector<Value> changed;
    const auto add = [&](const Value& one) {
        const auto* name = one.get<std::string>();
        if (name == nullptr) return;
        if (std::optional<std::string_view> other = change(*name)) changed.emplace_back(*other);
    };
    if (const auto* list = value.get<List>()) {
        for (const Value& item : list->items()) add(item);
    } else {
        add(value);
    }
    if (changed.empty()) return std::nullopt;
    return list_of(std::move(changed));
}

// What a mosaic is called after a crop, and before it too: the change undoes itself.
std::optional<std::string_view> cropped_name(std::string_view name, compute::Point origin) {
    const auto format = pixel_format("video/x-bayer", name);
    if (!format || origin.x % compute::packed_group(*format) != 0) return std::nullopt;
    const PixelTraits& t = traits(*format);
    const auto cropped = bayer_format(compute::cropped_order(t.order, origin), t.bits, t.packed);
    return cropped ? std::optional(traits(*cropped).name) : std::nullopt;
}

Caps all_pictures() {
    Caps caps = picture_caps();
    std::vector<PixelFormat> mosaics;
    for (const PixelFormat format : all_pixel_formats()) {
        if (traits(format).family == PixelFamily::bayer) mosaics.push_back(format);
    }
    caps.append(video_caps(mosaics).structures().front());
    return caps;
}

}  // namespace

// --- videocrop

Pads VideoCrop::pads() {
    // Where nothing would be left, a scaler before it is not what was meant.
    return {.pads = {{.name = "sink", .caps = all_pictures(), .as_given = true},
                     {"src", PadDirection::src, all_pictures()}},
            .relation = Relation::transform,
            .forwards = true};
}

Caps VideoCrop::transform(const Pad&, const Caps& caps, const Pad& to) const {
    const int sign = to.direction == PadDirection::src ? -1 : 1;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        if (auto one = transform_one(shape, sign)) result.append(*std::move(one));
    }
    return result;
}

std::optional<Structure> VideoCrop::transform_one(Structure shape, int sign) const {
    const VideoCropOptions& o = options();
    if (!change_side(shape, "width", sign * (o.left + o.right)) ||
        !change_side(shape, "height", sign * (o.top + o.bottom))) {
        return std::nullopt;
    }
    const Value* format = shape.find("format");
    if (shape.media_type() != "video/x-bayer" || format == nullptr) return shape;
    auto cropped = each_format(
        *format, [&](std::string_view name) { return cropped_name(name, {o.left, o.top}); });
    if (!cropped) return std::nullopt;
    shape.set("format", *std::move(cropped));
    return shape;
}

Result<Flow> VideoCrop::process(Context& context) {
    const VideoCropOptions& o = options();
    if (o.left == 0 && o.right == 0 && o.top == 0 && o.bottom == 0) return context.forward();
    if (!context.linked()) return Flow::more;
    const ImageView in = context.in_image();
    const MutableImageView out = context.out_image();
    PX_TRY(compute::crop(in, out, {o.left, o.top}));
    if (traits(in.format()).family == PixelFamily::bayer) {
        if (const auto info = PX_TRY(raw_info(context.in_meta()))) {
            const isp::Part part{.left = o.left,
                                 .top = o.top,
                                 .width = out.width(),
                                 .height = out.height(),
                                 .whole_width = in.width(),
                                 .whole_height = in.height()};
            PX_TRY(set_raw_info(context.out_meta(), isp::cropped_info(*info, part)));
        }
    }
    return context.commit(out.layout.size_bytes);
}

// --- videoflip

std::span<const Nick<FlipBy>> nicks(FlipBy) {
    static constexpr std::size_t kCount = compute::kFlipMethodNames.size() + 1;
    static constexpr std::array<Nick<FlipBy>, kCount> kNicks = [] {
        constexpr std::array<std::string_view, kCount> docs{
            "as it is",
            "turned right by 90 degrees",
            "turned upside down",
            "turned left by 90 degrees",
            "left becomes right",
            "top becomes bottom",
            "mirrored at the diagonal through the upper left corner",
            "mirrored at the diagonal through the upper right corner",
            "upright, as the orientation of each frame says"};
        std::array<Nick<FlipBy>, kCount> all{};
        for (std::size_t i = 0; i < kCount; ++i) {
            const bool last = i + 1 == kCount;
            all[i] = {static_cast<FlipBy>(i), last ? "automatic" : compute::kFlipMethodNames[i],
                      docs[i]};
        }
        return all;
    }();
    return kNicks;
}

namespace {

Structure turned(Structure shape, bool transposed) {
    shape.erase(kOrientation);
    if (!transposed) return shape;
    const Value* width = shape.find("width");
    const Value* height = shape.find("height");
    const std::optional<Value> w = width != nullptr ? std::optional(*width) : std::nullopt;
    const std::optional<Value> h = height != nullptr ? std::optional(*height) : std::nullopt;
    shape.erase("width");
    shape.erase("height");
    if (h) shape.set("width", *h);
    if (w) shape.set("height", *w);
    return shape;
}

// EXIF's orientations from here on exchange width and height.
constexpr std::int64_t kFirstTransposed = 5;

// Which sizes a picture may have once it is upright.
struct Upright {
    bool as_is = true;
    bool transposed = false;
};
Upright upright_sizes(const Structure& shape) {
    const Value* orientation = shape.find(kOrientation);
    if (orientation == nullptr) return {};
    if (const auto* one = orientation->get<std::int64_t>()) {
        return {.as_is = *one < kFirstTransposed, .transposed = *one >= kFirstTransposed};
    }
    if (const auto* range = orientation->get<IntRange>()) {
        return {.as_is = range->min < kFirstTransposed,
                .transposed = range->max >= kFirstTransposed};
    }
    return {.as_is = true, .transposed = true};
}

}  // namespace

Pads VideoFlip::pads() { return one_picture_to_another(); }

Caps VideoFlip::transform(const Pad& from, const Caps& caps, const Pad&) const {
    Caps result;
    for (const Structure& shape : caps.structures()) {
        if (options().method == FlipBy::none) {
            result.append(shape);
        } else if (options().method != FlipBy::automatic) {
            const auto method = static_cast<compute::FlipMethod>(options().method);
            result.append(turned(shape, compute::transposes(method)));
        } else if (from.direction == PadDirection::sink) {
            const Upright sizes = upright_sizes(shape);
            if (sizes.as_is) result.append(turned(shape, false));
            if (sizes.transposed) result.append(turned(shape, true));
        } else {
            result.append(turned(shape, false));
            Structure lying = turned(shape, true);
            lying.set(kOrientation, IntRange{kFirstTransposed, 8});
            result.append(std::move(lying));
        }
    }
    return result;
}

Result<compute::FlipMethod> VideoFlip::method_for(const Meta& meta) const {
    if (options().method != FlipBy::automatic) {
        return static_cast<compute::FlipMethod>(options().method);
    }
    return upright(PX_TRY(orientation_of(meta)));
}

Result<> VideoFlip::configure(const Negotiated& formats) {
    agreed_ = formats.out().image;
    return {};
}

Result<Flow> VideoFlip::process(Context& context) {
    if (!agreed_) return Flow::more;
    const compute::FlipMethod method = PX_TRY(method_for(context.in_meta()));
    const ImageView in = context.in_image();
    const ImageLayout& agreed = *agreed_;
    const bool transposed = compute::transposes(method);
    const int width = transposed ? in.height() : in.width();
    const int height = transposed ? in.width() : in.height();
    if (agreed.width != width || agreed.height != height) {
        const int orientation = PX_TRY(orientation_of(context.in_meta()));
        return fail(
            Errc::invalid_argument,
            "a frame of orientation " + std::to_string(orientation) +
                " came; upright it is not the " + std::to_string(agreed.width) + "x" +
                std::to_string(agreed.height) + " that was agreed",
            "say so in the caps before it: video/x-raw,orientation=" + std::to_string(orientation));
    }
    if (method == compute::FlipMethod::none) return context.forward();
    PX_TRY(compute::flip(in, context.out_image(), method));
    PX_TRY(set_orientation(context.out_meta(), 1));
    return context.commit(agreed.size_bytes);
}

}  // namespace parallax::elements
