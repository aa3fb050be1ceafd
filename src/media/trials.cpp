#include "media/trials.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "media/assign.h"
#include "media/bridge.h"
#include "media/crossing.h"
#include "media/memory_notes.h"
#include "media/named_sets.h"
#include "media/solver.h"

namespace parallax {
namespace {

constexpr std::size_t kNobody = static_cast<std::size_t>(-1);
constexpr std::size_t kMostAtoms = 256;
// Pairs of formats that transforms are asked about, and words of bits in all trials together.
constexpr std::size_t kMostCrossings = std::size_t{1} << 18U;
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 26U;

}  // namespace

class TrialsMaker {
  public:
    explicit TrialsMaker(const NegotiationProblem& problem)
        : original_(problem),
          converts_(!problem.converters.empty()),
          bridge_(converts_ ? bridged(problem)
                            : Bridged{.problem = problem, .ways = {}, .after = {}}),
          problem_(bridge_.problem),
          first_bridge_(problem.nodes.size()),
          order_(flow_order(problem_)),
          solver_(problem_, order_) {}

    std::optional<Trials> run() {
        auto atoms = atoms_of_all();
        if (!atoms) return std::nullopt;
        made_ = Trials(*std::move(atoms));
        made_->owners_ = original_.nodes.size() + original_.links.size();
        made_->has_say_.assign(made_->owners_, false);
        made_->taken_.resize(solver_.variables());
        take_pads();
        if (!cross_nodes()) return std::nullopt;
        made_->elimination_ = eliminate(solver_.variables(), edges_);
        made_->crossed_ = std::move(crossed_);
        made_->crossed_.resize(made_->elimination_.edges.size());
        return std::move(made_);
    }

  private:
    const NegotiationPad& from_pad(const NegotiationLink& link) const {
        return problem_.nodes[link.from].pads[link.from_pad];
    }
    const NegotiationPad& to_pad(const NegotiationLink& link) const {
        return problem_.nodes[link.to].pads[link.to_pad];
    }
    const Caps& caps_at(std::size_t node, std::size_t link) const {
        return problem_.nodes[node].pads[solver_.pad_at(node, link)].caps;
    }

    // Those of all pads as they stand, since any of them may be left alone. What is asked for
    // downstream matters upstream as much as the other way round.
    std::optional<Atoms> atoms_of_all() {
        NamedSets sets;
        for (const NegotiationLink& link : problem_.links) {
            sets.add(from_pad(link).caps);
            for (const Caps& filter : link.filters) sets.add(filter);
            sets.add(to_pad(link).caps);
        }
        sets.add_converters(problem_.converters);
        for (const std::size_t n : order_) add_made(n, true, sets);
        for (auto n = order_.rbegin(); n != order_.rend(); ++n) add_made(*n, false, sets);
        std::vector<Structure> all;
        for (const Caps& set : sets.sets()) all.push_back(set.structures().front());
        Atoms atoms = Atoms::make(all, {.most = kMostAtoms, .all_or_none = true});
        return atoms.is_complete() ? std::optional(std::move(atoms)) : std::nullopt;
    }

    void add_made(std::size_t n, bool downstream, NamedSets& sets) const {
        const NegotiationNode& node = problem_.nodes[n];
        if (node.relation != PadRelation::transform || n >= first_bridge_) return;
        for (const std::size_t in : solver_.links_at(n)) {
            for (const std::size_t out : solver_.links_at(n)) {
                if (problem_.links[in].to != n || problem_.links[out].from != n) continue;
                const std::size_t from = downstream ? in : out;
                const std::size_t to = downstream ? out : in;
                sets.add_made(*node.transform, solver_.pad_at(n, from), solver_.pad_at(n, to),
                              caps_at(n, to));
            }
        }
    }

    struct Domain {
        const Caps* caps;
        std::vector<AssignProblem::Choice> choices;
        Reach::Set set;
    };
    const Domain& domain(const Caps& caps) {
        const auto known =
            std::ranges::find_if(domains_, [&](const Domain& each) { return *each.caps == caps; });
        if (known != domains_.end()) return *known;
        Domain made{&caps, made_->atoms_.choices(caps), 0};
        std::vector<bool> members(made_->atoms_.size(), false);
        for (const auto& choice : made.choices) members[choice.value] = true;
        made.set = made_->reach_.set(members);
        return domains_.emplace_back(std::move(made));
    }

