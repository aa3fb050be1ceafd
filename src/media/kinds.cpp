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
std::size_t narrowness(const Structure& set, const Caps& domain) {
    const auto alternatives = domain.structures();
    const auto whole = std::ranges::find_if(alternatives, [&](const Structure& each) {
        return each.media_type() == set.media_type() && each.features() == set.features();
    });
    if (whole == alternatives.end()) return set.fields().size();
    const Structure written = canonical(*whole);
    return static_cast<std::size_t>(std::ranges::count_if(set.fields(), [&](const Field& field) {
        const Value* other = written.find(field.name);
        return other == nullptr || *other != field.value;
    }));
}

// Those that say least first, but for the first `own`.
std::vector<Structure> by_narrowness(std::vector<Structure> sets, std::size_t own,
                                     const Caps& domain) {
    std::ranges::stable_sort(std::span(sets).subspan(own), {},
                             [&](const Structure& set) { return narrowness(set, domain); });
    return sets;
}

Atoms atoms_of(const Cuts& cuts, std::size_t variable, std::size_t most) {
    std::vector<Structure> sets;
    for (const Cuts::Number each : cuts.at(variable)) sets.push_back(cuts.set(each));
    const std::size_t own = cuts.own(variable);
    Atoms atoms = Atoms::make(sets, {.most = most, .always = own});
    if (atoms.is_complete()) return atoms;
    const Caps& domain = cuts.domain(cuts.domain_of(variable));
    return Atoms::make(by_narrowness(std::move(sets), own, domain), {.most = most, .always = own});
}

using Cut = std::pair<std::size_t, std::vector<Cuts::Number>>;
Cut cut_of(const Cuts& cuts, std::size_t variable) {
    return {cuts.own(variable), cuts.at(variable)};
}

// Prices are worked out for pairs of a link's atoms: where many links differ, each has fewer.
std::size_t most_atoms(const Cuts& cuts, std::size_t variables, const Kinds::Bounds& bounds) {
    constexpr std::size_t least = 48;
    constexpr std::size_t few = 16;  // Sets that are cut to few atoms anyway, as most are.
    std::size_t largest = 0;
    for (std::size_t v = 0; v < variables; ++v) largest = std::max(largest, cuts.at(v).size());
    if (largest <= few) return bounds.atoms;
    std::set<Cut> unlike;
    for (std::size_t v = 0; v < variables; ++v) unlike.insert(cut_of(cuts, v));
    std::size_t most = bounds.atoms;
    while (most > least && most * most * unlike.size() > bounds.pairs) --most;
    return most;
}

}  // namespace

Kinds::Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge)
    : Kinds(problem, solver, first_bridge, Bounds{}) {}

Kinds::Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
             const Bounds& bounds) {
    Cuts cuts(problem, solver, first_bridge, bounds.sets);
    cuts.run();
    const std::size_t most = most_atoms(cuts, solver.variables(), bounds);
    std::map<Cut, const Atoms*> made;
    std::map<std::pair<const Atoms*, std::size_t>, std::size_t> known;
    for (std::size_t v = 0; v < solver.variables(); ++v) {
        const Atoms*& atoms = made[cut_of(cuts, v)];
        if (atoms == nullptr) {
            atoms_.push_back(std::make_unique<const Atoms>(atoms_of(cuts, v, most)));
            atoms = atoms_.back().get();
        }
        const auto [place, is_new] = known.try_emplace({atoms, cuts.domain_of(v)}, links_.size());
        number_.push_back(place->second);
        if (!is_new) continue;
        links_.push_back(
            {atoms, atoms->choices(solver.domain(v)), cuts.is_complete(v) && atoms->is_complete()});
    }
}

}  // namespace parallax
