#include "media/negotiate.h"

#include <algorithm>
#include <deque>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "media/conflict.h"

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Nodes in the order of the data, the earlier listed first among equals; short when there is a
// cycle (Kahn 1962).
std::vector<std::size_t> flow_order(const NegotiationProblem& problem) {
    std::vector<std::size_t> open_inputs(problem.nodes.size());
    std::vector<std::vector<std::size_t>> next(problem.nodes.size());
    for (const NegotiationLink& link : problem.links) {
        ++open_inputs[link.to];
        next[link.from].push_back(link.to);
    }
    std::vector<std::size_t> order;
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
        if (open_inputs[n] == 0) order.push_back(n);
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
        for (const std::size_t to : next[order[i]]) {
            if (--open_inputs[to] == 0) order.push_back(to);
        }
    }
    return order;
}

// Links that must carry the same format are one variable.
class Solver {
  public:
    explicit Solver(const NegotiationProblem& problem)
        : problem_(problem), variable_of_(problem.links.size()), links_at_(problem.nodes.size()) {}

    std::expected<NegotiationSolution, Clash> solve(const std::vector<std::size_t>& order) {
        make_variables(order);
        if (auto clash = narrow_all(order)) return std::unexpected(*std::move(clash));
        for (std::size_t v = 0; v < domains_.size(); ++v) {
            if (auto clash = fix(v)) return std::unexpected(*std::move(clash));
        }
        return answer();
    }

    // Only what follows without choosing: enough to explain most conflicts.
    std::optional<Clash> narrow(const std::vector<std::size_t>& order) {
        make_variables(order);
        return narrow_all(order);
    }

  private:
    void make_variables(const std::vector<std::size_t>& order);
    std::optional<Clash> narrow_all(const std::vector<std::size_t>& order);
    std::optional<Clash> meet_pads(std::size_t link);
    std::optional<Clash> meet(std::size_t variable, const Caps& caps, std::size_t link);
    std::optional<Clash> propagate();
    std::optional<Clash> narrow_across(std::size_t node);
    std::optional<Clash> fix(std::size_t variable);
    Structure choose(std::size_t variable, Structure alternative) const;
    Caps as_upstream_prefers(std::size_t variable) const;
    std::size_t pad_at(std::size_t node, std::size_t link) const {
        const NegotiationLink& l = problem_.links[link];
        return l.to == node ? l.to_pad : l.from_pad;
    }
    void set_domain(std::size_t variable, Caps caps) {
        trail_.emplace_back(variable, std::exchange(domains_[variable], std::move(caps)));
        ++version_[variable];
    }
    void wake_neighbours(std::size_t variable);
    NegotiationSolution answer() const;

    const NegotiationProblem& problem_;
    std::vector<std::size_t> variable_of_;              // Of each link.
    std::vector<std::vector<std::size_t>> links_at_;    // Of each node, inputs and outputs.
    std::vector<std::vector<std::size_t>> members_;     // Links of each variable, upstream first.
    std::vector<std::vector<std::size_t>> transforms_;  // Nodes that each variable touches.
    std::vector<Caps> domains_;
    std::vector<std::pair<std::size_t, Caps>> trail_;  // What domains were, to go back to.
    std::vector<std::uint32_t> version_;               // Of each domain; 1 at first.
    std::vector<std::vector<std::uint32_t>> seen_;  // Versions by which a node narrowed, per link.
    std::deque<std::size_t> waiting_;               // Transforms to look at.
    std::vector<bool> is_waiting_;
};

void Solver::make_variables(const std::vector<std::size_t>& order) {
    std::vector<std::size_t> parent(problem_.links.size());
    std::iota(parent.begin(), parent.end(), std::size_t{0});
    const auto root = [&parent](std::size_t link) {
        while (parent[link] != link) link = parent[link] = parent[parent[link]];
        return link;
    };
    std::vector<std::vector<std::size_t>> outputs(problem_.nodes.size());
    for (std::size_t l = 0; l < problem_.links.size(); ++l) {
        const NegotiationLink& link = problem_.links[l];
        outputs[link.from].push_back(l);
        links_at_[link.from].push_back(l);
        links_at_[link.to].push_back(l);
    }
    for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
        if (problem_.nodes[n].relation != PadRelation::pass_through) continue;
        for (const std::size_t l : links_at_[n]) parent[root(l)] = root(links_at_[n].front());
    }
    // Numbered in the order of the data, so that sources come first in meeting and in choosing.
    std::vector<std::size_t> number(problem_.links.size(), kNone);
    for (const std::size_t n : order) {
        for (const std::size_t l : outputs[n]) {
            std::size_t& variable = number[root(l)];
            if (variable == kNone) {
                variable = members_.size();
                members_.emplace_back();
            }
            variable_of_[l] = variable;
            members_[variable].push_back(l);
        }
    }
    domains_.assign(members_.size(), Caps::any());
    version_.assign(members_.size(), 1);
    for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
        seen_.emplace_back(links_at_[n].size(), 0);
    }
    transforms_.resize(members_.size());
    is_waiting_.assign(problem_.nodes.size(), false);
    for (const std::size_t n : order) {
        if (problem_.nodes[n].relation != PadRelation::transform) continue;
        for (const std::size_t l : links_at_[n]) transforms_[variable_of_[l]].push_back(n);
    }
}

