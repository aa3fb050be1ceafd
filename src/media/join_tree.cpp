#include "media/join_tree.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <utility>

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

void insert_sorted(std::vector<std::size_t>& all, std::size_t one) {
    const auto place = std::ranges::lower_bound(all, one);
    if (place == all.end() || *place != one) all.insert(place, one);
}

}  // namespace

JoinTree::JoinTree(const AssignProblem& problem, std::vector<Positions> open)
    : problem_(problem),
      open_(std::move(open)),
      pairs_at_(open_.size()),
      neighbours_(open_.size()),
      bags_(open_.size()) {
    for (const auto& choices : problem.choices) sizes_.push_back(choices.size());
    for (std::size_t p = 0; p < problem.pairs.size(); ++p) {
        const AssignProblem::Pair& pair = problem.pairs[p];
        pairs_at_[pair.a].push_back(p);
        pairs_at_[pair.b].push_back(p);
        if (is_settled(pair.a) || is_settled(pair.b)) continue;
        insert_sorted(neighbours_[pair.a], pair.b);
        insert_sorted(neighbours_[pair.b], pair.a);
    }
    for (std::size_t v = 0; v < open_.size(); ++v) unary_.push_back(unary(v));
}

// What settled neighbours make each open position cost.
std::vector<Price> JoinTree::unary(std::size_t v) const {
    std::vector<Price> prices(sizes_[v], 0);
    if (is_settled(v)) return prices;
    const auto value = [&](std::size_t u, std::size_t i) {
        return problem_.choices[u][open_[u][i]].value;
    };
    for (const std::size_t p : pairs_at_[v]) {
        const AssignProblem::Pair& pair = problem_.pairs[p];
        const std::size_t other = pair.a == v ? pair.b : pair.a;
        if (!is_settled(other)) continue;
        for (std::size_t i = 0; i < prices.size(); ++i) {
            const Price price = pair.a == v
                                    ? problem_.prices(pair).at(value(v, i), value(other, 0))
                                    : problem_.prices(pair).at(value(other, 0), value(v, i));
            prices[i] = add_prices(prices[i], price);
        }
    }
    return prices;
}

std::uint64_t JoinTree::entries(std::size_t v) const {
    std::uint64_t entries = 1;
    for (const std::size_t other : neighbours_[v]) {
        entries *= sizes_[other];
        if (entries > kMostTableEntries) break;
    }
    return entries;
}

std::optional<AssignFailure> JoinTree::build() {
    using Waiting = std::pair<std::uint64_t, std::size_t>;
    std::set<Waiting> waiting;
    std::vector<std::size_t> place(open_.size(), kNone);
    for (std::size_t v = 0; v < open_.size(); ++v) {
        bags_[v].parent = kNone;
        if (!is_settled(v)) waiting.insert({entries(v), v});
    }
    for (std::size_t at = 0; !waiting.empty(); ++at) {
        const auto [size, v] = *waiting.begin();
        if (size > kMostTableEntries) return AssignFailure::table_too_large;
        const std::vector<std::size_t> others = neighbours_[v];
        waiting.erase(waiting.begin());
        for (const std::size_t u : others) waiting.erase({entries(u), u});
        place[v] = at;
        bags_[v].scope = {v};
        bags_[v].separator = others;
        for (const std::size_t u : others) {
            bags_[v].scope.push_back(u);
            std::erase(neighbours_[u], v);
            for (const std::size_t w : others) {
                if (w != u) insert_sorted(neighbours_[u], w);
            }
        }
        for (const std::size_t u : others) waiting.insert({entries(u), u});
    }
    connect(place);
    return std::nullopt;
}

void JoinTree::connect(const std::vector<std::size_t>& place) {
    const auto earlier = [&](std::size_t a, std::size_t b) { return place[a] < place[b]; };
    for (std::size_t v = 0; v < bags_.size(); ++v) {
        if (bags_[v].separator.empty()) continue;
        bags_[v].parent = *std::ranges::min_element(bags_[v].separator, earlier);
        bags_[bags_[v].parent].children.push_back(v);
    }
    for (std::size_t p = 0; p < problem_.pairs.size(); ++p) {
        const AssignProblem::Pair& pair = problem_.pairs[p];
        if (is_settled(pair.a) || is_settled(pair.b)) continue;
        bags_[std::min(pair.a, pair.b, earlier)].pairs.push_back(p);
    }
}

