// transform_prices: what an element that changes formats asks for each change.
//
// Threads: pure functions, as far as the transform is.
#pragma once

#include <cstddef>
#include <vector>

#include "media/assign.h"
#include "media/atoms.h"
#include "media/negotiate.h"

namespace parallax {

// What one side of something that is crossed can be.
struct CrossingSide {
    const Atoms& atoms;
    const std::vector<AssignProblem::Choice>& choices;
    bool exact = true;  // Atoms are as fine as the other side needs them.
};

// A transform between two links.
struct Crossing {
    const NegotiationNode& node;
    std::size_t in_pad;
    std::size_t out_pad;
    CrossingSide in;
    CrossingSide out;
};

PriceTable transform_prices(const Crossing& crossing);

}  // namespace parallax
