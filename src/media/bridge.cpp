#include "media/bridge.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <tuple>
#include <utility>

#include "media/loss.h"
#include "media/solver.h"
#include "parallax/memory_caps.h"
#include "parallax/video_caps.h"

namespace parallax {
namespace {

constexpr std::size_t kLongestChain = 64;
constexpr std::size_t kMostStates = 4096;

// Lets everything pass; the prices are elsewhere.
class Open final : public PadTransform {
  public:
    Caps across(std::size_t, const Caps&, std::size_t) const override { return Caps::any(); }
};

// What goes in, and whatever any chain of converters can make of it: a set that holds all of that
// is enough, since prices come from elsewhere.
class Convertible final : public PadTransform {
  public:
    explicit Convertible(const std::vector<NegotiationConverter>& converters)
        : converters_(converters) {}

    Caps across(std::size_t from, const Caps& caps, std::size_t) const override {
        constexpr int rounds = 8;
        constexpr std::size_t most = 64;
        Caps all = caps;
        Caps news = caps;
        for (int round = 0; round < rounds && !all.is_any(); ++round) {
            Caps next;
            for (const NegotiationConverter& converter : converters_) {
                const Caps made =
                    from == 0 ? through(converter, news) : back_through(converter, news);
                if (made.is_any()) return made;
                for (const Structure& each : made.structures()) {
                    if (is_subset(Caps(each), all)) continue;
                    all.append(each);
                    next.append(each);
                }
            }
            if (next.is_empty()) return all;
            if (all.structures().size() > most) break;
            news = std::move(next);
        }
        return Caps::any();
    }

  private:
    const std::vector<NegotiationConverter>& converters_;
};

// A converter that only says what goes in and what comes out.
class FromTo final : public PadTransform {
  public:
    explicit FromTo(const NegotiationConverter& converter) : converter_(converter) {}
    Caps across(std::size_t from, const Caps& caps, std::size_t /*to*/) const override {
        const Caps& near = from == 0 ? converter_.sink : converter_.src;
        const Caps& far = from == 0 ? converter_.src : converter_.sink;
        return can_intersect(caps, near) ? far : Caps::empty();
    }

