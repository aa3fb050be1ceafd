#include "media/negotiate.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/check.h"
#include "media/bridge.h"
#include "media/cheapest.h"
#include "media/culprits.h"
#include "media/feasible.h"
#include "media/free_plan.h"
#include "media/memory_notes.h"
#include "media/modifiers.h"
#include "media/solver.h"

namespace parallax {
namespace {

using Order = std::vector<std::size_t>;

// Variables at nodes whose work costs something. What others make is left to their own order of
// preference, which may weigh several inputs.
std::vector<bool> priced_variables(const NegotiationProblem& problem, const Solver& solver) {
    std::vector<bool> priced(solver.variables(), false);
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        const NegotiationLink& link = problem.links[l];
        if (is_priced(problem.nodes[link.from]) || is_priced(problem.nodes[link.to])) {
            priced[solver.variable_of(l)] = true;
        }
    }
    return priced;
}

// ── As the graph stands ─────────────────────────────────────────────────────────────────────

// Fixes what is left. When the choice of atoms turns out not to hold in single formats (a crop
// that no even size survives, say), the nodes' own order of preference finds what does.
struct Chosen {
    const Kinds& kinds;
    const Assignment& assignment;

    const Caps& at(std::size_t variable) const {
        return (*kinds.at(variable).atoms)[assignment.values[variable]];
    }
};
std::optional<Clash> fix_as_chosen(const NegotiationProblem& problem, const Order& order,
                                   Solver& solver, const Chosen& chosen) {
    std::optional<Clash> clash;
    const std::vector<bool> priced = priced_variables(problem, solver);
    for (std::size_t v = 0; v < solver.variables() && !clash; ++v) {
        if (priced[v]) clash = solver.restrict(v, chosen.at(v));
    }
    if (!clash) clash = solver.fix();
    if (!clash) return clash;
    solver = Solver(problem, order);
    clash = solver.narrow();
    return clash ? clash : solver.fix();
}

struct Unsolved {
    Clash clash;
    std::string gave_up = {};  // The limit that was met, if it was one.
    // Of a field that nobody between the two changes: no converter helps.
    std::optional<Conflict> about_a_field = {};
};

std::string limit_of(AssignFailure failure) {
    switch (failure) {
        case AssignFailure::table_too_large:
            return "they hang together in tables of more than " +
                   std::to_string(kMostTableEntries) + " prices";
        case AssignFailure::too_many_steps:
            return "comparing them took more than " + std::to_string(kMostAssignSteps) + " steps";
        case AssignFailure::impossible:
            break;
    }
    return {};
}

std::expected<NegotiationSolution, Unsolved> solve_plain(const NegotiationProblem& problem,
                                                         const Order& order) {
    Solver solver(problem, order);
    if (auto clash = solver.narrow()) return std::unexpected(Unsolved{.clash = *std::move(clash)});
    NegotiationSolution solution;
    std::optional<Clash> clash;
    if (std::ranges::any_of(problem.nodes, is_priced)) {
        const std::size_t no_bridge = problem.nodes.size();
        const Kinds kinds(problem, solver, no_bridge);
        const auto chosen = cheapest(problem, solver, kinds, {.first_bridge = no_bridge});
        if (chosen) solution.cost = chosen->price;
        clash = chosen ? fix_as_chosen(problem, order, solver, {kinds, *chosen}) : solver.fix();
    } else {
        clash = solver.fix();
    }
    if (clash) return std::unexpected(Unsolved{.clash = *std::move(clash)});
    solution.link_caps = solver.link_caps();
    return solution;
}

// ── With converters put in ──────────────────────────────────────────────────────────────────

// Everything that the search for converters needs, made once.
struct Search {
    std::unique_ptr<const PadTransform> passing;
    Bridged bridge;
    Order order;
    Solver solver;
    Bridged open;   // The same, with bridges that let everything pass …
    Solver liking;  // … so that links prefer what those at them say, and nothing else.
    std::optional<Kinds> kinds = {};
    std::optional<ConvertedKinds> paths = {};

    explicit Search(const NegotiationProblem& problem)
        : passing(any_of_converters(problem.converters)),
          bridge(bridged(problem, *passing)),
          order(flow_order(bridge.problem)),
          solver(bridge.problem, order),
          open(bridged(problem)),
          liking(open.problem, order) {}
    Search(const Search&) = delete;  // The solver borrows the bridge.
    Search& operator=(const Search&) = delete;

