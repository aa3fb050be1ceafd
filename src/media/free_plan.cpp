#include "media/free_plan.h"

#include "media/narrowing.h"
#include "media/solver.h"

namespace parallax {
namespace {

// Whether the node makes `caps` of itself without being asked to change anything.
bool is_idle(const NegotiationNode& node, const Narrowings::Answer& made, const Caps& caps) {
    if (!node.transform->first_is_natural()) return is_subset(caps, made.allowed);
    const auto natural = made.allowed.structures();
    // The same, not only among what it may be: a field that is left out is one that was taken away.
    return made.allowed.is_any() || (!natural.empty() && equal(Caps(natural.front()), caps));
}

// Of single formats the price is certain: what was assumed of a converter is asked of it here.
bool costs_nothing(const NegotiationProblem& problem, const Solver& solver) {
    Narrowings narrowings;
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
        const NegotiationNode& node = problem.nodes[n];
        if (!is_priced(node)) continue;
        for (const std::size_t in : solver.links_at(n)) {
            const Caps& caps = solver.domain(solver.variable_of(in));
            if (problem.links[in].to != n || caps.is_any()) continue;
            for (const std::size_t out : solver.links_at(n)) {
                if (problem.links[out].from != n) continue;
                const auto& made = narrowings.ask({.transform = node.transform,
                                                   .from = solver.pad_at(n, in),
                                                   .to = solver.pad_at(n, out),
                                                   .fed = caps,
                                                   .target = caps});
                if (!is_idle(node, made, caps)) return false;
            }
        }
    }
    return true;
}

}  // namespace

std::optional<NegotiationSolution> free_plan(const NegotiationProblem& problem,
                                             const std::vector<std::size_t>& order) {
    Solver solver(problem, order, Changes::none);
    if (solver.narrow() || solver.fix() || !costs_nothing(problem, solver)) return std::nullopt;
    return NegotiationSolution{.link_caps = solver.link_caps(), .inserted = {}, .cost = 0};
}

}  // namespace parallax
