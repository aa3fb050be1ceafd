#include "media/kinds.h"

#include <algorithm>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "media/cuts.h"

namespace parallax {
namespace {

// In how many fields a set says more than the domain does that it is of.
std::size_t narrowness(const Structure& set, const std::vector<Structure>& alternatives) {
    const auto whole = std::ranges::find_if(alternatives, [&](const Structure& each) {
        return each.media_type() == set.media_type() && each.features() == set.features();
    });
    if (whole == alternatives.end()) return set.fields().size();
    return static_cast<std::size_t>(std::ranges::count_if(set.fields(), [&](const Field& field) {
        const Value* other = whole->find(field.name);
        return other == nullptr || *other != field.value;
    }));
}

// Those that say least first, but for the first `own`.
std::vector<Structure> by_narrowness(std::vector<Structure> sets, std::size_t own,
                                     const Caps& domain) {
    std::vector<Structure> alternatives;
    for (const Structure& each : domain.structures()) alternatives.push_back(canonical(each));
    std::vector<std::pair<std::size_t, Structure*>> order;
    for (Structure& set : std::span(sets).subspan(own)) {
        order.emplace_back(narrowness(set, alternatives), &set);
    }
    std::ranges::stable_sort(order, {}, &std::pair<std::size_t, Structure*>::first);
    std::vector<Structure> sorted(sets.begin(), sets.begin() + static_cast<std::ptrdiff_t>(own));
    for (const auto& [fields, set] : order) sorted.push_back(std::move(*set));
    return sorted;
}

// Its own, and then those that came, whichever way: links that were cut alike share their atoms.
using Cut = std::pair<std::size_t, std::vector<Cuts::Number>>;
Cut cut_of(const Cuts& cuts, std::size_t variable) {
    Cut cut{cuts.own(variable), cuts.at(variable)};
    std::ranges::sort(std::span(cut.second).subspan(cut.first));
    return cut;
}

Atoms atoms_of(const Cuts& cuts, std::size_t variable, std::size_t most) {
    std::vector<Structure> sets;
    const auto [own, numbers] = cut_of(cuts, variable);
    for (const Cuts::Number each : numbers) sets.push_back(cuts.set(each));
    Atoms atoms = Atoms::make(sets, {.most = most, .always = own});
    if (atoms.is_complete()) return atoms;
    const Caps& domain = cuts.domain(cuts.domain_of(variable));
    return Atoms::make(by_narrowness(std::move(sets), own, domain), {.most = most, .always = own});
}

// Prices are worked out for pairs of a link's atoms: where many links differ, each has fewer.
std::size_t most_atoms(const Cuts& cuts, std::size_t variables, const Kinds::Bounds& bounds) {
    constexpr std::size_t least = 48;
    constexpr std::size_t few = 16;  // Sets that are cut to few atoms anyway, as most are.
    std::size_t largest = 0;
    for (std::size_t v = 0; v < variables; ++v) largest = std::max(largest, cuts.at(v).size());
    if (largest <= few) return bounds.atoms;
    std::set<Cut> unlike;
    for (std::size_t v = 0; v < variables; ++v) {
        if (cuts.at(v).size() > few) unlike.insert(cut_of(cuts, v));
    }
    std::size_t most = bounds.atoms;
    while (most > least && most * most * unlike.size() > bounds.pairs) --most;
    return most;
}

// Those inside what the link can have, in the order of another set that holds it; what that does
// not tell apart comes last.
std::vector<AssignProblem::Choice> liked(const Atoms& atoms, const Caps& domain,
                                         const Caps& liking) {
    std::vector<AssignProblem::Choice> inside = atoms.choices(domain);
    if (domain == liking || domain.is_any()) return inside;
    std::vector<bool> is_inside(atoms.size(), false);
    for (const auto& each : inside) is_inside[each.value] = true;
    std::vector<AssignProblem::Choice> ordered = atoms.choices(liking);
    std::erase_if(ordered, [&](const auto& each) { return !is_inside[each.value]; });
    for (const auto& each : ordered) is_inside[each.value] = false;
    const std::uint32_t last = ordered.empty() ? 0 : ordered.back().rank + 1;
    for (const auto& each : inside) {
        if (is_inside[each.value]) ordered.push_back({each.value, last + each.rank});
    }
    return ordered;
}

}  // namespace

Kinds::Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge)
    : Kinds(Making{problem, solver, first_bridge, solver, Bounds{}}) {}

Kinds::Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
             const Bounds& bounds)
    : Kinds(Making{problem, solver, first_bridge, solver, bounds}) {}

Kinds::Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
             const Solver& liking)
    : Kinds(Making{problem, solver, first_bridge, liking, Bounds{}}) {}

Kinds::Kinds(const Making& making) {
    const auto& [problem, solver, first_bridge, liking, bounds] = making;
    Cuts cuts(problem, solver, first_bridge, bounds.sets);
    cuts.run();
    const std::size_t most = most_atoms(cuts, solver.variables(), bounds);
    std::map<Cut, const Atoms*> made;
    using Known = std::pair<const Caps*, std::size_t>;  // What is liked, and the link's number.
    std::map<std::pair<const Atoms*, std::size_t>, std::vector<Known>> known;
    for (std::size_t v = 0; v < solver.variables(); ++v) {
        const Atoms*& atoms = made[cut_of(cuts, v)];
        if (atoms == nullptr) {
            atoms_.push_back(std::make_unique<const Atoms>(atoms_of(cuts, v, most)));
            atoms = atoms_.back().get();
        }
        const Caps& order = liking.domain(v);
        std::vector<Known>& alike = known[{atoms, cuts.domain_of(v)}];
        const auto same =
            std::ranges::find_if(alike, [&](const Known& k) { return *k.first == order; });
        number_.push_back(same == alike.end() ? links_.size() : same->second);
        if (same != alike.end()) continue;
        alike.emplace_back(&order, links_.size());
        links_.push_back({atoms, liked(*atoms, solver.domain(v), order),
                          cuts.is_complete(v) && atoms->is_complete()});
    }
}

}  // namespace parallax
