#include "media/solver.h"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <ranges>
#include <utility>

#include "media/atoms.h"
#include "media/loss.h"
#include "parallax/memory_caps.h"

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

// A list is an order of preference too. Where the other side splits it into alternatives of its
// own, those that hold what was listed first come first.
Caps as_listed(const Caps& whole, Caps parts) {
    const auto has_list = [](const Structure& structure) {
        return std::ranges::any_of(structure.fields(), [](const Field& field) {
            return field.value.get<List>() != nullptr;
        });
    };
    if (parts.structures().size() < 2 || std::ranges::none_of(whole.structures(), has_list)) {
        return parts;
    }
    using Place = std::pair<std::size_t, std::uint32_t>;  // Which alternative, and where in it.
    std::vector<std::pair<Place, Structure>> placed;
    for (const Structure& part : parts.structures()) {
        const auto found = std::ranges::find_if(whole.structures(), [&](const Structure& each) {
            return is_subset(Caps(part), Caps(each));
        });
        const bool known = found != whole.structures().end();
        const auto at = static_cast<std::size_t>(found - whole.structures().begin());
        placed.push_back({{at, known ? rank_within(*found, part) : 0}, part});
    }
    std::ranges::stable_sort(placed, {}, [](const auto& each) { return each.first; });
    Caps all;
    for (auto& each : placed) all.append(std::move(each.second));
    return all;
}

// With the field at 0/1, which stands for no steady rate: what two branches can agree on of which
// one makes one frame of many. Nothing where it is settled, or no rate.
std::optional<Structure> at_no_rate(const Structure& alternative, const std::string& field) {
    const Value* open = alternative.find(field);
    const auto* range = open ? open->get<FractionRange>() : nullptr;
    if (range == nullptr || range->min.num() != 0) return std::nullopt;
    Structure still = alternative;
    still.set(field, range->min);
    return still;
}

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

Solver::Solver(const NegotiationProblem& problem, const std::vector<std::size_t>& order,
               Changes changes)
    : problem_(&problem),
      order_(order),
      changes_(changes),
      variable_of_(problem.links.size()),
      links_at_(problem.nodes.size()) {
    make_variables();
}

PadRelation Solver::relation(std::size_t n) const {
    const NegotiationNode& node = problem_->nodes[n];
    const bool idle = changes_ == Changes::none && is_priced(node);
    return idle ? PadRelation::pass_through : node.relation;
}

std::optional<Clash> Solver::restrict(std::size_t variable, const Caps& caps) {
    const Caps& both = narrowings_.ask({.fed = caps, .target = domains_[variable]}).both;
    const std::size_t link = members_[variable].front();
    if (both.is_empty()) return Clash{.link = link, .left = domains_[variable], .right = caps};
    if (both == domains_[variable]) return std::nullopt;
    set_domain(variable, both);
    if (auto clash = share(variable)) return clash;
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
        if (relation(n) != PadRelation::pass_through) continue;
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
    shared_by_.assign(members_.size(), kNone);
    for (std::size_t l = 0; l < problem_->links.size(); ++l) {
        if (problem_->links[l].borders.on_link) shared_by_[variable_of_[l]] = l;
    }
    domains_.assign(members_.size(), Caps::any());
    version_.assign(members_.size(), 1);
    for (std::size_t n = 0; n < problem_->nodes.size(); ++n) {
        seen_.emplace_back(links_at_[n].size(), 0);
    }
    transforms_.resize(members_.size());
    is_waiting_.assign(problem_->nodes.size(), false);
    for (const std::size_t n : order_) {
        if (relation(n) != PadRelation::transform) continue;
        for (const std::size_t l : links_at_[n]) transforms_[variable_of_[l]].push_back(n);
    }
}

std::optional<Clash> Solver::narrow() {
    for (const std::vector<std::size_t>& links : members_) {
        for (const std::size_t l : links) {
            if (auto clash = meet_pads(l)) return clash;
        }
    }
    for (std::size_t v = 0; v < domains_.size(); ++v) {
        if (auto clash = share(v)) return clash;
    }
    std::vector<std::size_t> changing;
    std::ranges::copy_if(order_, std::back_inserter(changing),
                         [this](std::size_t n) { return relation(n) == PadRelation::transform; });
    // Once with the data and once against it: what each of many crops takes away would otherwise
    // go all the way alone.
    for (const std::size_t n : changing) {
        if (auto clash = narrow_across(n, Way::down)) return clash;
    }
    for (const std::size_t n : std::views::reverse(changing)) {
        if (auto clash = narrow_across(n, Way::up)) return clash;
    }
    waiting_.assign(changing.begin(), changing.end());
    for (const std::size_t n : changing) is_waiting_[n] = true;
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
    Caps both = as_listed(domain, intersect(domain, caps));
    if (both.is_empty()) return Clash{.link = link, .left = domain, .right = caps};
    domain = std::move(both);
    return std::nullopt;
}

