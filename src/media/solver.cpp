#include "media/solver.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "media/loss.h"

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

}  // namespace

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

Solver::Solver(const NegotiationProblem& problem, const std::vector<std::size_t>& order)
    : problem_(&problem),
      order_(order),
      variable_of_(problem.links.size()),
      links_at_(problem.nodes.size()) {
    make_variables();
}

std::optional<Clash> Solver::restrict(std::size_t variable, const Caps& caps) {
    const Caps& both = narrowings_.ask({.fed = caps, .target = domains_[variable]}).both;
    const std::size_t link = members_[variable].front();
    if (both.is_empty()) return Clash{.link = link, .left = domains_[variable], .right = caps};
    if (both == domains_[variable]) return std::nullopt;
    set_domain(variable, both);
    wake_neighbours(variable);
    return propagate();
}

std::optional<Clash> Solver::fix() {
    for (std::size_t v = 0; v < domains_.size(); ++v) {
        if (auto clash = fix(v)) return clash;
    }
    return std::nullopt;
}

void Solver::set_domain(std::size_t variable, Caps caps) {
    trail_.emplace_back(variable, std::exchange(domains_[variable], std::move(caps)));
    ++version_[variable];
}

void Solver::make_variables() {
    std::vector<std::size_t> parent(problem_->links.size());
    std::iota(parent.begin(), parent.end(), std::size_t{0});
    const auto root = [&parent](std::size_t link) {
        while (parent[link] != link) link = parent[link] = parent[parent[link]];
        return link;
    };
    std::vector<std::vector<std::size_t>> outputs(problem_->nodes.size());
    for (std::size_t l = 0; l < problem_->links.size(); ++l) {
        const NegotiationLink& link = problem_->links[l];
        outputs[link.from].push_back(l);
        links_at_[link.from].push_back(l);
        links_at_[link.to].push_back(l);
    }
    for (std::size_t n = 0; n < problem_->nodes.size(); ++n) {
        if (problem_->nodes[n].relation != PadRelation::pass_through) continue;
        for (const std::size_t l : links_at_[n]) parent[root(l)] = root(links_at_[n].front());
    }
    // Numbered in the order of the data, so that sources come first in meeting and in choosing.
    std::vector<std::size_t> number(problem_->links.size(), kNone);
    for (const std::size_t n : order_) {
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
    for (std::size_t n = 0; n < problem_->nodes.size(); ++n) {
        seen_.emplace_back(links_at_[n].size(), 0);
    }
    transforms_.resize(members_.size());
    is_waiting_.assign(problem_->nodes.size(), false);
    for (const std::size_t n : order_) {
        if (problem_->nodes[n].relation != PadRelation::transform) continue;
        for (const std::size_t l : links_at_[n]) transforms_[variable_of_[l]].push_back(n);
    }
}

std::optional<Clash> Solver::narrow() {
    for (const std::vector<std::size_t>& links : members_) {
        for (const std::size_t l : links) {
            if (auto clash = meet_pads(l)) return clash;
        }
    }
    for (const std::size_t n : order_) {
        if (problem_->nodes[n].relation != PadRelation::transform) continue;
        waiting_.push_back(n);
        is_waiting_[n] = true;
    }
    return propagate();
}

std::optional<Clash> Solver::meet_pads(std::size_t l) {
    const NegotiationLink& link = problem_->links[l];
    const std::size_t variable = variable_of_[l];
    if (auto clash = meet(variable, problem_->nodes[link.from].pads[link.from_pad].caps, l)) {
        return clash;
    }
    for (const Caps& filter : link.filters) {
        if (auto clash = meet(variable, filter, l)) return clash;
    }
    return meet(variable, problem_->nodes[link.to].pads[link.to_pad].caps, l);
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
    std::size_t budget = 1000 + 64 * problem_->nodes.size();
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
    const NegotiationNode& node = problem_->nodes[n];
    for (std::size_t i = 0; i < links_at_[n].size(); ++i) {
        const std::size_t a = links_at_[n][i];
        const std::uint32_t version = version_[variable_of_[a]];
        if (std::exchange(seen_[n][i], version) == version) continue;
        for (const std::size_t b : links_at_[n]) {
            if (a == b) continue;
            const std::size_t target = variable_of_[b];
            const Narrowings::Answer& answer = narrowings_.ask({.transform = node.transform,
                                                                .from = pad_at(n, a),
                                                                .to = pad_at(n, b),
                                                                .fed = domains_[variable_of_[a]],
                                                                .target = domains_[target]});
            if (answer.both.is_empty()) {
                const bool down = problem_->links[a].to == n;
                Clash clash{.link = b, .left = answer.allowed, .right = domains_[target]};
                if (!down) std::swap(clash.left, clash.right);
                return clash;
            }
            if (!answer.smaller) continue;
            set_domain(target, answer.both);
            wake_neighbours(target);
        }
    }
    return std::nullopt;
}

// A transform may have an order of its own, such as "rather no conversion": it counts once what
// goes in is known.
Caps Solver::as_upstream_prefers(std::size_t variable) {
    Caps ordered = domains_[variable];
    for (const std::size_t out : members_[variable]) {
        const std::size_t n = problem_->links[out].from;
        if (problem_->nodes[n].relation != PadRelation::transform) continue;
        for (const std::size_t in : links_at_[n]) {
            const Caps& fed = domains_[variable_of_[in]];
            if (problem_->links[in].to != n || !is_fixed(fed)) continue;
            Caps both = preferred({.transform = problem_->nodes[n].transform,
                                   .from = pad_at(n, in),
                                   .to = pad_at(n, out),
                                   .fed = fed,
                                   .target = ordered});
            if (!both.is_empty()) ordered = std::move(both);
        }
    }
    return ordered;
}

Caps Solver::preferred(const Narrowings::Question& question) {
    const auto same = [&](const Preferred& each) {
        return each.transform == question.transform && each.from == question.from &&
               each.to == question.to && each.fed == question.fed && each.target == question.target;
    };
    if (preferred_ && same(*preferred_)) return preferred_->ordered;
    Caps both = intersect(question.transform->across(question.from, question.fed, question.to),
                          question.target);
    if (!both.is_empty()) {
        both = least_loss_first(question.fed.structures().front(), std::move(both));
    }
    preferred_ = {question.transform, question.from,   question.to,
                  question.fed,       question.target, both};
    return both;
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
        prefer(problem_->nodes[problem_->links[l].from].preferences);
        prefer(problem_->nodes[problem_->links[l].to].preferences);
    }
    // A list is somebody's order of preference; only ranges are open enough for a default.
    for (const FieldPreference& preference : problem_->defaults) {
        const Value* open = alternative.find(preference.field);
        if (open && !open->get<List>()) prefer({preference});
    }
    return fixate(std::move(alternative));
}

std::vector<Structure> Solver::link_caps() const {
    std::vector<Structure> all;
    for (const std::size_t variable : variable_of_) {
        const Caps& domain = domains_[variable];
        all.push_back(domain.is_any() ? Structure("ANY") : fixate(domain.structures().front()));
    }
    return all;
}

}  // namespace parallax
