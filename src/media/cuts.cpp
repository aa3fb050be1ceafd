#include "media/cuts.h"

#include <algorithm>
#include <numeric>

#include "media/bridge.h"

namespace parallax {
namespace {

// What a chain of converters makes of one set are few sets; more come of converters that lie.
constexpr std::size_t kMostMade = 64;

}  // namespace

Cuts::Cuts(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
           std::size_t most)
    : problem_(problem),
      solver_(solver),
      most_(most),
      at_(solver.variables()),
      is_complete_(solver.variables(), true),
      edges_at_(solver.variables()) {
    number_domains();
    make_edges(first_bridge);
}

void Cuts::number_domains() {
    std::unordered_multimap<std::size_t, std::size_t> known;
    for (std::size_t v = 0; v < solver_.variables(); ++v) {
        const Caps& caps = solver_.domain(v);
        const std::size_t like = likeness(caps);
        const auto [first, last] = known.equal_range(like);
        const auto same = std::find_if(
            first, last, [&](const auto& each) { return *domains_[each.second] == caps; });
        domain_of_.push_back(same == last ? domains_.size() : same->second);
        if (same != last) continue;
        known.emplace(like, domains_.size());
        domains_.push_back(&caps);
    }
}

void Cuts::make_edges(std::size_t first_bridge) {
    for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
        const NegotiationNode& node = problem_.nodes[n];
        if (node.relation != PadRelation::transform) continue;
        const bool is_bridge = n >= first_bridge;
        const bool passes_for_free = is_priced(node) && !node.transform->first_is_natural();
        for (const std::size_t in : solver_.links_at(n)) {
            for (const std::size_t out : solver_.links_at(n)) {
                if (problem_.links[in].to != n || problem_.links[out].from != n) continue;
                const std::array ends{solver_.variable_of(in), solver_.variable_of(out)};
                if (ends[0] == ends[1]) continue;
                for (const std::size_t v : ends) edges_at_[v].push_back(edges_.size());
                edges_.push_back({.ends = ends,
                                  .pads = {solver_.pad_at(n, in), solver_.pad_at(n, out)},
                                  .transform = is_bridge ? nullptr : node.transform,
                                  .likes_same = is_bridge || passes_for_free});
            }
        }
    }
}

void Cuts::run() {
    for (std::size_t v = 0; v < at_.size(); ++v) {
        for (const Number set : numbers_of(solver_.domain(v))) add(v, set);
        own_.push_back(at_[v].size());
    }
    start_upstream();
    travel_all();
    // Last, since of kinds that are liked alike the one is taken that came first.
    Numbers sinks;
    for (const NegotiationConverter& converter : problem_.converters) {
        for (const Number set : numbers_of(converter.sink)) sinks.push_back(set);
    }
    for (const Edge& edge : edges_) {
        if (edge.transform == nullptr) add_within(edge.ends[0], sinks);
    }
    travel_all();
    if (!waiting_.empty()) is_complete_.assign(at_.size(), false);
}

// All edges once, in the order of the data: what comes from upstream is there first.
void Cuts::start_upstream() {
    std::vector<std::size_t> all(edges_.size());
    std::iota(all.begin(), all.end(), std::size_t{0});
    std::ranges::stable_sort(all, {}, [this](std::size_t e) { return edges_[e].ends; });
    waiting_.assign(all.begin(), all.end());
    for (Edge& edge : edges_) edge.is_waiting = true;
}

void Cuts::travel_all() {
    // Sets only get smaller on their way, or stay what somebody named; the bound is for circles of
    // transforms that calculate.
    constexpr std::size_t at_all = std::size_t{1} << 16U;
    const std::size_t most = std::min(at_all, 4096 + 512 * edges_.size());
    while (!waiting_.empty() && travelled_ < most) {
        const std::size_t edge = waiting_.front();
        waiting_.pop_front();
        edges_[edge].is_waiting = false;
        travel(edge, 0);
        travel(edge, 1);
    }
}

void Cuts::travel(std::size_t e, std::size_t from) {
    const std::size_t here = edges_[e].ends.at(from);
    const std::size_t there = edges_[e].ends.at(1 - from);
    for (std::size_t& done = edges_[e].done.at(from); done < at_[here].size(); ++done) {
        ++travelled_;
        const Number set = at_[here][done];
        if (edges_[e].likes_same) add_within(there, {set});
        add_within(there, across(edges_[e], from, set));
    }
}

void Cuts::add(std::size_t variable, Number set) {
    Numbers& known = at_[variable];
    if (std::ranges::find(known, set) != known.end()) return;
    if (known.size() >= most_) {
        is_complete_[variable] = false;
        return;
    }
    known.push_back(set);
    for (const std::size_t e : edges_at_[variable]) {
        if (!std::exchange(edges_[e].is_waiting, true)) waiting_.push_back(e);
    }
}

void Cuts::add_within(std::size_t variable, const Numbers& sets) {
    for (const Number set : sets) {
        for (const Number part : within(set, domain_of_[variable])) add(variable, part);
    }
}

const Cuts::Numbers& Cuts::across(const Edge& edge, std::size_t from, Number set) {
    const Question question{edge.transform, edge.pads.at(from), edge.pads.at(1 - from), set};
    // All bridges are one.
    const auto [place, is_new] = across_.try_emplace(
        edge.transform == nullptr ? Question{nullptr, from, 1 - from, set} : question);
    if (!is_new) return place->second;
    if (edge.transform == nullptr) return place->second = converted(set, from == 0);
    const Structure given = sets_[set];
    return place->second = numbers_of(
               edge.transform->across(edge.pads.at(from), Caps(given), edge.pads.at(1 - from)));
}

const Cuts::Numbers& Cuts::within(Number set, std::size_t domain) {
    const auto [place, is_new] = within_.try_emplace(std::uint64_t{set} << 32U | domain);
    if (!is_new) return place->second;
    if (domains_[domain]->is_any()) return place->second = {set};
    return place->second = numbers_of(intersect(Caps(sets_[set]), *domains_[domain]));
}

// All that chains of converters make of a set, or what can become it by them.
Cuts::Numbers Cuts::converted(Number set, bool down) {
    Numbers all{set};
    for (std::size_t i = 0; i < all.size() && all.size() < kMostMade; ++i) {
        const Caps given(sets_[all[i]]);
        for (const NegotiationConverter& converter : problem_.converters) {
            const Caps made = down ? through(converter, given) : back_through(converter, given);
            for (const Number each : numbers_of(made)) {
                if (std::ranges::find(all, each) == all.end()) all.push_back(each);
            }
        }
    }
    all.erase(all.begin());
    return all;
}

Cuts::Numbers Cuts::numbers_of(const Caps& caps) {
    Numbers all;
    for (const Structure& structure : caps.structures()) {
        const Number number = sets_.add(canonical(structure));
        if (std::ranges::find(all, number) == all.end()) all.push_back(number);
    }
    return all;
}

}  // namespace parallax