bool JoinTree::is_cut(std::size_t bag) const {
    return std::ranges::all_of(bags_[bag].separator,
                               [this](std::size_t v) { return is_settled(v); });
}

std::vector<JoinTree::Message> JoinTree::incoming(std::size_t bag, const Message* except) const {
    std::vector<Message> all;
    for (const std::size_t child : bags_[bag].children) {
        const bool asks = except != nullptr && !except->up && except->bag == child;
        if (!asks && !is_cut(child)) all.push_back({child, true});
    }
    const bool asks = except != nullptr && except->up && except->bag == bag;
    if (!asks && bags_[bag].parent != kNone && !is_cut(bag)) all.push_back({bag, false});
    return all;
}

// Works out what is wanted, and first what that is made of. Not by recursion: chains are long.
bool JoinTree::bring(const std::vector<Message>& wanted) {
    std::vector<Message> stack = wanted;
    while (!stack.empty()) {
        const Message message = stack.back();
        if (told(message).valid) {
            stack.pop_back();
            continue;
        }
        const std::size_t from = message.up ? message.bag : bags_[message.bag].parent;
        const std::vector<Message> made_of = incoming(from, &message);
        const std::size_t before = stack.size();
        for (const Message& each : made_of) {
            if (!told(each).valid) stack.push_back(each);
        }
        if (stack.size() > before) continue;
        auto prices = project(from, made_of, bags_[message.bag].separator);
        if (!prices) return false;
        told(message) = {.valid = true, .prices = *std::move(prices)};
        stack.pop_back();
    }
    return true;
}

JoinTree::Operand JoinTree::pair_operand(std::size_t bag, const AssignProblem::Pair& pair) const {
    const Scope& scope = bags_[bag].scope;
    const PriceTable& table = problem_.prices(pair);
    Operand operand{table.data(), std::vector<Positions>(scope.size())};
    for (const std::size_t v : {pair.a, pair.b}) {
        const auto s = static_cast<std::size_t>(std::ranges::find(scope, v) - scope.begin());
        const std::size_t stride = v == pair.a ? table.columns() : 1;
        for (const std::size_t position : open_[v]) {
            operand.offsets[s].push_back(problem_.choices[v][position].value * stride);
        }
    }
    return operand;
}

// Of a table over some of the bag's variables, the first of which counts fastest.
JoinTree::Operand JoinTree::operand(std::size_t bag, const Price* prices, const Scope& of) const {
    const Scope& scope = bags_[bag].scope;
    Operand operand{prices, std::vector<Positions>(scope.size())};
    std::size_t stride = 1;
    for (const std::size_t v : of) {
        const auto s = static_cast<std::size_t>(std::ranges::find(scope, v) - scope.begin());
        for (const std::size_t position : open_[v]) {
            operand.offsets[s].push_back(position * stride);
        }
        stride *= sizes_[v];
    }
    return operand;
}

// Adds up what depends on one variable alone, as most of what the branches of a join say: into one
// table for each, which takes their place. Answers what the operands borrow.
std::vector<Price> JoinTree::gather(const Scope& scope, std::vector<Operand>& operands) {
    std::vector<std::size_t> start(scope.size() + 1, 0);
    for (std::size_t s = 0; s < scope.size(); ++s) start[s + 1] = start[s] + open_[scope[s]].size();
    std::vector<Price> sums(start.back(), 0);
    std::vector<Operand> rest;
    for (Operand& each : operands) {
        const auto has = [](const Positions& offsets) { return !offsets.empty(); };
        if (std::ranges::count_if(each.offsets, has) != 1) {
            rest.push_back(std::move(each));
            continue;
        }
        const auto offsets = std::ranges::find_if(each.offsets, has);
        Price* sum = &sums[start[static_cast<std::size_t>(offsets - each.offsets.begin())]];
        steps_ += offsets->size();
        for (const std::size_t offset : *offsets) {
            *sum = add_prices(*sum, each.prices[offset]);
            ++sum;
        }
    }
    for (std::size_t s = 0; s < scope.size(); ++s) {
        Operand one{&sums[start[s]], std::vector<Positions>(scope.size())};
        one.offsets[s].resize(open_[scope[s]].size());
        std::iota(one.offsets[s].begin(), one.offsets[s].end(), std::size_t{0});
        rest.push_back(std::move(one));
    }
    operands = std::move(rest);
    return sums;
}

