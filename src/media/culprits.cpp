#include "media/culprits.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "media/bridge.h"
#include "media/feasible.h"
#include "media/field_conflict.h"
#include "media/solver.h"
#include "media/trials.h"

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// Asks the solver itself each time: slow, and right also where formats are too many to be told
// apart once for all.
class SlowTrials {
  public:
    SlowTrials(const NegotiationProblem& problem, const std::vector<std::size_t>& order)
        : problem_(problem), order_(order) {}
    Trials::Says all() const {
        return Trials::Says(problem_.nodes.size() + problem_.links.size(), true);
    }
    bool has_say(std::size_t owner) const {
        const std::size_t nodes = problem_.nodes.size();
        return owner < nodes || !problem_.links[owner - nodes].filters.empty();
    }
    bool solvable(const Trials::Says& says) const { return feasible(only(problem_, says), order_); }

  private:
    const NegotiationProblem& problem_;
    const std::vector<std::size_t>& order_;
};

// A smallest set that still has no answer, by leaving out one after the other (deletion filter,
// Chinneck & Dravnieks 1991); quarters first, since most of a large graph has nothing to do with
// it. What nobody would miss is not asked about. Nodes come before filters.
template <class AnyTrials>
std::optional<Trials::Says> smallest(AnyTrials& trials) {
    Trials::Says says = trials.all();
    if (trials.solvable(says)) return std::nullopt;
    std::vector<std::size_t> asked;
    for (std::size_t owner = 0; owner < says.size(); ++owner) {
        says[owner] = trials.has_say(owner);
        if (says[owner]) asked.push_back(owner);
    }
    std::size_t width = asked.size();
    do {
        width = std::max<std::size_t>(width / 4, 1);
        for (std::size_t from = 0; from < asked.size(); from += width) {
            Trials::Says without = says;
            for (std::size_t i = from; i < std::min(from + width, asked.size()); ++i) {
                without[asked[i]] = false;
            }
            if (without != says && !trials.solvable(without)) says = std::move(without);
        }
    } while (width > 1);
    return says;
}

std::optional<Trials::Says> find_culprits(const NegotiationProblem& problem,
                                          const std::vector<std::size_t>& order) {
    constexpr std::size_t max_slow = 1000;
    if (auto trials = Trials::make(problem)) {
        if (auto found = smallest(*trials)) return found;
    }
    if (problem.nodes.size() > max_slow) return std::nullopt;
    SlowTrials trials(problem, order);
    return smallest(trials);
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

// Names, filters and the way between them.
void name_all(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
              const Trials::Says& culprits, Conflict& conflict) {
    const std::size_t nodes = problem.nodes.size();
    std::vector<std::size_t>& named = conflict.nodes;
    for (const std::size_t n : order) {
        if (culprits[n]) named.push_back(n);
    }
    for (const std::size_t n : named) conflict.names.push_back(problem.nodes[n].name);
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        if (culprits[nodes + l]) conflict.filters.push_back(l);
    }
    if (!named.empty()) conflict.path = path_between(problem, named.front(), named.back());
}

// What a set says of one field.
Caps only_field(const Caps& caps, const std::string& field) {
    Caps all;
    for (const Structure& structure : caps.structures()) {
        Structure one(structure.media_type());
        one.set(field, *structure.find(field));
        all.append(std::move(one));
    }
    return all;
}

}  // namespace

NegotiationProblem only(const NegotiationProblem& problem, const std::vector<bool>& says) {
    NegotiationProblem rest{.converters = problem.converters,
                            .insert_only_if_needed = problem.insert_only_if_needed};
    rest.nodes.reserve(problem.nodes.size());
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
        const NegotiationNode& node = problem.nodes[n];
        if (says[n]) {
            rest.nodes.push_back(node);
            continue;
        }
        rest.nodes.push_back({.name = node.name, .relation = node.relation});
        for (const NegotiationPad& pad : node.pads) {
            rest.nodes.back().pads.push_back({.name = pad.name, .side = pad.side});
        }
        // As if nobody minded what it carries; a node that passes on still passes on.
        if (node.transform != nullptr) rest.nodes.back().transform = &open_transform();
    }
    rest.links = problem.links;
    for (std::size_t l = 0; l < rest.links.size(); ++l) {
        if (!says[rest.nodes.size() + l]) rest.links[l].filters.clear();
    }
    return rest;
}

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
    conflict.nodes = std::move(cycle);
    conflict.hint = "data must not run in a circle: remove one of its links";
    return conflict;
}

Conflict explain(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
                 const Clash& clash) {
    const auto culprits = find_culprits(problem, order);
    if (!culprits) {
        Conflict conflict = describe(clash);
        conflict.nodes = {problem.links[clash.link].from, problem.links[clash.link].to};
        for (const std::size_t n : conflict.nodes) conflict.names.push_back(problem.nodes[n].name);
        return conflict;
    }
    // Where they part is seen best when nobody else has a say.
    const NegotiationProblem rest = only(problem, *culprits);
    const auto parted = Solver(rest, order).narrow();
    Conflict conflict = describe(parted ? *parted : clash);
    name_all(problem, order, *culprits, conflict);
    return conflict;
}

std::optional<Conflict> explain_field(const NegotiationProblem& problem,
                                      const std::vector<std::size_t>& order) {
    auto found = field_conflict(problem, order);
    if (!found) return std::nullopt;
    // Another quarrel among fewer of them would be the one to tell.
    for (std::size_t owner = 0; owner < found->owners.size(); ++owner) {
        if (!found->owners[owner]) continue;
        Trials::Says without = found->owners;
        without[owner] = false;
        if (!feasible(only(problem, without), order)) return std::nullopt;
    }
    const Caps left = only_field(found->clash.left, found->field);
    const Caps right = only_field(found->clash.right, found->field);
    Conflict conflict = describe({.link = found->clash.link, .left = left, .right = right});
    if (conflict.field != found->field) return std::nullopt;
    conflict.left = std::move(found->clash.left);
    conflict.right = std::move(found->clash.right);
    name_all(problem, order, found->owners, conflict);
    return conflict;
}

}  // namespace parallax
