// NamedSets: all sets of formats that somebody names or makes, each once, in the order in which it
// is met.
//
// Threads: none. What is given is borrowed.
#pragma once

#include <compare>
#include <cstddef>
#include <map>
#include <vector>

#include "media/negotiate.h"
#include "parallax/caps.h"

namespace parallax {

class NamedSets {
  public:
    void add(const Caps& caps);
    // Theirs, and what they make of the others.
    void add_converters(const std::vector<NegotiationConverter>& converters);
    // A crop or a scaler makes of the sets on one of its pads others, which nobody named.
    void add_made(const PadTransform& transform, std::size_t from, std::size_t to,
                  const Caps& within);

    const std::vector<Caps>& sets() const { return sets_; }  // One alternative each.

  private:
    struct Made {
        const PadTransform* transform;
        std::size_t from;
        std::size_t to;
        auto operator<=>(const Made&) const = default;
    };
    std::vector<Caps> given_;  // As they were given: most links of a chain have the same.
    std::vector<Caps> sets_;
    std::map<Made, std::size_t> asked_;  // How many of the sets each has been asked for.
};

}  // namespace parallax