  private:
    const NegotiationConverter& converter_;
};

// What one second of it weighs, where that is known; a set is judged by its usual format.
double mib_per_second(const Caps& caps) {
    if (caps.is_any() || caps.is_empty()) return 0;
    Structure usual = caps.structures().front();
    for (const FieldPreference& preference : NegotiationProblem::usual_preferences()) {
        const Value* open = usual.find(preference.field);
        if (open == nullptr || is_fixed(*open)) continue;
        if (auto value = nearest(*open, preference.value)) {
            usual.set(preference.field, *std::move(value));
        }
    }
    return stream_bytes_per_second(fixate(std::move(usual))) / 1048576.0;
}

}  // namespace

Caps through(const NegotiationConverter& converter, const Caps& caps) {
    Caps in = intersect(caps, converter.sink);
    if (in.is_empty()) return in;
    if (converter.transform == nullptr) return converter.src;
    return intersect(converter.transform->across(0, in, 1), converter.src);
}

Caps back_through(const NegotiationConverter& converter, const Caps& caps) {
    const Caps out = intersect(caps, converter.src);
    if (out.is_empty() || converter.transform == nullptr) {
        return out.is_empty() ? out : converter.sink;
    }
    return intersect(converter.transform->across(1, out, 0), converter.sink);
}

ConverterPaths::ConverterPaths(const std::vector<NegotiationConverter>& converters,
                               const CrossingSide& from, const CrossingSide& to,
                               ConverterBacks& backs, const ProcessBorders& borders)
    : converters_(converters),
      from_(from.atoms),
      to_(to.atoms),
      exact_(from.exact && to.exact),
      prices_(from_.size(), to_.size()),
      paths_(from_.size() * to_.size()),
      to_rows_(to_),
      from_rows_(from_),
      backs_(backs) {
    const auto crosses = [](bool border, const Caps& caps) {
        return !border || !shareable(caps).is_empty();
    };
    std::vector<AssignProblem::Choice> behind = to.choices;
    std::erase_if(behind,
                  [&](const auto& b) { return !crosses(borders.behind_converter, to_[b.value]); });
    for (const auto& a : from.choices) {
        for (const auto& b : to.choices) {
            const Caps& given = from_[a.value];
            const Caps& wanted = to_[b.value];
            if (!crosses(borders.on_link, given)) continue;
            if (exact_ ? given == wanted : can_intersect(given, wanted)) {
                prices_.at(a.value, b.value) = 0;
            }
        }
        if (crosses(borders.before_converter, from_[a.value])) search(a.value, behind);
    }
}

NegotiationPrice converter_price(const NegotiationConverter& converter, const Caps& from,
                                 const Caps& to) {
    if (converter.cost_per_mib == 0 && converter.bytes_per_second == 0) return converter.cost;
    const double rate = std::min(std::max(mib_per_second(from), mib_per_second(to)), 1e9);
    double price = static_cast<double>(converter.cost_per_mib) * rate;
    if (converter.bytes_per_second > 0) {
        price += 1000 * rate * 1048576 / static_cast<double>(converter.bytes_per_second);
    }
    return converter.cost + static_cast<NegotiationPrice>(std::min(price, 1e15));
}

std::size_t ConverterBacks::number(const std::vector<NegotiationConverter>& converters,
                                   const Caps& to, std::size_t atom, const Chain& chain) {
    const auto [known, is_new] = known_.try_emplace({chain, atom}, 0);
    if (!is_new) return known->second;
    Caps back = to;
    for (auto c = chain.rbegin(); c != chain.rend(); ++c) {
        const NegotiationConverter& converter = converters[*c];
        if (converter.transform == nullptr) {  // It keeps nothing.
            back = Caps::any();
            break;
        }
        back = intersect(converter.transform->across(1, intersect(back, converter.src), 0),
                         converter.sink);
    }
    const auto same = std::ranges::find(backs_, back);
    known->second = static_cast<std::size_t>(same - backs_.begin());
    if (same == backs_.end()) backs_.push_back(std::move(back));
    return known->second;
}

// A set keeps through a converter what the converter does not touch, so what comes out may hold
// formats that only a smaller piece of what went in can become: look back from there.
bool ConverterPaths::came_from(std::size_t from, std::size_t to,
                               const std::vector<std::size_t>& chain) {
    const std::size_t before = backs_.number(converters_, to_[to], to, chain);
    met_.resize(backs_.size());
    back_sets_.resize(backs_.size());
    if (!met_[before]) {
        std::optional<AtomRows::Set>& set = back_sets_[before];
        if (!set) set = from_rows_.set(backs_[before]);
        met_[before] = exact_ ? from_rows_.meets(from, *set) : from_rows_.touches(from, *set);
    }
    return *met_[before];
}

// What a chain of converters makes of an atom.
struct ConverterPaths::Made {
    Caps caps;
    std::vector<std::size_t> chain = {};
    NegotiationPrice cost = 0;
};

// Uniform-cost search (Dijkstra 1959) over the sets that chains of converters can make of an atom.
void ConverterPaths::search(std::size_t from, const Choices& choices) {
    met_.clear();
    std::vector<Made> made{{.caps = from_[from]}};
    std::vector<Caps> settled;
    using Entry = std::tuple<Price, std::size_t, std::size_t>;  // Cost, length, which of `made`.
    std::priority_queue<Entry, std::vector<Entry>, std::greater<>> queue;
    queue.emplace(0, 0, 0);
    while (!queue.empty()) {
        const Made& reached = made[std::get<2>(queue.top())];
        queue.pop();
        // The same set, reached before at no higher price: nothing new can come of it.
        if (std::ranges::find(settled, reached.caps) != settled.end()) continue;
        settled.push_back(reached.caps);
        if (!reached.chain.empty()) offer(from, reached, choices);
        for (Made& next : longer(reached)) {
            if (made.size() >= kMostStates) break;
            queue.emplace(next.cost, next.chain.size(), made.size());
            made.push_back(std::move(next));
        }
    }
}

// Keeps the chain for each atom that it reaches cheaper than those before it.
void ConverterPaths::offer(std::size_t from, const Made& made, const Choices& choices) {
    // What is lost does not come back by further converters, so it counts once, end to end.
    const bool real = std::ranges::all_of(
        made.chain, [&](std::size_t c) { return converters_[c].transform != nullptr; });
    const AtomRows::Set all_made = to_rows_.set(made.caps);
    for (const auto& [to, rank] : choices) {
        if (to == 0 || prices_.at(from, to) <= made.cost) continue;
        // An atom stands for the formats in no smaller one: a part of it is none of it.
        const bool has = exact_ ? to_rows_.inside(to, all_made) : to_rows_.touches(to, all_made);
        if (!has) continue;
        const Price all =
            real ? add_prices(made.cost, conversion_loss(from_[from], to_[to])) : made.cost;
        if (prices_.at(from, to) <= all || !came_from(from, to, made.chain)) continue;
        prices_.at(from, to) = all;
        paths_[from * to_.size() + to] = made.chain;
    }
}

// What each converter that is not in the chain yet makes of it.
std::vector<ConverterPaths::Made> ConverterPaths::longer(const Made& made) const {
    std::vector<Made> all;
    if (made.chain.size() == kLongestChain) return all;
    all.reserve(converters_.size());
    for (std::size_t c = 0; c < converters_.size(); ++c) {
        if (std::ranges::find(made.chain, c) != made.chain.end()) continue;
        // All of an atom is converted, or none of it; later any part of what came out will do.
        if (made.chain.empty() && !is_subset(made.caps, converters_[c].sink)) continue;
        Caps out = through(converters_[c], made.caps);
        if (out.is_empty()) continue;
        const Price more = add_prices(made.cost, converter_price(converters_[c], made.caps, out));
        std::vector<std::size_t> chain = made.chain;
        chain.push_back(c);
        all.push_back({std::move(out), std::move(chain), more});
    }
    return all;
}

const PadTransform& open_transform() {
    static const Open open;
    return open;
}

// How many ways lead on from each link.
std::vector<std::uint32_t> ways_on(const NegotiationProblem& problem) {
    constexpr std::uint32_t most = 8;
    std::vector<std::uint32_t> from_node(problem.nodes.size(), 0);
    const std::vector<std::size_t> order = flow_order(problem);
    std::vector<std::vector<std::size_t>> next(problem.nodes.size());
    for (const NegotiationLink& link : problem.links) next[link.from].push_back(link.to);
    for (auto n = order.rbegin(); n != order.rend(); ++n) {
        for (const std::size_t to : next[*n]) from_node[*n] += from_node[to];
        from_node[*n] = std::clamp<std::uint32_t>(from_node[*n], 1, most);
    }
    std::vector<std::uint32_t> ways;
    ways.reserve(problem.links.size());
    for (const NegotiationLink& link : problem.links) ways.push_back(from_node[link.to]);
    return ways;
}

Bridged bridged(const NegotiationProblem& problem, const PadTransform& passing) {
    Bridged result{.problem = problem,
                   .ways = ways_on(problem),
                   .borders = {},
                   .after = {},
                   .first_bridge = problem.nodes.size()};
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        result.borders.push_back(problem.links[l].borders);
        if (!problem.links[l].convertible) {
            result.after.push_back(l);
            continue;
        }
        const std::size_t bridge = result.problem.nodes.size();
        NegotiationNode node{.name = {}, .relation = PadRelation::transform, .transform = &passing};
        node.pads = {{"sink", PadSide::sink, Caps::any()}, {"src", PadSide::src, Caps::any()}};
        result.problem.nodes.push_back(std::move(node));
        NegotiationLink second{bridge, 1, problem.links[l].to, problem.links[l].to_pad,
                               problem.links[l].filters};
        NegotiationLink& first = result.problem.links[l];
        first.to = bridge;
        first.to_pad = 0;
        first.filters.clear();
        first.borders = {};  // Its prices know of them.
        result.after.push_back(result.problem.links.size());
        result.problem.links.push_back(std::move(second));
    }
    return result;
}

