// cheapest: which of the formats that fit together cost least, for all links at once.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <expected>
#include <map>
#include <utility>
#include <vector>

#include "media/assign.h"
#include "media/bridge.h"
#include "media/kinds.h"
#include "media/solver.h"

namespace parallax {

// The cheapest chains of converters between the kinds on both sides of bridges, by the numbers of
// these and by where frames go to another process.
class ConvertedKinds {
  public:
    using Ends = std::pair<std::size_t, std::size_t>;
    using Way = std::pair<Ends, ProcessBorders>;
    ConvertedKinds(const std::vector<NegotiationConverter>& converters, const Kinds& kinds)
        : converters_(converters), kinds_(kinds) {}

    void add(const Way& way) {
        paths_.try_emplace(way, converters_, kinds_.of(way.first.first).side(),
                           kinds_.of(way.first.second).side(), backs_[way.first.second],
                           way.second);
    }
    const ConverterPaths& at(const Way& way) const { return paths_.at(way); }  // Of the added.

  private:
    const std::vector<NegotiationConverter>& converters_;
    const Kinds& kinds_;
    std::map<std::size_t, ConverterBacks> backs_;  // By the number behind.
    std::map<Way, ConverterPaths> paths_;
};

// The kinds of each variable of the solver. Nodes from `first_bridge` on are bridges, with the
// prices of `paths`.
struct CheapestOptions {
    std::size_t first_bridge = 0;
    const ConvertedKinds* paths = nullptr;
    const Bridged* bridged = nullptr;
    bool only_whether = false;  // The answer is none, but that there is one.
};
std::expected<Assignment, AssignFailure> cheapest(const NegotiationProblem& problem,
                                                  const Solver& solver, const Kinds& kinds,
                                                  const CheapestOptions& options);

}  // namespace parallax
