#include "media/culprits.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "media/bridge.h"
#include "media/feasible.h"
#include "media/solver.h"

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// As if nobody minded what it carries; a node that passes on still passes on.
void relax_node(NegotiationNode& node) {
    for (NegotiationPad& pad : node.pads) pad.caps = Caps::any();
    if (node.transform != nullptr) node.transform = &open_transform();
}

// A smallest set that still has no answer, by leaving out one after the other (deletion filter,
// Chinneck & Dravnieks 1991). `none` when the graph is too large for it.
struct Culprits {
    std::vector<std::size_t> nodes;
    std::vector<std::size_t> filters;  // Links.
};
std::optional<Culprits> find_culprits(const NegotiationProblem& problem,
                                      const std::vector<std::size_t>& order) {
    constexpr std::size_t max_nodes = 1000;
    if (problem.nodes.size() > max_nodes) return std::nullopt;
    NegotiationProblem rest = problem;
    const auto clashes = [&] { return !feasible(rest, order); };
    if (!clashes()) return std::nullopt;

    // Halves first: most nodes of a large graph have nothing to do with it.
    std::vector<bool> needed(problem.nodes.size(), true);
    const auto relax = [&](std::size_t from, std::size_t to) {
        for (std::size_t n = from; n < to; ++n) {
            relax_node(rest.nodes[n]);
        }
    };
    const auto restore = [&](std::size_t from, std::size_t to) {
        for (std::size_t n = from; n < to; ++n) rest.nodes[n] = problem.nodes[n];
    };
    for (std::size_t width = std::max<std::size_t>(problem.nodes.size() / 2, 1);; width /= 2) {
        for (std::size_t from = 0; from < needed.size(); from += width) {
            const std::size_t to = std::min(from + width, needed.size());
            if (std::none_of(needed.begin() + static_cast<std::ptrdiff_t>(from),
                             needed.begin() + static_cast<std::ptrdiff_t>(to),
                             [](bool yes) { return yes; })) {
                continue;
            }
            relax(from, to);
            if (clashes()) {
                for (std::size_t n = from; n < to; ++n) needed[n] = false;
            } else {
                for (std::size_t n = from; n < to; ++n) {
                    if (needed[n]) restore(n, n + 1);
                }
            }
        }
        if (width == 1) break;
    }
    Culprits culprits;
    for (std::size_t n = 0; n < needed.size(); ++n) {
        if (needed[n]) culprits.nodes.push_back(n);
    }
    for (std::size_t l = 0; l < rest.links.size(); ++l) {
        if (rest.links[l].filters.empty()) continue;
        auto kept = std::exchange(rest.links[l].filters, {});
        if (clashes()) continue;
        rest.links[l].filters = std::move(kept);
        culprits.filters.push_back(l);
    }
    return culprits;
}

// The shortest way along the links, against the data where need be.
std::vector<std::string> path_between(const NegotiationProblem& problem, std::size_t from,
                                      std::size_t to) {
    std::vector<std::vector<std::size_t>> next(problem.nodes.size());
    for (const NegotiationLink& link : problem.links) {
        next[link.from].push_back(link.to);
        next[link.to].push_back(link.from);
    }
    std::vector<std::size_t> before(problem.nodes.size(), kNone);
    before[to] = to;
    std::vector<std::size_t> queue{to};
    for (std::size_t i = 0; i < queue.size() && before[from] == kNone; ++i) {
        for (const std::size_t n : next[queue[i]]) {
            if (before[n] != kNone) continue;
            before[n] = queue[i];
            queue.push_back(n);
        }
    }
    std::vector<std::string> path;
    if (before[from] == kNone) return path;
    for (std::size_t n = from; n != to; n = before[n]) path.push_back(problem.nodes[n].name);
    path.push_back(problem.nodes[to].name);
    return path;
}

NegotiationProblem only(const NegotiationProblem& problem, const Culprits& culprits) {
    NegotiationProblem rest = problem;
    for (std::size_t n = 0; n < rest.nodes.size(); ++n) {
        if (std::ranges::find(culprits.nodes, n) != culprits.nodes.end()) continue;
        relax_node(rest.nodes[n]);
    }
    for (std::size_t l = 0; l < rest.links.size(); ++l) {
        const bool kept = std::ranges::find(culprits.filters, l) != culprits.filters.end();
        if (!kept) rest.links[l].filters.clear();
    }
    return rest;
}

}  // namespace

// The nodes left when everything that feeds from outside into cycles, or hangs behind them, is
// taken away: walk back from any of them until a node repeats.
Conflict cycle_conflict(const NegotiationProblem& problem, const std::vector<std::size_t>& order) {
    std::vector<bool> sorted(problem.nodes.size(), false);
    for (const std::size_t n : order) sorted[n] = true;
    // Each unsorted node has an unsorted one before it.
    std::vector<std::size_t> before(problem.nodes.size(), kNone);
    std::vector<std::size_t> link_from(problem.nodes.size(), 0);
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        const NegotiationLink& link = problem.links[l];
        if (sorted[link.from] || sorted[link.to] || before[link.to] != kNone) continue;
        before[link.to] = link.from;
        link_from[link.to] = l;
    }
    std::size_t at = 0;
    while (sorted[at]) ++at;
    for (std::size_t i = 0; i < problem.nodes.size(); ++i) at = before[at];  // Now inside it.
    Conflict conflict{.reason = ConflictReason::cycle};
    conflict.link = link_from[at];
    std::vector<std::size_t> cycle;
    for (std::size_t n = at; cycle.empty() || n != at; n = before[n]) cycle.push_back(n);
    // Told from the node that is listed first.
    std::ranges::reverse(cycle);
    std::ranges::rotate(cycle, std::ranges::min_element(cycle));
    for (const std::size_t n : cycle) conflict.names.push_back(problem.nodes[n].name);
    conflict.hint = "data must not run in a circle: remove one of its links";
    return conflict;
}

Conflict explain(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
                 const Clash& clash) {
    const auto culprits = find_culprits(problem, order);
    if (!culprits) {
        Conflict conflict = describe(clash);
        conflict.names = {problem.nodes[problem.links[clash.link].from].name,
                          problem.nodes[problem.links[clash.link].to].name};
        return conflict;
    }
    // Where they part is seen best when nobody else has a say.
    const NegotiationProblem rest = only(problem, *culprits);
    const auto parted = Solver(rest, order).narrow();
    Conflict conflict = describe(parted ? *parted : clash);
    for (const std::size_t n : culprits->nodes) conflict.names.push_back(problem.nodes[n].name);
    conflict.filters = culprits->filters;
    if (!culprits->nodes.empty()) {
        conflict.path = path_between(problem, culprits->nodes.front(), culprits->nodes.back());
    }
    return conflict;
}

}  // namespace parallax