    // False where nothing can be had even so.
    bool prepare(const NegotiationProblem& problem) {
        if (solver.narrow() || liking.narrow()) return false;
        kinds.emplace(bridge.problem, solver, bridge.first_bridge, liking);
        paths.emplace(problem.converters, *kinds);
        for (std::size_t l = 0; l < problem.links.size(); ++l) {
            if (bridge.after[l] != l) paths->add(way(l));
        }
        return true;
    }
    // Of a link of the original.
    ConvertedKinds::Way way(std::size_t link) const {
        return {{kinds->number(solver.variable_of(link)),
                 kinds->number(solver.variable_of(bridge.after[link]))},
                bridge.borders[link]};
    }
    std::expected<Assignment, AssignFailure> choose(bool only_whether) const {
        return cheapest(bridge.problem, solver, *kinds,
                        {.first_bridge = bridge.first_bridge,
                         .paths = &*paths,
                         .bridged = &bridge,
                         .only_whether = only_whether});
    }
};

std::vector<std::vector<std::size_t>> chains_of(const NegotiationProblem& problem,
                                                const Search& search, const Assignment& chosen) {
    std::vector<std::vector<std::size_t>> chains;
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        chains.emplace_back();
        if (search.bridge.after[l] == l) continue;
        const std::size_t from = chosen.values[search.solver.variable_of(l)];
        const std::size_t to = chosen.values[search.solver.variable_of(search.bridge.after[l])];
        chains.back() = search.paths->at(search.way(l)).path(from, to);
    }
    return chains;
}

// What the chain on a link adds to the price of the plan.
NegotiationPrice price_on(const NegotiationProblem& problem, const Search& search,
                          const Assignment& chosen, std::size_t link) {
    const std::size_t from = chosen.values[search.solver.variable_of(link)];
    const std::size_t to = chosen.values[search.solver.variable_of(search.bridge.after[link])];
    const std::uint64_t more_ways = search.bridge.ways[link] - 1;
    return search.paths->at(search.way(link)).prices().at(from, to) *
           (100 + problem.fan_out_percent * more_ways) / 100;
}

std::optional<NegotiationSolution> solve_chains(const NegotiationProblem& problem,
                                                const Search& search, const Assignment& chosen) {
    const auto chains = chains_of(problem, search, chosen);
    const Chosen kinds{*search.kinds, chosen};
    const Converted with = converted(problem, chains);
    const Order order = flow_order(with.problem);
    Solver solver(with.problem, order);
    std::optional<Clash> clash = solver.narrow();
    for (std::size_t l = 0; l < problem.links.size() && !clash; ++l) {
        const std::size_t from = search.solver.variable_of(l);
        const std::size_t to = search.solver.variable_of(search.bridge.after[l]);
        clash = solver.restrict(solver.variable_of(l), kinds.at(from));
        if (!clash) clash = solver.restrict(solver.variable_of(with.parts[l].back()), kinds.at(to));
    }
    if (!clash) clash = solver.fix();
    if (clash) {
        solver = Solver(with.problem, order);
        if (solver.narrow() || solver.fix()) return std::nullopt;
    }
    NegotiationSolution solution{.link_caps = {}, .inserted = {}, .cost = chosen.price};
    const std::vector<Structure> caps = solver.link_caps();
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        solution.link_caps.push_back(caps[l]);
        // Kinds that differ may have formats in common: where one of them was fixed on both sides,
        // there is nothing to convert.
        if (!chains[l].empty() && caps[with.parts[l].front()] == caps[with.parts[l].back()]) {
            solution.cost -= price_on(problem, search, chosen, l);
            continue;
        }
        for (std::size_t i = 0; i < chains[l].size(); ++i) {
            InsertedConverter inserted{l, chains[l][i], caps[with.parts[l][i]],
                                       caps[with.parts[l][i + 1]], 0};
            inserted.cost = converter_price(problem.converters[inserted.converter],
                                            Caps(inserted.from), Caps(inserted.to));
            solution.inserted.push_back(std::move(inserted));
        }
    }
    return solution;
}

std::expected<NegotiationSolution, Unsolved> solve_converting(const NegotiationProblem& problem,
                                                              const Clash& clash) {
    Search search(problem);
    if (!search.prepare(problem)) return std::unexpected(Unsolved{.clash = clash});
    const auto chosen = search.choose(false);
    if (!chosen) {
        return std::unexpected(Unsolved{clash, limit_of(chosen.error())});
    }
    auto solution = solve_chains(problem, search, *chosen);
    // There was a choice of kinds, but no single formats to it: nobody is to blame.
    if (!solution)
        return std::unexpected(Unsolved{clash, "none of the cheapest kinds holds single ones"});
    return *std::move(solution);
}

