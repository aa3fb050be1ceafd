// Cuts: by which sets of formats each link of a graph is cut, and how these travel along it.
//
// Threads: none. What is given is borrowed.
#pragma once

#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "media/negotiate.h"
#include "media/numbered_sets.h"
#include "media/solver.h"

namespace parallax {

class Cuts {
  public:
    using Number = NumberedSets::Number;

    Cuts(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
         std::size_t most);

    void run();  // Lets all of them travel; once.

    // Those of a variable, in the order in which they came: from upstream first.
    const std::vector<Number>& at(std::size_t variable) const { return at_[variable]; }
    const Structure& set(Number number) const { return sets_[number]; }
    // Whether those are all that came.
    bool is_complete(std::size_t variable) const { return is_complete_[variable]; }
    // The first of these, which are alternatives of its domain.
    std::size_t own(std::size_t variable) const { return own_[variable]; }
    // Variables of one domain have the same caps, in the same order of preference.
    std::size_t domain_of(std::size_t variable) const { return domain_of_[variable]; }
    const Caps& domain(std::size_t number) const { return *domains_[number]; }

  private:
    using Numbers = std::vector<Number>;
    struct Edge {
        std::array<std::size_t, 2> ends;  // Variables, in the order of the data …
        std::array<std::size_t, 2> pads;  // … and pads.
        const PadTransform* transform;    // None for a bridge.
        bool likes_same;                  // It costs nothing where both sides are the same.
        std::array<std::size_t, 2> done = {};
        bool is_waiting = false;
    };

    void number_domains();
    void make_edges(std::size_t first_bridge);
    void start_upstream();
    void travel_all();
    void travel(std::size_t edge, std::size_t from);
    void add(std::size_t variable, Number set);
    void add_within(std::size_t variable, const Numbers& sets);
    const Numbers& across(const Edge& edge, std::size_t from, Number set);
    const Numbers& within(Number set, std::size_t domain);
    Numbers converted(Number set, bool down);
    Numbers numbers_of(const Caps& caps);

    const NegotiationProblem& problem_;
    const Solver& solver_;
    std::size_t most_;
    NumberedSets sets_;
    std::vector<Numbers> at_;
    std::vector<bool> is_complete_;
    std::vector<std::size_t> own_;
    std::vector<std::size_t> domain_of_;
    std::vector<const Caps*> domains_;
    std::vector<Edge> edges_;
    std::vector<std::vector<std::size_t>> edges_at_;
    std::deque<std::size_t> waiting_;
    std::size_t travelled_ = 0;
    using Question = std::tuple<const PadTransform*, std::size_t, std::size_t, Number>;
    std::map<Question, Numbers> across_;
    std::unordered_map<std::uint64_t, Numbers> within_;
};

}  // namespace parallax
