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

std::string remedy(const Conflict& conflict) {
    struct Remedy {
        std::string_view field;
        std::string_view hint;
    };
    static constexpr std::array kRemedies{
        Remedy{"format", "put videoconvert between them"},
        Remedy{"width", "put videoscale between them"},
        Remedy{"height", "put videoscale between them"},
        Remedy{"rate", "put audioresample between them"},
        Remedy{"channels", "put audioconvert between them"},
    };
    if (conflict.reason == ConflictReason::no_common_memory) {
        return "ask for the same memory on both sides, or for (ANY)";
    }
    if (conflict.field == "media type" && any_media_type(conflict.left, "video/x-bayer") &&
        any_media_type(conflict.right, "video/x-raw")) {
        return "put softisp between them: it develops raw frames into pictures";
    }
    const auto known = std::ranges::find(kRemedies, conflict.field, &Remedy::field);
    return known == kRemedies.end() ? std::string() : std::string(known->hint);
}

std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " and " : ", ";
        text += names[i];
    }
    return text;
}

// Both sides at the field that matters, or in full where that tells nothing.
std::string sides(const Conflict& conflict) {
    const auto part = [&](const Caps& caps) {
        std::string text;
        for (const Structure& structure : caps.structures()) {
            const Value* value = structure.find(conflict.field);
            if (value == nullptr) return to_string(caps);
            const std::string each = to_string(*value);
            if (text.find(each) == std::string::npos) text += (text.empty() ? "" : " or ") + each;
        }
        return text.empty() ? to_string(caps) : conflict.field + " " + text;
    };
    return part(conflict.left) + " meets " + part(conflict.right);
}

}  // namespace

std::string_view to_string(ConflictReason reason) {
    static constexpr std::array<std::string_view, 4> kNames{"no-common-format", "no-common-memory",
                                                            "cycle", "gave-up"};
    return kNames.at(static_cast<std::size_t>(reason));
}

Conflict describe(const Clash& clash) {
    Conflict conflict{.link = clash.link, .left = clash.left, .right = clash.right};
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
    conflict.hint = remedy(conflict);
    return conflict;
}

std::string Conflict::message() const {
    if (reason == ConflictReason::cycle) return "the data runs in a circle: " + joined(names);
    if (reason == ConflictReason::gave_up) return "gave up: too many formats to choose from";
    const std::string who =
        names.empty() ? "the filters" : joined(names) + (filters.empty() ? "" : " and a filter");
    const std::string what = reason == ConflictReason::no_common_memory
                                 ? " have no memory in common: "
                                 : " have no format in common: ";
    return who + what + sides(*this);
}

}  // namespace parallax
