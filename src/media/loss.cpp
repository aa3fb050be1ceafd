#include "media/loss.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "parallax/format.h"

namespace parallax {
namespace {

std::span<const Value> items_of(const Value& value) {
    if (const auto* list = value.get<List>()) return list->items();
    return {&value, 1};
}

std::optional<PixelFormat> format_in(const Structure& structure, const Value& value) {
    const auto* name = value.get<std::string>();
    return name ? pixel_format(structure.media_type(), *name) : std::nullopt;
}

// RGBA, BGRA, AYUV … but not GRAY8.
bool has_alpha(const PixelTraits& t) {
    return t.family != PixelFamily::gray && t.name.contains('A');
}

std::uint32_t loss_between(PixelFormat from, PixelFormat to) {
    if (from == to) return 0;
    const PixelTraits& a = traits(from);
    const PixelTraits& b = traits(to);
    std::uint32_t loss = 1;  // Even the same in another order is work for nothing.
    const auto grey = [](const PixelTraits& t) { return t.family == PixelFamily::gray; };
    if (grey(b) && !grey(a)) loss += 1000;
    if (has_alpha(a) && !has_alpha(b)) loss += 200;
    if (b.bits < a.bits) loss += 100;
    if (!grey(a)) {
        loss += 20U * static_cast<std::uint32_t>(std::max(0, b.chroma_shift_x - a.chroma_shift_x) +
                                                 std::max(0, b.chroma_shift_y - a.chroma_shift_y));
    }
    const bool changes_model = a.family != b.family;
    if (changes_model && !grey(a)) loss += 10;  // Rounding of the matrix.
    if (has_alpha(b) && !has_alpha(a)) loss += 4;
    if (b.bits > a.bits) loss += 4;
    return loss;
}

}  // namespace

std::uint32_t conversion_loss(const Caps& from, const Caps& to) {
    if (from.is_any() || to.is_any() || from.is_empty()) return 0;
    const Structure given = fixate(from.structures().front());
    const Value* name = given.find("format");
    const auto format = name ? format_in(given, *name) : std::nullopt;
    if (!format) return 0;
    std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
    for (const Structure& structure : to.structures()) {
        const Value* formats = structure.find("format");
        // What makes pictures of something else knows itself what it makes best.
        if (formats == nullptr || structure.media_type() != given.media_type()) return 0;
        for (const Value& item : items_of(*formats)) {
            if (const auto other = format_in(structure, item)) {
                least = std::min(least, loss_between(*format, *other));
            }
        }
    }
    return least == std::numeric_limits<std::uint32_t>::max() ? 0 : least;
}

Caps least_loss_first(const Structure& from, Caps to) {
    const Value* name = from.find("format");
    const auto given = name && is_fixed(*name) ? format_in(from, *name) : std::nullopt;
    if (!given || to.is_any()) return to;
    std::vector<Structure> ordered(to.structures().begin(), to.structures().end());
    for (Structure& structure : ordered) {
        const Value* formats = structure.find("format");
        const auto* list = formats ? formats->get<List>() : nullptr;
        if (list == nullptr || structure.media_type() != from.media_type()) continue;
        std::vector<std::pair<std::uint32_t, std::size_t>> order;
        for (std::size_t i = 0; i < list->items().size(); ++i) {
            const auto format = format_in(structure, list->items()[i]);
            order.emplace_back(format ? loss_between(*given, *format) : ~0U, i);
        }
        std::ranges::sort(order);
        std::vector<Value> items;
        for (const auto& [loss, i] : order) items.push_back(list->items()[i]);
        structure.set("format", list_of(std::move(items)));
    }
    return Caps(std::move(ordered));
}

}  // namespace parallax