// Where a converter may be put in for nothing, it may serve someone's liking.
bool nothing_beats_free(const NegotiationProblem& problem) {
    return problem.insert_only_if_needed ||
           std::ranges::none_of(problem.converters,
                                [](const auto& converter) { return converter.cost == 0; });
}

std::expected<NegotiationSolution, Unsolved> solve(const NegotiationProblem& problem,
                                                   const Order& order) {
    if (nothing_beats_free(problem)) {
        if (auto solution = free_plan(problem, order)) return *std::move(solution);
    }
    Unsolved unsolved;
    if (problem.insert_only_if_needed) {
        auto solved = solve_plain(problem, order);
        if (solved) return solved;
        unsolved = std::move(solved).error();
        unsolved.about_a_field = explain_field(problem, order);
        if (unsolved.about_a_field) return std::unexpected(std::move(unsolved));
    }
    const bool may_convert = !problem.converters.empty() || !problem.insert_only_if_needed;
    if (may_convert) return solve_converting(problem, unsolved.clash);
    return std::unexpected(std::move(unsolved));
}

LinksAlike links_alike(const NegotiationProblem& problem, const Order& order) {
    const Solver solver(problem, order);
    LinksAlike variables;
    for (std::size_t v = 0; v < solver.variables(); ++v) variables.push_back(solver.members(v));
    return variables;
}

// Most graphs hold nobody who mentions modifiers, or other memory than ours.
std::expected<NegotiationSolution, Unsolved> solve_with_notes(const NegotiationProblem& problem,
                                                              const Order& order) {
    const bool modifiers = mentions_modifiers(problem);
    if (!modifiers && !speaks_of_memory(problem)) return solve(problem, order);
    const LinksAlike variables = links_alike(problem, order);
    NegotiationProblem preferring = problem;
    if (modifiers) prefer_linear(preferring, variables);
    auto solved = solve(preferring, order);
    if (!solved) return solved;
    solved->notes = memory_notes(problem, variables, *solved);
    if (!modifiers) return solved;
    const auto more = modifier_notes(problem, variables, solved->link_caps);
    solved->notes.insert(solved->notes.end(), more.begin(), more.end());
    std::ranges::stable_sort(solved->notes, {}, &NegotiationNote::link);
    return solved;
}

void check(const NegotiationProblem& problem) {
    for (const NegotiationLink& link : problem.links) {
        PX_CHECK(link.from < problem.nodes.size() && link.to < problem.nodes.size());
        PX_CHECK(link.from_pad < problem.nodes[link.from].pads.size());
        PX_CHECK(link.to_pad < problem.nodes[link.to].pads.size());
    }
    for (const NegotiationNode& node : problem.nodes) {
        PX_CHECK(node.relation != PadRelation::transform || node.transform != nullptr);
    }
}

}  // namespace

bool feasible(const NegotiationProblem& problem, const std::vector<std::size_t>& order) {
    if (!Solver(problem, order).narrow()) return true;
    if (problem.converters.empty()) return false;
    Search search(problem);
    if (!search.prepare(problem)) return false;
    const auto found = search.choose(true);
    return found || found.error() != AssignFailure::impossible;
}

std::optional<NegotiationSolution> try_to_solve(const NegotiationProblem& problem) {
    auto solved = solve(problem, flow_order(problem));
    return solved ? std::optional(*std::move(solved)) : std::nullopt;
}

std::vector<FieldPreference> NegotiationProblem::usual_preferences() {
    return {{"width", 640}, {"height", 480}, {"framerate", Fraction(30, 1)}};
}

std::expected<NegotiationSolution, Conflict> negotiate(const NegotiationProblem& problem) {
    check(problem);
    const Order order = flow_order(problem);
    if (order.size() < problem.nodes.size()) {
        return std::unexpected(cycle_conflict(problem, order));
    }
    auto solved = solve_with_notes(problem, order);
    if (solved) return *std::move(solved);
    Unsolved& unsolved = solved.error();
    if (unsolved.about_a_field) return std::unexpected(*std::move(unsolved.about_a_field));
    if (!unsolved.gave_up.empty()) {
        return std::unexpected(
            Conflict{.reason = ConflictReason::gave_up,
                     .hint = "say more behind the sources: format, width, height and framerate",
                     .limit = std::move(unsolved.gave_up)});
    }
    return std::unexpected(explain(problem, order, unsolved.clash));
}

}  // namespace parallax
