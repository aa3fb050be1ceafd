#include "elements/video/geometry.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace parallax::compute {

std::span<const Nick<FlipMethod>> nicks(FlipMethod) {
    static constexpr std::array<Nick<FlipMethod>, kFlipMethodNames.size()> kNicks = [] {
        constexpr std::array<std::string_view, kFlipMethodNames.size()> docs{
            "as it is",
            "turned right by 90 degrees",
            "turned upside down",
            "turned left by 90 degrees",
            "left becomes right",
            "top becomes bottom",
            "mirrored at the diagonal through the upper left corner",
            "mirrored at the diagonal through the upper right corner"};
        std::array<Nick<FlipMethod>, kFlipMethodNames.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = {static_cast<FlipMethod>(i), kFlipMethodNames[i], docs[i]};
        }
        return all;
    }();
    return kNicks;
}

}  // namespace parallax::compute

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

}  // namespace

Pads VideoCrop::pads() { return one_picture_to_another(); }

Caps VideoCrop::transform(const Pad&, const Caps& caps, const Pad& to) const {
    const int sign = to.direction == PadDirection::src ? -1 : 1;
    Caps result;
    for (Structure shape : caps.structures()) {
        const bool fits = change_side(shape, "width", sign * (options().left + options().right)) &&
                          change_side(shape, "height", sign * (options().top + options().bottom));
        if (fits) result.append(std::move(shape));
    }
    return result;
}

Result<Flow> VideoCrop::process(Context& context) {
    const VideoCropOptions& o = options();
    if (o.left == 0 && o.right == 0 && o.top == 0 && o.bottom == 0) return context.forward();
    if (!context.linked()) return Flow::more;
    PX_TRY(compute::crop(context.in_image(), context.out_image(), {o.left, o.top}));
    return context.commit(context.out().size());
}

Pads VideoFlip::pads() { return one_picture_to_another(); }

Caps VideoFlip::transform(const Pad&, const Caps& caps, const Pad&) const {
    if (!compute::transposes(options().method)) return caps;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        Structure turned = shape;
        const Value* width = shape.find("width");
        const Value* height = shape.find("height");
        if (height != nullptr) turned.set("width", *height);
        if (width != nullptr) turned.set("height", *width);
        if (height == nullptr) turned.erase("width");
        if (width == nullptr) turned.erase("height");
        result.append(std::move(turned));
    }
    return result;
}

Result<Flow> VideoFlip::process(Context& context) {
    if (options().method == compute::FlipMethod::none) return context.forward();
    if (!context.linked()) return Flow::more;
    PX_TRY(compute::flip(context.in_image(), context.out_image(), options().method));
    return context.commit(context.out().size());
}

}  // namespace parallax::elements
