#include "media/numbered_sets.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <utility>

namespace parallax {
namespace {

bool all_words(std::span<const Value> items) {
    return std::ranges::all_of(
        items, [](const Value& item) { return item.get<std::string>() != nullptr; });
}

Value sorted(const List& list) {
    const auto given = list.items();
    // Mostly formats, sorted before: no text need be made of them.
    if (all_words(given)) {
        const auto word = [](const Value& item) -> const std::string& {
            return *item.get<std::string>();
        };
        if (std::ranges::is_sorted(given, {}, word)) return list;
        std::vector<Value> words(given.begin(), given.end());
        std::ranges::sort(words, {}, word);
        return list_of(std::move(words));
    }
    std::vector<std::pair<std::string, Value>> items;
    for (const Value& item : given) items.emplace_back(to_string(item), item);
    std::ranges::sort(items, {}, &std::pair<std::string, Value>::first);
    std::vector<Value> values;
    values.reserve(items.size());
    for (auto& item : items) values.push_back(std::move(item.second));
    return list_of(std::move(values));
}

}  // namespace

Value canonical(const Value& value) {
    const auto* list = value.get<List>();
    return list == nullptr ? value : sorted(*list);
}

Structure canonical(const Structure& structure) {
    std::vector<Field> fields(structure.fields().begin(), structure.fields().end());
    std::ranges::sort(fields, {}, &Field::name);
    Structure result(structure.media_type(), structure.features());
    for (const Field& field : fields) result.set(field.name, canonical(field.value));
    return result;
}

std::size_t likeness(const Value& value) {
    std::size_t sum = value.kind().index();
    const auto mix = [&sum](std::size_t more) { sum = sum * 31 + more; };
    if (const auto* number = value.get<std::int64_t>()) mix(static_cast<std::size_t>(*number));
    if (const auto* word = value.get<std::string>()) mix(std::hash<std::string>{}(*word));
    if (const auto* ratio = value.get<Fraction>()) {
        mix(static_cast<std::size_t>(ratio->num()) * 1009 + static_cast<std::size_t>(ratio->den()));
    }
    if (const auto* range = value.get<IntRange>()) {
        mix(static_cast<std::size_t>(range->min));
        mix(static_cast<std::size_t>(range->max));
    }
    if (const auto* list = value.get<List>()) {
        for (const Value& item : list->items()) mix(likeness(item));
    }
    return sum;
}

std::size_t likeness(const Structure& structure) {
    std::size_t sum = std::hash<std::string>{}(structure.media_type());
    for (const Field& field : structure.fields()) {
        sum = sum * 31 + std::hash<std::string>{}(field.name);
        sum = sum * 31 + likeness(field.value);
    }
    return sum;
}

std::size_t likeness(const Caps& caps) {
    std::size_t sum = caps.is_any() ? 1 : 0;
    for (const Structure& each : caps.structures()) sum = sum * 31 + likeness(each);
    return sum;
}

NumberedSets::Number NumberedSets::add(const Structure& structure) {
    const std::size_t like = likeness(structure);
    const auto [first, last] = known_.equal_range(like);
    for (auto each = first; each != last; ++each) {
        if (sets_[each->second] == structure) return each->second;
    }
    const auto number = static_cast<Number>(sets_.size());
    known_.emplace(like, number);
    sets_.push_back(structure);
    return number;
}

void NumberedSets::cut(std::size_t size) {
    std::erase_if(known_, [size](const auto& each) { return each.second >= size; });
    sets_.erase(sets_.begin() + static_cast<std::ptrdiff_t>(size), sets_.end());
}

}  // namespace parallax