    void take(std::size_t owner, std::size_t variable, const Caps& caps) {
        if (caps.is_any()) return;
        made_->has_say_[owner] = true;
        std::vector<Trials::Taken>& taken = made_->taken_[variable];
        const Reach::Set set = domain(caps).set;
        const auto same = [&](const auto& each) { return each.owner == owner && each.set == set; };
        if (std::ranges::none_of(taken, same)) taken.push_back({owner, set});
    }

    void take_pads() {
        for (std::size_t l = 0; l < problem_.links.size(); ++l) {
            const NegotiationLink& link = problem_.links[l];
            if (link.from < first_bridge_) {
                take(link.from, solver_.variable_of(l), from_pad(link).caps);
            }
            if (link.to < first_bridge_) take(link.to, solver_.variable_of(l), to_pad(link).caps);
        }
        for (std::size_t l = 0; l < original_.links.size(); ++l) {
            const std::size_t after = converts_ ? bridge_.after[l] : l;
            for (const Caps& filter : original_.links[l].filters) {
                take(original_.nodes.size() + l, solver_.variable_of(after), filter);
            }
        }
    }

    // False where there are too many.
    bool cross_nodes() {
        for (std::size_t n = 0; n < problem_.nodes.size(); ++n) {
            if (problem_.nodes[n].relation != PadRelation::transform) continue;
            for (const std::size_t in : solver_.links_at(n)) {
                for (const std::size_t out : solver_.links_at(n)) {
                    if (problem_.links[in].to != n || problem_.links[out].from != n) continue;
                    cross(n, in, out);
                }
            }
            if (crossings_ > kMostCrossings) return false;
        }
        return true;
    }

    void cross(std::size_t n, std::size_t in, std::size_t out) {
        const std::size_t a = solver_.variable_of(in);
        const std::size_t b = solver_.variable_of(out);
        if (a == b) return;
        const bool is_bridge = n >= first_bridge_;
        const Reach::Table table = is_bridge ? bridge_table() : transform_table(n, in, out);
        if (!is_bridge) made_->has_say_[n] = true;
        const auto [place, is_new] = edge_of_.try_emplace(std::minmax(a, b), edges_.size());
        if (is_new) {
            edges_.push_back({std::min(a, b), std::max(a, b)});
            crossed_.emplace_back();
        }
        crossed_[place->second].push_back(
            {is_bridge ? kNobody : n, a < b ? table : made_->reach_.turned(table)});
    }

    Reach::Table transform_table(std::size_t n, std::size_t in, std::size_t out) {
        const NegotiationNode& node = problem_.nodes[n];
        // By number: the list of them may move.
        const Reach::Set from = domain(caps_at(n, in)).set;
        const Reach::Set to = domain(caps_at(n, out)).set;
        const Known wanted{node.transform, solver_.pad_at(n, in), solver_.pad_at(n, out), from, to};
        const auto [place, is_new] = transforms_.try_emplace(wanted);
        if (!is_new) return place->second;
        const auto ins = domain(caps_at(n, in)).choices;
        const auto outs = domain(caps_at(n, out)).choices;
        crossings_ += ins.size() * outs.size();
        if (crossings_ > kMostCrossings) return Reach::kOpen;
        return place->second = table_of(transform_prices({.node = node,
                                                          .in_pad = std::get<1>(wanted),
                                                          .out_pad = std::get<2>(wanted),
                                                          .in = {made_->atoms_, ins},
                                                          .out = {made_->atoms_, outs}}));
    }

    Reach::Table bridge_table() {
        if (!bridge_made_) {
            const Atoms& atoms = made_->atoms_;
            const auto all = atoms.choices(Caps::any());
            ConverterBacks backs;
            bridge_made_ = table_of(
                ConverterPaths(problem_.converters, {atoms, all}, {atoms, all}, backs).prices());
        }
        return *bridge_made_;
    }

    Reach::Table table_of(const PriceTable& prices) {
        const std::size_t size = made_->atoms_.size();
        std::vector<std::vector<bool>> rows(size, std::vector<bool>(size, false));
        for (std::size_t a = 0; a < size; ++a) {
            for (std::size_t b = 0; b < size; ++b) rows[a][b] = prices.at(a, b) < kImpossible;
        }
        return made_->reach_.table(rows);
    }

