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

// A transform between two links, and what each of them can be.
struct Crossing {
    const NegotiationNode& node;
    std::size_t in;  // Pads.
    std::size_t out;
    const std::vector<AssignProblem::Choice>& ins;
    const std::vector<AssignProblem::Choice>& outs;
    const Atoms& atoms;
};

PriceTable transform_prices(const Crossing& crossing);

}  // namespace parallax