std::unique_ptr<const PadTransform> any_of_converters(
    const std::vector<NegotiationConverter>& converters) {
    return std::make_unique<Convertible>(converters);
}

Converted converted(const NegotiationProblem& problem,
                    const std::vector<std::vector<std::size_t>>& chains) {
    Converted result{.problem = problem, .parts = {}, .transforms = {}};
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        std::vector<std::size_t> parts{l};
        const ProcessBorders borders = problem.links[l].borders;
        if (!chains[l].empty()) {
            result.problem.links[l].borders = {.on_link = borders.before_converter};
        }
        for (const std::size_t c : chains[l]) {
            const NegotiationConverter& converter = problem.converters[c];
            const PadTransform* transform = converter.transform;
            if (transform == nullptr) {
                result.transforms.push_back(std::make_unique<FromTo>(converter));
                transform = result.transforms.back().get();
            }
            const std::size_t at = result.problem.nodes.size();
            NegotiationNode node{
                .name = converter.name, .relation = PadRelation::transform, .transform = transform};
            node.pads = {{"sink", PadSide::sink, converter.sink},
                         {"src", PadSide::src, converter.src}};
            result.problem.nodes.push_back(std::move(node));
            NegotiationLink& before = result.problem.links[parts.back()];
            NegotiationLink next{at, 1, before.to, before.to_pad,
                                 std::exchange(before.filters, {})};
            next.borders = {.on_link = borders.behind_converter};
            before.to = at;
            before.to_pad = 0;
            parts.push_back(result.problem.links.size());
            result.problem.links.push_back(std::move(next));
        }
        result.parts.push_back(std::move(parts));
    }
    return result;
}

}  // namespace parallax
