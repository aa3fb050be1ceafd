#include "media/cheapest.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

#include "media/loss.h"

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

// A transform between two links, and what each of them can be.
struct Crossing {
    const NegotiationNode& node;
    std::size_t in;
    std::size_t out;
    const Choices& ins;
    const Choices& outs;
    const Atoms& atoms;
};

// What the choices of the second link cost where the first is `a`; false where there are none.
template <class Inside>
bool price_row(const Crossing& crossing, std::uint32_t a, const Inside& inside, PriceTable& table) {
    const auto& [node, in, out, ins, outs, atoms] = crossing;
    const Caps reached = node.transform->across(in, atoms[a], out);
    const bool ordered = node.transform->first_is_natural() && !reached.structures().empty();
    const Caps first = ordered ? Caps(reached.structures().front()) : Caps::any();
    bool any = false;
    for (const auto& b : outs) {
        if (!inside(atoms[b.value], reached)) continue;
        // What a transform keeps, it keeps of all pieces of a set, not only of this one.
        if (!atoms.meets(a, node.transform->across(out, atoms[b.value], in))) continue;
        const bool natural = ordered ? is_subset(atoms[b.value], first) : a == b.value;
        Price price = natural ? 0 : node.change_cost;
        if (ordered && price > 0) price += conversion_loss(atoms[a], atoms[b.value]);
        table.at(a, b.value) = price;
        any = true;
    }
    return any;
}

PriceTable transform_prices(const Crossing& crossing) {
    PriceTable table(crossing.atoms.size());
    // An atom stands for the formats in no smaller one; a part of it is all of it only where the
    // sets that a transform makes were too many to cut atoms by.
    const auto whole = [](const Caps& part, const Caps& all) { return is_subset(part, all); };
    const auto partly = [](const Caps& part, const Caps& all) { return can_intersect(part, all); };
    for (const auto& a : crossing.ins) {
        if (!price_row(crossing, a.value, whole, table)) {
            price_row(crossing, a.value, partly, table);
        }
    }
    return table;
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

// All sets of formats that somebody names or makes, each once, in the order in which it is met.
class NamedSets {
  public:
    NamedSets(const NegotiationProblem& problem, const Solver& solver)
        : problem_(problem), solver_(solver) {
        std::vector<const Caps*> seen;  // Most links of a chain have the same.
        for (std::size_t v = 0; v < solver.variables(); ++v) {
            const Caps& domain = solver.domain(v);
            const auto same = [&](const Caps* each) { return *each == domain; };
            if (std::ranges::any_of(seen, same)) continue;
            seen.push_back(&domain);
            add(domain);
        }
    }

    void add_converters() {
        const std::size_t own = sets_.size();
        for (const NegotiationConverter& converter : problem_.converters) {
            add(converter.sink);
            add(converter.src);
            for (std::size_t i = 0; i < own && converter.transform != nullptr; ++i) {
                add(through(converter, Caps(sets_[i])));
            }
        }
    }

    // A crop or a scaler makes of the sets upstream others, which nobody named.
    void add_made_by(std::size_t n) {
        for (const std::size_t in : solver_.links_at(n)) {
            if (problem_.links[in].to != n) continue;
            for (const std::size_t out : solver_.links_at(n)) {
                if (problem_.links[out].from == n) add_made(n, in, out);
            }
        }
    }

    const std::vector<Caps>& sets() const { return sets_; }

  private:
    static constexpr std::size_t kMost = 256;

    void add(const Caps& caps) {
        for (const Structure& structure : caps.structures()) {
            Caps each(canonical(structure));
            if (std::ranges::find(sets_, each) == sets_.end()) sets_.push_back(std::move(each));
        }
    }

    void add_made(std::size_t n, std::size_t in, std::size_t out) {
        const PadTransform* transform = problem_.nodes[n].transform;
        const Made made{transform, solver_.pad_at(n, in), solver_.pad_at(n, out)};
        // The same again, on the same sets, makes nothing new.
        std::size_t& done = asked_[made];
        for (; done < sets_.size() && sets_.size() <= kMost; ++done) {
            const Caps out_of = transform->across(made.in, Caps(sets_[done]), made.out);
            if (out_of.is_any()) continue;
            add(intersect(out_of, solver_.domain(solver_.variable_of(out))));
        }
    }

    struct Made {
        const PadTransform* transform;
        std::size_t in;
        std::size_t out;
        auto operator<=>(const Made&) const = default;
    };
    const NegotiationProblem& problem_;
    const Solver& solver_;
    std::vector<Caps> sets_;
    std::map<Made, std::size_t> asked_;  // How many of the sets each has been asked for.
};

}  // namespace

std::optional<Atoms> atoms_of(const NegotiationProblem& problem, const Solver& solver,
                              const std::vector<std::size_t>& order, bool with_converters) {
    NamedSets sets(problem, solver);
    if (with_converters) sets.add_converters();
    for (const std::size_t n : order) {
        if (problem.nodes[n].relation == PadRelation::transform) sets.add_made_by(n);
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
