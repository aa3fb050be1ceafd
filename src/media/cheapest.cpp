#include "media/cheapest.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "media/crossing.h"
#include "media/named_sets.h"

namespace parallax {
namespace {

using Choices = std::vector<AssignProblem::Choice>;

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
    Pricing(const NegotiationProblem& problem, const Solver& solver, const Atoms& atoms,
            const CheapestOptions& bridges)
        : problem_(problem), solver_(solver), atoms_(atoms), bridges_(bridges) {}

    AssignProblem run(const std::vector<std::size_t>& order) {
        place_.resize(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            place_[order[i]] = i;
            domain_of_.push_back(domain(solver_.domain(order[i])));
            assigned_.choices.push_back(domains_[domain_of_.back()].choices);
        }
        for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
            if (problem_.nodes[n].relation == PadRelation::transform) add_pairs(n);
        }
        return std::move(assigned_);
    }

  private:
    struct Domain {
        const Caps* caps;
        Choices choices;
    };
    // By what a transform's table depends on: the transform, its pads, the domains on both sides.
    struct Known {
        const PadTransform* transform;
        std::size_t in;
        std::size_t out;
        std::size_t from;
        std::size_t to;
        NegotiationPrice cost;
        bool operator==(const Known&) const = default;
    };

    std::size_t domain(const Caps& caps) {
        for (std::size_t d = 0; d < domains_.size(); ++d) {
            if (*domains_[d].caps == caps) return d;
        }
        domains_.push_back({&caps, atoms_.choices(caps)});
        return domains_.size() - 1;
    }

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

    std::size_t bridge_table(std::uint32_t ways) {
        const std::uint64_t percent = 100 + std::uint64_t{problem_.fan_out_percent} * (ways - 1);
        const auto [known, is_new] = bridge_tables_.try_emplace(ways, assigned_.tables.size());
        if (!is_new) return known->second;
        PriceTable table = bridges_.paths->prices();
        for (std::size_t a = 0; a < atoms_.size(); ++a) {
            for (std::size_t b = 0; b < atoms_.size(); ++b) {
                if (table.at(a, b) < kImpossible) table.at(a, b) = table.at(a, b) * percent / 100;
            }
        }
        assigned_.tables.push_back(std::move(table));
        return known->second;
    }

    std::size_t table(std::size_t n, std::size_t in, std::size_t out) {
        if (n >= bridges_.first_bridge) return bridge_table((*bridges_.ways)[in]);
        const NegotiationNode& node = problem_.nodes[n];
        const std::size_t from = domain_of_[place_[solver_.variable_of(in)]];
        const std::size_t to = domain_of_[place_[solver_.variable_of(out)]];
        const Known wanted{node.transform,  solver_.pad_at(n, in), solver_.pad_at(n, out), from, to,
                           node.change_cost};
        const auto known =
            std::ranges::find(known_, wanted, [](const auto& each) { return each.first; });
        if (known != known_.end()) return known->second;
        known_.emplace_back(wanted, assigned_.tables.size());
        assigned_.tables.push_back(transform_prices(
            {node, wanted.in, wanted.out, domains_[from].choices, domains_[to].choices, atoms_}));
        return assigned_.tables.size() - 1;
    }

    const NegotiationProblem& problem_;
    const Solver& solver_;
    const Atoms& atoms_;
    const CheapestOptions& bridges_;
    std::map<std::uint32_t, std::size_t> bridge_tables_;  // By the ways that lead on.
    AssignProblem assigned_;
    std::vector<std::size_t> place_;      // Of each variable of the solver.
    std::vector<std::size_t> domain_of_;  // Of each variable of the problem in numbers.
    std::vector<Domain> domains_;
    std::vector<std::pair<Known, std::size_t>> known_;
};

// What the transforms at a node make of the sets upstream.
void add_made_by(const NegotiationProblem& problem, const Solver& solver, std::size_t n,
                 NamedSets& sets) {
    for (const std::size_t in : solver.links_at(n)) {
        if (problem.links[in].to != n) continue;
        for (const std::size_t out : solver.links_at(n)) {
            if (problem.links[out].from != n) continue;
            sets.add_made(*problem.nodes[n].transform, solver.pad_at(n, in), solver.pad_at(n, out),
                          solver.domain(solver.variable_of(out)));
        }
    }
}

}  // namespace

std::optional<Atoms> atoms_of(const NegotiationProblem& problem, const Solver& solver,
                              const std::vector<std::size_t>& order,
                              std::optional<std::size_t> first_bridge) {
    NamedSets sets;
    for (std::size_t v = 0; v < solver.variables(); ++v) sets.add(solver.domain(v));
    if (first_bridge) sets.add_converters(problem.converters);
    for (const std::size_t n : order) {
        if (first_bridge && n >= *first_bridge) continue;
        if (problem.nodes[n].relation == PadRelation::transform)
            add_made_by(problem, solver, n, sets);
    }
    return Atoms::make(sets.sets());
}

std::expected<Assignment, AssignFailure> cheapest(const NegotiationProblem& problem,
                                                  const Solver& solver, const Atoms& atoms,
                                                  const CheapestOptions& options) {
    const std::vector<std::size_t> order = by_importance(problem, solver, options.first_bridge);
    const AssignProblem assigned = Pricing(problem, solver, atoms, options).run(order);
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