std::optional<Clash> Solver::narrow_all(const std::vector<std::size_t>& order) {
    for (const std::vector<std::size_t>& links : members_) {
        for (const std::size_t l : links) {
            if (auto clash = meet_pads(l)) return clash;
        }
    }
    for (const std::size_t n : order) {
        if (problem_.nodes[n].relation != PadRelation::transform) continue;
        waiting_.push_back(n);
        is_waiting_[n] = true;
    }
    return propagate();
}

std::optional<Clash> Solver::meet_pads(std::size_t l) {
    const NegotiationLink& link = problem_.links[l];
    const std::size_t variable = variable_of_[l];
    if (auto clash = meet(variable, problem_.nodes[link.from].pads[link.from_pad].caps, l)) {
        return clash;
    }
    for (const Caps& filter : link.filters) {
        if (auto clash = meet(variable, filter, l)) return clash;
    }
    return meet(variable, problem_.nodes[link.to].pads[link.to_pad].caps, l);
}

std::optional<Clash> Solver::meet(std::size_t variable, const Caps& caps, std::size_t link) {
    Caps& domain = domains_[variable];
    if (caps.is_any() || domain == caps) return std::nullopt;
    Caps both = intersect(domain, caps);
    if (both.is_empty()) return Clash{.link = link, .left = domain, .right = caps};
    domain = std::move(both);
    return std::nullopt;
}

void Solver::wake_neighbours(std::size_t variable) {
    for (const std::size_t n : transforms_[variable]) {
        if (is_waiting_[n]) continue;
        waiting_.push_back(n);
        is_waiting_[n] = true;
    }
}

std::optional<Clash> Solver::propagate() {
    // Transforms are monotone and sets only shrink, so this ends; the bound is for those that lie.
    std::size_t budget = 1000 + 64 * problem_.nodes.size();
    while (!waiting_.empty() && budget-- > 0) {
        const std::size_t node = waiting_.front();
        waiting_.pop_front();
        is_waiting_[node] = false;
        if (auto clash = narrow_across(node)) {
            for (const std::size_t n : waiting_) is_waiting_[n] = false;
            waiting_.clear();
            return clash;
        }
    }
    return std::nullopt;
}

std::optional<Clash> Solver::narrow_across(std::size_t n) {
    const NegotiationNode& node = problem_.nodes[n];
    for (std::size_t i = 0; i < links_at_[n].size(); ++i) {
        const std::size_t a = links_at_[n][i];
        const std::uint32_t version = version_[variable_of_[a]];
        if (std::exchange(seen_[n][i], version) == version) continue;
        for (const std::size_t b : links_at_[n]) {
            if (a == b) continue;
            const std::size_t target = variable_of_[b];
            const Caps allowed =
                node.transform->across(pad_at(n, a), domains_[variable_of_[a]], pad_at(n, b));
            if (allowed.is_any()) continue;
            Caps both = intersect(domains_[target], allowed);
            if (both.is_empty()) {
                const bool down = problem_.links[a].to == n;
                Clash clash{.link = b, .left = allowed, .right = domains_[target]};
                if (!down) std::swap(clash.left, clash.right);
                return clash;
            }
            if (both == domains_[target] || is_subset(domains_[target], both)) continue;
            set_domain(target, std::move(both));
            wake_neighbours(target);
        }
    }
    return std::nullopt;
}

// A transform may have an order of its own, such as "rather no conversion": it counts once what
// goes in is known.
Caps Solver::as_upstream_prefers(std::size_t variable) const {
    Caps ordered = domains_[variable];
    for (const std::size_t out : members_[variable]) {
        const std::size_t n = problem_.links[out].from;
        if (problem_.nodes[n].relation != PadRelation::transform) continue;
        for (const std::size_t in : links_at_[n]) {
            const Caps& fed = domains_[variable_of_[in]];
            if (problem_.links[in].to != n || !is_fixed(fed)) continue;
            Caps both = intersect(
                problem_.nodes[n].transform->across(pad_at(n, in), fed, pad_at(n, out)), ordered);
            if (!both.is_empty()) ordered = std::move(both);
        }
    }
    return ordered;
}

