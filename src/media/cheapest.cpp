#include "media/cheapest.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "media/crossing.h"

namespace parallax {
namespace {

using Ends = ConvertedKinds::Ends;

// Sources decide first, then the other nodes as they are listed; data that goes into a node before
// what comes out of it.
std::vector<std::size_t> by_importance(const NegotiationProblem& problem, const Solver& solver,
                                       std::size_t first_bridge) {
    std::vector<bool> is_source(problem.nodes.size(), true);
    for (const NegotiationLink& link : problem.links) is_source[link.to] = false;
    using Key = std::tuple<bool, std::size_t, std::size_t>;
    std::vector<Key> keys;
    for (std::size_t v = 0; v < solver.variables(); ++v) {
        Key least{true, problem.nodes.size(), v};
        for (const std::size_t l : solver.members(v)) {
            for (const std::size_t n : {problem.links[l].from, problem.links[l].to}) {
                if (n < first_bridge) least = std::min(least, Key{!is_source[n], n, v});
            }
        }
        keys.push_back(least);
    }
    std::ranges::sort(keys);
    std::vector<std::size_t> order;
    order.reserve(keys.size());
    for (const Key& key : keys) order.push_back(std::get<2>(key));
    return order;
}

// The problem in numbers. What many nodes have in common is worked out once.
class Pricing {
  public:
    Pricing(const NegotiationProblem& problem, const Solver& solver, const Kinds& kinds,
            const CheapestOptions& bridges)
        : problem_(problem), solver_(solver), kinds_(kinds), bridges_(bridges) {}

    AssignProblem run(const std::vector<std::size_t>& order) {
        place_.resize(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            place_[order[i]] = i;
            assigned_.choices.push_back(kinds_.at(order[i]).choices);
        }
        for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
            if (problem_.nodes[n].relation == PadRelation::transform) add_pairs(n);
        }
        return std::move(assigned_);
    }

  private:
    void add_pairs(std::size_t n) {
        for (const std::size_t in : solver_.links_at(n)) {
            for (const std::size_t out : solver_.links_at(n)) {
                if (problem_.links[in].to != n || problem_.links[out].from != n) continue;
                const std::size_t a = place_[solver_.variable_of(in)];
                const std::size_t b = place_[solver_.variable_of(out)];
                if (a != b) assigned_.pairs.push_back({a, b, table(n, in, out)});
            }
        }
    }

    std::size_t table(std::size_t n, std::size_t in, std::size_t out) {
        const Ends ends{kinds_.number(solver_.variable_of(in)),
                        kinds_.number(solver_.variable_of(out))};
        if (n >= bridges_.first_bridge) {
            const Bridged& bridged = *bridges_.bridged;
            return bridge_table({ends, bridged.borders[in]}, bridged.ways[in]);
        }
        const NegotiationNode& node = problem_.nodes[n];
        const Known wanted{node.transform, solver_.pad_at(n, in), solver_.pad_at(n, out), ends,
                           node.change_cost};
        const auto [place, is_new] = transforms_.try_emplace(wanted, assigned_.tables.size());
        if (!is_new) return place->second;
        assigned_.tables.push_back(transform_prices({.node = node,
                                                     .in_pad = solver_.pad_at(n, in),
                                                     .out_pad = solver_.pad_at(n, out),
                                                     .in = kinds_.of(ends.first).side(),
                                                     .out = kinds_.of(ends.second).side()}));
        return place->second;
    }

    std::size_t bridge_table(const ConvertedKinds::Way& way, std::uint32_t ways) {
        const auto [place, is_new] =
            bridge_tables_.try_emplace({way, ways}, assigned_.tables.size());
        if (!is_new) return place->second;
        const std::uint64_t percent = 100 + std::uint64_t{problem_.fan_out_percent} * (ways - 1);
        PriceTable table = bridges_.paths->at(way).prices();
        for (std::size_t a = 0; a < table.rows(); ++a) {
            for (std::size_t b = 0; b < table.columns(); ++b) {
                if (table.at(a, b) < kImpossible) table.at(a, b) = table.at(a, b) * percent / 100;
            }
        }
        assigned_.tables.push_back(std::move(table));
        return place->second;
    }

    const NegotiationProblem& problem_;
    const Solver& solver_;
    const Kinds& kinds_;
    const CheapestOptions& bridges_;
    AssignProblem assigned_;
    std::vector<std::size_t> place_;  // Of each variable of the solver.
    // By what a transform's table depends on: the transform, its pads, the kinds on both sides.
    using Known = std::tuple<const PadTransform*, std::size_t, std::size_t, Ends, NegotiationPrice>;
    std::map<Known, std::size_t> transforms_;
    std::map<std::pair<ConvertedKinds::Way, std::uint32_t>, std::size_t>
        bridge_tables_;  // And the ways on.
};

}  // namespace

std::expected<Assignment, AssignFailure> cheapest(const NegotiationProblem& problem,
                                                  const Solver& solver, const Kinds& kinds,
                                                  const CheapestOptions& options) {
    const std::vector<std::size_t> order = by_importance(problem, solver, options.first_bridge);
    const AssignProblem assigned = Pricing(problem, solver, kinds, options).run(order);
    if (options.only_whether) {
        const auto any = assignable(assigned);
        if (!any) return std::unexpected(any.error());
        if (!*any) return std::unexpected(AssignFailure::impossible);
        return Assignment{};
    }
    auto found = assign(assigned);
    if (!found) return found;
    Assignment by_variable{found->price, std::vector<std::uint32_t>(order.size())};
    for (std::size_t i = 0; i < order.size(); ++i) by_variable.values[order[i]] = found->values[i];
    return by_variable;
}

}  // namespace parallax
