#include "media/conflict.h"

#include <algorithm>
#include <array>
#include <optional>

namespace parallax {
namespace {

Caps in_any_memory(const Caps& caps) {
    if (caps.is_any()) return caps;
    Caps all;
    for (Structure structure : caps.structures()) {
        structure.set_features(Features::any());
        all.append(std::move(structure));
    }
    return all;
}

// The fields in which two alternatives have nothing in common.
std::vector<std::string> differing_fields(const Structure& a, const Structure& b) {
    std::vector<std::string> names;
    for (const Field& field : a.fields()) {
        const Value* other = b.find(field.name);
        if (other && !intersect(field.value, *other)) names.push_back(field.name);
    }
    return names;
}

struct Difference {
    std::vector<std::string> fields;
    bool same_media_type = false;
};

// Of the two alternatives that come closest to each other.
Difference closest(const Caps& left, const Caps& right) {
    std::optional<Difference> best;
    for (const Structure& a : left.structures()) {
        for (const Structure& b : right.structures()) {
            if (a.media_type() != b.media_type()) continue;
            Difference difference{.fields = differing_fields(a, b), .same_media_type = true};
            if (!best || difference.fields.size() < best->fields.size()) best = difference;
        }
    }
    return best.value_or(Difference{});
}

bool any_media_type(const Caps& caps, std::string_view media_type) {
    return std::ranges::any_of(caps.structures(), [&](const Structure& structure) {
        return structure.media_type() == media_type;
    });
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
        text += names[i];
    }
    return text;
}

// A long chain of converters all take part; those at its ends tell most. Reports name them all.
std::vector<std::string> in_brief(const std::vector<std::string>& names) {
    constexpr std::size_t most = 8;
    if (names.size() <= most) return names;
    return {names.front(), names.back(), std::to_string(names.size() - 2) + " others"};
}

// "a, b, c … and 4 more": a line is for reading; reports hold the sets in full.
std::string first_few(const std::vector<std::string>& words, std::string_view between) {
    constexpr std::size_t most = 3;
    std::string text;
    for (std::size_t i = 0; i < words.size() && i < most; ++i) {
        text.append(i == 0 ? "" : between).append(words[i]);
    }
    if (words.size() > most) text += " … and " + std::to_string(words.size() - most) + " more";
    return text;
}

std::string in_short(const Value& value) {
    const auto* list = value.get<List>();
    if (list == nullptr) return to_string(value);
    std::vector<std::string> items;
    for (const Value& item : list->items()) items.push_back(to_string(item));
    return "{" + first_few(items, ",") + "}";
}

// What the alternatives have at the field, each word once; of those that the other side could meet
// but for that. Where none has it: media type and memory.
std::string side(const Caps& caps, const Caps& other, std::string_view field) {
    if (caps.is_any()) return "anything";
    if (caps.is_empty()) return "nothing";
    std::vector<std::string> words;
    const auto add = [&words](std::string word) {
        if (std::ranges::find(words, word) == words.end()) words.push_back(std::move(word));
    };
    for (const Structure& structure : caps.structures()) {
        const Value* value = structure.find(field);
        if (value && any_media_type(other, structure.media_type())) add(in_short(*value));
    }
    if (!words.empty()) return std::string(field) + " " + first_few(words, " or ");
    for (const Structure& structure : caps.structures()) {
        add(to_string(Structure(structure.media_type(), structure.features())));
    }
    return first_few(words, " or ");
}

}  // namespace

std::string_view to_string(ConflictReason reason) {
    static constexpr std::array<std::string_view, 4> kNames{"no-common-format", "no-common-memory",
                                                            "cycle", "gave-up"};
    return kNames.at(static_cast<std::size_t>(reason));
}

Conflict describe(const Clash& clash) {
    Conflict conflict{.link = clash.link,
                      .crosses_process = clash.crosses_process,
                      .left = clash.left,
                      .right = clash.right};
    if (can_intersect(in_any_memory(clash.left), in_any_memory(clash.right))) {
        conflict.reason = ConflictReason::no_common_memory;
        conflict.field = "memory";
    } else {
        const Difference difference = closest(clash.left, clash.right);
        if (!difference.same_media_type) {
            conflict.field = "media type";
        } else if (!difference.fields.empty()) {
            conflict.field = difference.fields.front();
        }
    }
    return conflict;
}

Sides sides(const Conflict& conflict) {
    return {side(conflict.left, conflict.right, conflict.field),
            side(conflict.right, conflict.left, conflict.field)};
}

std::string Conflict::message() const {
    if (reason == ConflictReason::cycle) return "the data runs in a circle: " + joined(names);
    if (reason == ConflictReason::gave_up) {
        const std::string what = "gave up: too many formats to choose from";
        return limit.empty() ? what : what + ": " + limit;
    }
    const std::string who =
        names.empty() ? "the filters"
                      : joined(in_brief(names)) + (filters.empty() ? "" : " and a filter");
    const std::string what = reason == ConflictReason::no_common_memory ? "memory" : "format";
    const auto [from, to] = sides(*this);
    if (crosses_process) return who + " has no memory that another process can map: " + from;
    const bool alone = names.size() == 1 && filters.empty();
    return who + (alone ? " has no " + what + " left: " : " have no " + what + " in common: ") +
           from + " meets " + to;
}

}  // namespace parallax