    const NegotiationProblem& original_;
    bool converts_;
    Bridged bridge_;
    const NegotiationProblem& problem_;  // With a bridge on each link, if there are converters.
    std::size_t first_bridge_;
    std::vector<std::size_t> order_;
    Solver solver_;  // For how links hang together.
    std::optional<Trials> made_;
    std::vector<Domain> domains_;
    using Known = std::tuple<const PadTransform*, std::size_t, std::size_t, Reach::Set, Reach::Set>;
    std::map<Known, Reach::Table> transforms_;
    std::optional<Reach::Table> bridge_made_;
    std::vector<Elimination::Edge> edges_;
    std::vector<std::vector<Trials::Crossed>> crossed_;
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> edge_of_;
    std::size_t crossings_ = 0;
};

Trials::Trials(Atoms atoms) : atoms_(std::move(atoms)), reach_(atoms_.size()) {}

std::optional<Trials> Trials::make(const NegotiationProblem& problem) {
    // That memory is shared belongs to nobody who could be left out.
    const auto crosses = [](const NegotiationLink& link) { return link.borders.any(); };
    if (std::ranges::any_of(problem.links, crosses) && speaks_of_memory(problem)) {
        return std::nullopt;
    }
    return TrialsMaker(problem).run();
}

bool Trials::solvable(const Says& says) {
    if (reach_.steps() > kMostSteps) return true;
    std::vector<Reach::Set> domains(taken_.size(), Reach::kEverything);
    for (std::size_t v = 0; v < taken_.size(); ++v) {
        for (const Taken& taken : taken_[v]) {
            if (says[taken.owner]) domains[v] = reach_.meet(domains[v], taken.set);
        }
    }
    std::vector<Reach::Table> tables(crossed_.size(), Reach::kOpen);
    for (std::size_t e = 0; e < crossed_.size(); ++e) {
        for (const Crossed& crossed : crossed_[e]) {
            const bool holds = crossed.owner == kNobody || says[crossed.owner];
            if (holds) tables[e] = reach_.both(tables[e], crossed.table);
        }
    }
    for (const Elimination::Step& each : elimination_.steps) {
        if (!step(each, domains, tables)) return false;
    }
    return core_solvable(domains, tables);
}

// False where the variable can have nothing.
bool Trials::step(const Elimination::Step& step, std::vector<Reach::Set>& domains,
                  std::vector<Reach::Table>& tables) {
    const std::size_t v = step.variable;
    if (domains[v] == Reach::kNothing) return false;
    std::array<Reach::Table, 2> out{};
    for (std::size_t i = 0; i < step.count; ++i) {
        out.at(i) = along(step.edges.at(i), v, tables[step.edges.at(i)]);
    }
    if (step.count == 2 && out[0] != Reach::kOpen && out[1] != Reach::kOpen) {
        const std::size_t first = other(step.edges[0], v);
        const Reach::Table way = reach_.through(reach_.turned(out[0]), domains[v], out[1]);
        Reach::Table& joined = tables[step.joined];
        joined = reach_.both(joined, along(step.joined, first, way));
        return true;
    }
    for (std::size_t i = 0; i < step.count; ++i) {
        Reach::Set& there = domains[other(step.edges.at(i), v)];
        there = reach_.meet(there, reach_.image(out.at(i), domains[v]));
    }
    return true;
}

// Nothing where it can follow; elsewhere what cannot be paid.
PriceTable Trials::priced(const Reach::Table& table) const {
    PriceTable prices(atoms_.size());
    for (std::size_t a = 0; a < atoms_.size(); ++a) {
        for (std::size_t b = 0; b < atoms_.size(); ++b) {
            if (reach_.follows(table, a, b)) prices.at(a, b) = 0;
        }
    }
    return prices;
}

bool Trials::core_solvable(const std::vector<Reach::Set>& domains,
                           const std::vector<Reach::Table>& tables) const {
    if (elimination_.core.empty()) return true;
    AssignProblem problem;
    std::map<std::size_t, std::size_t> place;
    for (const std::size_t v : elimination_.core) {
        place.emplace(v, problem.choices.size());
        problem.choices.emplace_back();
        for (std::uint32_t a = 0; a < atoms_.size(); ++a) {
            if (reach_.holds(domains[v], a)) problem.choices.back().push_back({a, 0});
        }
    }
    std::map<Reach::Table, std::size_t> known;
    for (const std::size_t e : elimination_.core_edges) {
        if (tables[e] == Reach::kOpen) continue;
        const auto [table, is_new] = known.try_emplace(tables[e], problem.tables.size());
        if (is_new) problem.tables.push_back(priced(tables[e]));
        const Elimination::Edge& edge = elimination_.edges[e];
        problem.pairs.push_back({place.at(edge.a), place.at(edge.b), table->second});
    }
    return assignable(problem).value_or(true);
}

}  // namespace parallax
