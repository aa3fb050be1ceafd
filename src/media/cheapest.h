// cheapest: which of the formats that fit together cost least, for all links at once.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <expected>
#include <optional>
#include <vector>

#include "media/assign.h"
#include "media/atoms.h"
#include "media/bridge.h"
#include "media/solver.h"

namespace parallax {

// The kinds of formats in the solver's domains, what transforms make of them, and converters where
// nodes from `first_bridge` on are bridges. Nothing when there are too many.
std::optional<Atoms> atoms_of(const NegotiationProblem& problem, const Solver& solver,
                              const std::vector<std::size_t>& order,
                              std::optional<std::size_t> first_bridge);

// The atoms of each variable of the solver. Nodes from `first_bridge` on are bridges, with the
// prices of `paths`.
struct CheapestOptions {
    std::size_t first_bridge = 0;
    const ConverterPaths* paths = nullptr;
    const std::vector<std::uint32_t>* ways = nullptr;  // From each bridge, by its first link.
    bool only_whether = false;                         // The answer is none, but that there is one.
};
std::expected<Assignment, AssignFailure> cheapest(const NegotiationProblem& problem,
                                                  const Solver& solver, const Atoms& atoms,
                                                  const CheapestOptions& options);

}  // namespace parallax