std::optional<std::vector<Price>> JoinTree::project(std::size_t bag,
                                                    const std::vector<Message>& from,
                                                    const Scope& target) {
    const Scope& scope = bags_[bag].scope;
    std::vector<Operand> operands{operand(bag, unary_[bag].data(), {bag})};
    for (const std::size_t p : bags_[bag].pairs) {
        operands.push_back(pair_operand(bag, problem_.pairs[p]));
    }
    for (const Message& message : from) {
        operands.push_back(operand(bag, told(message).prices.data(), bags_[message.bag].separator));
    }
    const Operand to = operand(bag, nullptr, target);
    const std::vector<Price> alone = gather(scope, operands);
    std::uint64_t cases = 1;
    for (const std::size_t v : scope) cases *= open_[v].size();
    steps_ += cases * operands.size();
    if (steps_ > kMostAssignSteps) return std::nullopt;
    std::size_t size = 1;
    for (const std::size_t v : target) size *= sizes_[v];
    std::vector<Price> least(size, kImpossible);
    std::vector<std::size_t> at(scope.size(), 0);
    const auto place = [&at](const Operand& each) {
        std::size_t index = 0;
        for (std::size_t s = 0; s < at.size(); ++s) {
            if (!each.offsets[s].empty()) index += each.offsets[s][at[s]];
        }
        return index;
    };
    for (std::uint64_t i = 0; i < cases; ++i) {
        Price price = 0;
        for (const Operand& each : operands) price = add_prices(price, each.prices[place(each)]);
        Price& known = least[place(to)];
        known = std::min(known, price);
        for (std::size_t s = 0; s < at.size() && ++at[s] == open_[scope[s]].size(); ++s) at[s] = 0;
    }
    return least;
}

std::optional<std::vector<Price>> JoinTree::least(std::size_t v) {
    const std::vector<Message> from = incoming(v, nullptr);
    if (!bring(from)) return std::nullopt;
    const auto all = project(v, from, {v});
    if (!all) return std::nullopt;
    std::vector<Price> prices;
    for (const std::size_t position : open_[v]) prices.push_back((*all)[position]);
    return prices;
}

std::vector<std::size_t> JoinTree::roots() const {
    std::vector<std::size_t> roots;
    for (std::size_t v = 0; v < bags_.size(); ++v) {
        if (!bags_[v].scope.empty() && bags_[v].parent == kNone) roots.push_back(v);
    }
    return roots;
}

void JoinTree::restrict(std::size_t v, Positions kept) {
    if (kept.size() == open_[v].size()) return;
    open_[v] = std::move(kept);
    forget_beyond(v);
}

// What was told on the way from the bag to all others.
void JoinTree::forget_beyond(std::size_t start) {
    struct At {
        std::size_t bag;
        std::size_t came_from;
    };
    std::vector<At> stack{{start, kNone}};
    while (!stack.empty()) {
        const auto [bag, came_from] = stack.back();
        stack.pop_back();
        for (const std::size_t child : bags_[bag].children) {
            if (child == came_from || is_cut(child) || !bags_[child].down.valid) continue;
            bags_[child].down.valid = false;
            stack.push_back({child, bag});
        }
        const std::size_t parent = bags_[bag].parent;
        if (parent == kNone || parent == came_from || is_cut(bag) || !bags_[bag].up.valid) continue;
        bags_[bag].up.valid = false;
        stack.push_back({parent, bag});
    }
}

}  // namespace parallax
