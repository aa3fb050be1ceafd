// Reduced: a conflict as small as it can be told: those who disagree and what joins them.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

struct Reduced {
    NegotiationProblem problem;
    std::vector<std::size_t> node_of;  // Of each node and link: which it is in the whole; of links
    std::vector<std::size_t> link_of;  // that became one, the last.
};

// Who is not named has no say. What only passes on between two of the others is left out, and what
// leads nowhere.
Reduced reduced(const NegotiationProblem& whole, const Conflict& conflict);

}  // namespace parallax
