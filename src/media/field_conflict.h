// field_conflict: who disagrees about one field that nothing on the way between them changes.
//
// Most graphs that cannot be solved ask for two frame rates, or two sizes, with elements between
// them that copy that field: crops, converters, encoders. Which fields an element copies is asked
// of it, with the values that the graph names. Along these a field is one unknown, and whoever
// wants it otherwise is to blame, not those who hand it on.
//
// Threads: a pure function, as far as the transforms are.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "media/conflict.h"
#include "media/negotiate.h"

namespace parallax {

struct FieldConflict {
    std::string field;
    std::vector<bool> owners;  // By node; then by link, for its filters. Fewer could agree.
    Clash clash;               // What the first of them has, and what the last, in full.
};

// `order` holds all nodes, in the order of the data. No other answer than "nothing" is ever wrong.
std::optional<FieldConflict> field_conflict(const NegotiationProblem& problem,
                                            const std::vector<std::size_t>& order);

}  // namespace parallax
