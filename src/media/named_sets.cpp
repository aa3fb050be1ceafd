#include "media/named_sets.h"

#include <algorithm>
#include <utility>

#include "media/atoms.h"
#include "media/bridge.h"

namespace parallax {
namespace {

constexpr std::size_t kMost = 256;

}  // namespace

void NamedSets::add(const Caps& caps) {
    if (caps.is_any() || std::ranges::find(given_, caps) != given_.end()) return;
    given_.push_back(caps);
    for (const Structure& structure : caps.structures()) {
        Caps each(canonical(structure));
        if (std::ranges::find(sets_, each) == sets_.end()) sets_.push_back(std::move(each));
    }
}

void NamedSets::add_converters(const std::vector<NegotiationConverter>& converters) {
    const std::size_t own = sets_.size();
    for (const NegotiationConverter& converter : converters) {
        add(converter.sink);
        add(converter.src);
        for (std::size_t i = 0; i < own && converter.transform != nullptr; ++i) {
            add(through(converter, Caps(sets_[i])));
        }
    }
}

void NamedSets::add_made(const PadTransform& transform, std::size_t from, std::size_t to,
                         const Caps& within) {
    // The same again, on the same sets, makes nothing new.
    std::size_t& done = asked_[{&transform, from, to}];
    for (; done < sets_.size() && sets_.size() <= kMost; ++done) {
        const Caps made = transform.across(from, Caps(sets_[done]), to);
        if (!made.is_any()) add(intersect(made, within));
    }
}

}  // namespace parallax
