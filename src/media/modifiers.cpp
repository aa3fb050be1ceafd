#include "media/modifiers.h"

#include <algorithm>
#include <string>
#include <utility>

#include "parallax/memory_caps.h"

namespace parallax {
namespace {

bool mentions(const Caps& caps) {
    return std::ranges::any_of(caps.structures(), [](const Structure& each) {
        return each.find(kDrmModifier) != nullptr;
    });
}

// What somebody says of a link.
struct Voice {
    const std::string* name;
    const Caps* caps;
};

std::vector<Voice> voices_on(const NegotiationProblem& problem,
                             const std::vector<std::size_t>& links) {
    std::vector<Voice> voices;
    for (const std::size_t l : links) {
        const NegotiationLink& link = problem.links[l];
        const NegotiationNode& from = problem.nodes[link.from];
        const NegotiationNode& to = problem.nodes[link.to];
        voices.push_back({&from.name, &from.pads[link.from_pad].caps});
        for (const Caps& filter : link.filters) voices.push_back({&from.name, &filter});
        voices.push_back({&to.name, &to.pads[link.to_pad].caps});
    }
    // Who takes anything looks at nothing.
    std::erase_if(voices, [](const Voice& voice) { return voice.caps->is_any(); });
    return voices;
}

// Of what the voice says, whether that part which is in `domain` leaves the modifier open.
bool is_silent(const Voice& voice, const Caps& domain) {
    return std::ranges::any_of(voice.caps->structures(), [&](const Structure& each) {
        return each.find(kDrmModifier) == nullptr && can_intersect(Caps(each), domain);
    });
}

Structure without_modifier(Structure structure) {
    structure.erase(kDrmModifier);
    return structure;
}

bool is_linear(const Structure& structure) {
    return structure.get_string(kDrmModifier) == kLinearModifier;
}

// The field's list with linear first.
void put_linear_first(Structure& structure) {
    const Value* value = structure.find(kDrmModifier);
    const auto* list = value ? value->get<List>() : nullptr;
    if (list == nullptr) return;
    std::vector<Value> items(list->items().begin(), list->items().end());
    const Value linear{std::string(kLinearModifier)};
    std::ranges::stable_partition(items, [&](const Value& item) { return item == linear; });
    structure.set(kDrmModifier, list_of(std::move(items)));
}

// The same set, with linear preferred over other modifiers of what is else the same.
Caps linear_first(const Caps& caps) {
    std::vector<std::pair<std::size_t, Structure>> placed;  // By the first that is else the same.
    for (Structure structure : caps.structures()) {
        put_linear_first(structure);
        const auto same = std::ranges::find_if(placed, [&](const auto& each) {
            return without_modifier(each.second) == without_modifier(structure);
        });
        const std::size_t place = same == placed.end() ? placed.size() : same->first;
        placed.emplace_back(place, std::move(structure));
    }
    std::ranges::stable_sort(placed, {}, [](const auto& each) {
        return std::pair(each.first, !is_linear(each.second));
    });
    Caps ordered;
    for (auto& each : placed) ordered.append(std::move(each.second));
    return ordered;
}

}  // namespace

bool mentions_modifiers(const NegotiationProblem& problem) {
    return std::ranges::any_of(problem.nodes, [](const NegotiationNode& node) {
        return std::ranges::any_of(node.pads,
                                   [](const NegotiationPad& pad) { return mentions(pad.caps); });
    });
}

void prefer_linear(NegotiationProblem& problem, const LinksAlike& variables) {
    for (const std::vector<std::size_t>& links : variables) {
        const std::vector<Voice> voices = voices_on(problem, links);
        const auto says_none = [](const Voice& voice) { return !mentions(*voice.caps); };
        if (std::ranges::none_of(voices, says_none)) continue;
        for (const std::size_t l : links) {
            const NegotiationLink& link = problem.links[l];
            Caps& from = problem.nodes[link.from].pads[link.from_pad].caps;
            Caps& to = problem.nodes[link.to].pads[link.to_pad].caps;
            if (mentions(from)) from = linear_first(from);
            if (mentions(to)) to = linear_first(to);
        }
    }
}

std::vector<NegotiationNote> modifier_notes(const NegotiationProblem& problem,
                                            const LinksAlike& variables,
                                            const std::vector<Structure>& link_caps) {
    std::vector<NegotiationNote> notes;
    for (const std::vector<std::size_t>& links : variables) {
        const Structure& caps = link_caps[links.front()];
        const Value* taken = caps.find(kDrmModifier);
        if (taken == nullptr) continue;
        const Voice* speaks = nullptr;
        const Voice* silent = nullptr;
        const std::vector<Voice> voices = voices_on(problem, links);
        for (const Voice& voice : voices) {
            const bool says = mentions(*voice.caps);
            if (says && speaks == nullptr) speaks = &voice;
            if (!says && silent == nullptr && is_silent(voice, Caps(caps))) silent = &voice;
        }
        if (speaks == nullptr || silent == nullptr) continue;
        notes.push_back({links.front(), "drm-modifier " + to_string(*taken) + ": " + *silent->name +
                                            " mentions none, " + *speaks->name + " has " +
                                            to_string(*speaks->caps)});
    }
    std::ranges::sort(notes, {}, &NegotiationNote::link);
    return notes;
}

}  // namespace parallax