// The first alternative that the others can live with.
std::optional<Clash> Solver::fix(std::size_t variable) {
    if (domains_[variable].is_any() || is_fixed(domains_[variable])) return std::nullopt;
    const Caps before = as_upstream_prefers(variable);
    std::optional<Clash> first_clash;
    for (const Structure& alternative : before.structures()) {
        trail_.clear();
        set_domain(variable, Caps(choose(variable, alternative)));
        wake_neighbours(variable);
        auto clash = propagate();
        if (!clash) return std::nullopt;
        if (!first_clash) first_clash = std::move(clash);
        for (; !trail_.empty(); trail_.pop_back()) {
            domains_[trail_.back().first] = std::move(trail_.back().second);
            ++version_[trail_.back().first];
        }
    }
    return first_clash;
}

// Preferences of the nodes on it, upstream first, then the defaults, then the plain rule.
Structure Solver::choose(std::size_t variable, Structure alternative) const {
    const auto prefer = [&alternative](const std::vector<FieldPreference>& preferences) {
        for (const FieldPreference& preference : preferences) {
            const Value* open = alternative.find(preference.field);
            if (open == nullptr || is_fixed(*open)) continue;
            if (auto value = nearest(*open, preference.value)) {
                alternative.set(preference.field, *std::move(value));
            }
        }
    };
    for (const std::size_t l : members_[variable]) {
        prefer(problem_.nodes[problem_.links[l].from].preferences);
        prefer(problem_.nodes[problem_.links[l].to].preferences);
    }
    // A list is somebody's order of preference; only ranges are open enough for a default.
    for (const FieldPreference& preference : problem_.defaults) {
        const Value* open = alternative.find(preference.field);
        if (open && !open->get<List>()) prefer({preference});
    }
    return fixate(std::move(alternative));
}

NegotiationSolution Solver::answer() const {
    NegotiationSolution solution;
    for (const std::size_t variable : variable_of_) {
        const Caps& domain = domains_[variable];
        solution.link_caps.push_back(domain.is_any() ? Structure("ANY")
                                                     : fixate(domain.structures().front()));
    }
    return solution;
}

// ── Telling of conflicts ────────────────────────────────────────────────────────────────────

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

// A smallest set that still clashes, by leaving out one after the other (deletion filter,
// Chinneck & Dravnieks 1991). `none` when only choosing fails, or the graph is too large for it.
struct Culprits {
    std::vector<std::size_t> nodes;
    std::vector<std::size_t> filters;  // Links.
};
std::optional<Culprits> find_culprits(const NegotiationProblem& problem,
                                      const std::vector<std::size_t>& order) {
    constexpr std::size_t max_nodes = 1000;
    if (problem.nodes.size() > max_nodes) return std::nullopt;
    NegotiationProblem rest = problem;
    const auto clashes = [&] { return Solver(rest).narrow(order).has_value(); };
    if (!clashes()) return std::nullopt;

    // Halves first: most nodes of a large graph have nothing to do with it.
    std::vector<bool> needed(problem.nodes.size(), true);
    const auto relax = [&](std::size_t from, std::size_t to) {
        for (std::size_t n = from; n < to; ++n) {
            for (NegotiationPad& pad : rest.nodes[n].pads) pad.caps = Caps::any();
        }
    };
    const auto restore = [&](std::size_t from, std::size_t to) {
        for (std::size_t n = from; n < to; ++n) rest.nodes[n].pads = problem.nodes[n].pads;
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

Conflict explain(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
                 const Clash& clash) {
    Conflict conflict = describe(clash);
    if (const auto culprits = find_culprits(problem, order)) {
        for (const std::size_t n : culprits->nodes) {
            conflict.names.push_back(problem.nodes[n].name);
        }
        conflict.filters = culprits->filters;
    }
    if (conflict.names.empty() && conflict.filters.empty()) {
        conflict.names = {problem.nodes[problem.links[clash.link].from].name,
                          problem.nodes[problem.links[clash.link].to].name};
    }
    return conflict;
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

std::vector<FieldPreference> NegotiationProblem::usual_preferences() {
    return {{"width", 640}, {"height", 480}, {"framerate", Fraction(30, 1)}};
}

std::expected<NegotiationSolution, Conflict> negotiate(const NegotiationProblem& problem) {
    check(problem);
    const std::vector<std::size_t> order = flow_order(problem);
    if (order.size() < problem.nodes.size()) {
        return std::unexpected(cycle_conflict(problem, order));
    }
    auto solved = Solver(problem).solve(order);
    if (!solved) return std::unexpected(explain(problem, order, solved.error()));
    return *std::move(solved);
}

}  // namespace parallax