// Leaves what both ends of a link between processes can map.
std::optional<Clash> Solver::share(std::size_t variable) {
    if (shared_by_[variable] == kNone || domains_[variable].is_any()) return std::nullopt;
    if (std::ranges::all_of(domains_[variable].structures(), is_shareable)) return std::nullopt;
    Caps shared = shareable(domains_[variable]);
    if (shared == domains_[variable]) return std::nullopt;
    if (shared.is_empty()) {
        Caps wanted;
        for (Structure structure : domains_[variable].structures()) {
            structure.set_features({});
            wanted.append(std::move(structure));
        }
        return Clash{.link = shared_by_[variable],
                     .left = domains_[variable],
                     .right = std::move(wanted),
                     .crosses_process = true};
    }
    domains_[variable] = std::move(shared);
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
        if (auto clash = narrow_across(node, Way::both)) {
            for (const std::size_t n : waiting_) is_waiting_[n] = false;
            waiting_.clear();
            return clash;
        }
    }
    return std::nullopt;
}

std::optional<Clash> Solver::narrow_across(std::size_t n, Way way) {
    for (std::size_t i = 0; i < links_at_[n].size(); ++i) {
        const std::size_t from = links_at_[n][i];
        if (way == Way::both) {
            const std::uint32_t version = version_[variable_of_[from]];
            if (std::exchange(seen_[n][i], version) == version) continue;
        }
        const bool is_input = problem_->links[from].to == n;
        if (way != Way::both && is_input != (way == Way::down)) continue;
        if (auto clash = narrow_pad(n, from, way)) return clash;
    }
    return std::nullopt;
}

// What one link has means for the others at the node.
std::optional<Clash> Solver::narrow_pad(std::size_t n, std::size_t from, Way way) {
    for (const std::size_t to : links_at_[n]) {
        const bool across = (problem_->links[from].to == n) != (problem_->links[to].to == n);
        if (from == to || (way != Way::both && !across)) continue;
        const std::size_t target = variable_of_[to];
        const Narrowings::Answer& answer =
            narrowings_.ask({.transform = problem_->nodes[n].transform,
                             .from = pad_at(n, from),
                             .to = pad_at(n, to),
                             .fed = domains_[variable_of_[from]],
                             .target = domains_[target]});
        if (answer.both.is_empty()) {
            const bool down = problem_->links[from].to == n;
            Clash clash{.link = to, .left = answer.allowed, .right = domains_[target]};
            if (!down) std::swap(clash.left, clash.right);
            return clash;
        }
        if (!answer.smaller) continue;
        set_domain(target, answer.both);
        if (auto clash = share(target)) return clash;
        if (way == Way::both) wake_neighbours(target);
    }
    return std::nullopt;
}

// A transform may have an order of its own, such as "rather no conversion": it counts once what
// goes in is known.
Caps Solver::as_upstream_prefers(std::size_t variable) {
    // Each of many inputs splits the alternatives once more; an order of so many is nobody's.
    constexpr std::size_t most = 64;
    Caps ordered = domains_[variable];
    for (const std::size_t out : members_[variable]) {
        const std::size_t n = problem_->links[out].from;
        if (relation(n) != PadRelation::transform) continue;
        for (const std::size_t in : links_at_[n]) {
            if (ordered.structures().size() > most) return ordered;
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
        auto clash = try_out(variable, choose(variable, alternative));
        if (clash) {
            const auto without = at_no_rate(alternative, describe(*clash).field);
            if (without && !try_out(variable, choose(variable, *without))) clash.reset();
        }
        if (!clash) return std::nullopt;
        if (!first_clash) first_clash = std::move(clash);
    }
    return first_clash;
}

// Leaves all as it was where the others cannot live with it.
std::optional<Clash> Solver::try_out(std::size_t variable, Structure chosen) {
    trail_.clear();
    set_domain(variable, Caps(std::move(chosen)));
    wake_neighbours(variable);
    auto clash = propagate();
    for (; clash && !trail_.empty(); trail_.pop_back()) {
        domains_[trail_.back().first] = std::move(trail_.back().second);
        ++version_[trail_.back().first];
    }
    return clash;
}

// What the transform before it would make of what comes in if nobody asked for anything else: one
// that must change something, such as a scaler that is asked for a width, leaves the rest alone.
std::vector<FieldPreference> Solver::unchanged(std::size_t variable) const {
    std::vector<FieldPreference> fields;
    for (const std::size_t out : members_[variable]) {
        const std::size_t n = problem_->links[out].from;
        const NegotiationNode& node = problem_->nodes[n];
        if (node.relation != PadRelation::transform) continue;
        std::optional<std::size_t> only_input;
        for (const std::size_t in : links_at_[n]) {
            if (problem_->links[in].to != n) continue;
            if (only_input) return {};
            only_input = in;
        }
        if (!only_input || !is_fixed(domains_[variable_of_[*only_input]])) continue;
        Caps natural = domains_[variable_of_[*only_input]];
        if (node.transform->first_is_natural()) {
            natural = node.transform->across(pad_at(n, *only_input), natural, pad_at(n, out));
        }
        if (natural.structures().empty()) continue;
        for (const Field& field : natural.structures().front().fields()) {
            if (is_fixed(field.value)) fields.push_back({field.name, field.value});
        }
    }
    return fields;
}

// Preferences of the nodes on it, upstream first, then what comes in, then the defaults, then the
// plain rule.
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
    if (is_fixed(alternative)) return alternative;
    // A list is somebody's order of preference; only ranges are open enough for a default.
    for (const auto& preferences : {unchanged(variable), problem_->defaults}) {
        for (const FieldPreference& preference : preferences) {
            const Value* open = alternative.find(preference.field);
            if (open && !open->get<List>()) prefer({preference});
        }
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
