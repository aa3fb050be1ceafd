// Every assignment of small random graphs, against the solver: is there an answer, what is the
// least it costs, which of the cheapest is liked best, and is a conflict as small as can be.
#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "media/assign.h"
#include "media/negotiate.h"

namespace parallax {
namespace {

constexpr int kLetters = 4;

// A set of letters, as one alternative or several.
struct Formats {
    std::vector<std::vector<int>> alternatives;  // Letters of each, in order.

    Caps caps() const {
        Caps all;
        for (const std::vector<int>& letters : alternatives) {
            std::vector<Value> values(letters.begin(), letters.end());
            all.append(Structure("m").with("x", list_of(std::move(values))));
        }
        return all;
    }
    // The place of a letter in the order of preference; −1 where it is not in it.
    int rank(int letter) const {
        int rank = 0;
        for (const std::vector<int>& letters : alternatives) {
            for (const int each : letters) {
                if (each == letter) return rank;
                ++rank;
            }
        }
        return -1;
    }
};

class Convert final : public PadTransform {
  public:
    explicit Convert(Caps formats) : formats_(std::move(formats)) {}
    Caps across(std::size_t, const Caps& caps, std::size_t) const override {
        return can_intersect(caps, formats_) ? formats_ : Caps::empty();
    }

  private:
    Caps formats_;
};

struct Edge {
    int from;
    int to;
    int cost;
};
struct Case {
    struct Node {
        bool convert = false;
        Formats formats;
    };
    std::vector<Node> nodes;
    std::vector<std::array<std::size_t, 2>> links;
    std::vector<Edge> edges;
};

class Dice {
  public:
    explicit Dice(unsigned seed) : random_(seed) {}
    int upto(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }
    template <class T>
    void shuffle(std::vector<T>& values) {
        std::ranges::shuffle(values, random_);
    }

  private:
    std::mt19937 random_;
};

Formats random_formats(Dice& dice, bool lists) {
    std::vector<int> letters{0, 1, 2, 3};
    dice.shuffle(letters);
    letters.resize(static_cast<std::size_t>(1 + dice.upto(2)));
    Formats formats;
    for (const int letter : letters) {
        if (lists && !formats.alternatives.empty() && dice.upto(1) == 0) {
            formats.alternatives.back().push_back(letter);
        } else {
            formats.alternatives.push_back({letter});
        }
    }
    return formats;
}

// Trees, and graphs with joins; a node without inputs is a source.
Case random_case(Dice& dice, bool lists) {
    Case made;
    const int count = 2 + dice.upto(3);
    for (int n = 0; n < count; ++n) {
        made.nodes.push_back({dice.upto(2) == 0, random_formats(dice, lists)});
        const auto at = static_cast<std::size_t>(n);
        if (n == 0) continue;
        if (made.links.size() < 6 && dice.upto(5) != 0) {
            made.links.push_back({static_cast<std::size_t>(dice.upto(n - 1)), at});
        }
        if (made.links.size() < 6 && n > 1 && dice.upto(2) == 0) {
            const std::array<std::size_t, 2> link{static_cast<std::size_t>(dice.upto(n - 1)), at};
            if (std::ranges::find(made.links, link) == made.links.end()) made.links.push_back(link);
        }
    }
    const int edges = dice.upto(4);
    for (int e = 0; e < edges; ++e) {
        const int from = dice.upto(3);
        made.edges.push_back({from, (from + 1 + dice.upto(2)) % kLetters, dice.upto(3)});
    }
    return made;
}

// A node that converts has hubs, so that all its inputs agree, and all its outputs.
struct Made {
    NegotiationProblem problem;
    std::vector<std::unique_ptr<Convert>> transforms;
    std::vector<std::size_t> links;  // Of each link of the case.
    struct Sides {
        std::size_t in;
        std::size_t out;
    };
    std::vector<Sides> sides;
};

std::size_t add_pad(NegotiationProblem& p, std::size_t node, PadSide side, const Caps& caps) {
    p.nodes[node].pads.push_back({"pad", side, caps});
    return p.nodes[node].pads.size() - 1;
}

std::size_t add_link(NegotiationProblem& p, std::size_t from, const Caps& from_caps, std::size_t to,
                     const Caps& to_caps, bool convertible) {
    const std::size_t out = add_pad(p, from, PadSide::src, from_caps);
    const std::size_t in = add_pad(p, to, PadSide::sink, to_caps);
    p.links.push_back({.from = from, .from_pad = out, .to = to, .to_pad = in});
    p.links.back().convertible = convertible;
    return p.links.size() - 1;
}

// How many links end at a node (side 1) or start there (side 0).
std::ptrdiff_t count(const Case& c, std::size_t n, std::size_t side) {
    return std::ranges::count_if(c.links, [&](const auto& link) { return link[side] == n; });
}

Made make(const Case& c) {
    Made made;
    NegotiationProblem& p = made.problem;
    p.insert_only_if_needed = false;
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        const std::size_t at = p.nodes.size();
        p.nodes.push_back({.name = "n" + std::to_string(n), .relation = PadRelation::pass_through});
        made.sides.push_back({at, at});
    }
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        if (!c.nodes[n].convert) continue;
        const Caps caps = c.nodes[n].formats.caps();
        made.transforms.push_back(std::make_unique<Convert>(caps));
        p.nodes[n].relation = PadRelation::transform;
        p.nodes[n].transform = made.transforms.back().get();
        if (count(c, n, 1) > 1) {
            made.sides[n].in = p.nodes.size();
            p.nodes.push_back({.name = {}, .relation = PadRelation::pass_through});
            add_link(p, made.sides[n].in, Caps::any(), n, caps, false);
        }
        if (count(c, n, 0) > 1) {
            made.sides[n].out = p.nodes.size();
            p.nodes.push_back({.name = {}, .relation = PadRelation::pass_through});
            add_link(p, n, caps, made.sides[n].out, Caps::any(), false);
        }
    }
    const auto caps = [&](std::size_t n, std::size_t side) {
        return side == n ? c.nodes[n].formats.caps() : Caps::any();
    };
    for (const auto& [from, to] : c.links) {
        const auto [out, in] = std::array{made.sides[from].out, made.sides[to].in};
        made.links.push_back(add_link(p, out, caps(from, out), in, caps(to, in), true));
    }
    for (const Edge& edge : c.edges) {
        p.converters.push_back({.name = "edge",
                                .sink = Structure("m").with("x", edge.from),
                                .src = Structure("m").with("x", edge.to),
                                .cost = static_cast<NegotiationPrice>(edge.cost)});
    }
    return made;
}

constexpr int kNever = 1'000'000;

using Distances = std::array<std::array<int, kLetters>, kLetters>;
Distances distances(const Case& c) {
    Distances d{};
    for (int a = 0; a < kLetters; ++a) {
        for (int b = 0; b < kLetters; ++b) d[a][b] = a == b ? 0 : kNever;
    }
    for (const Edge& e : c.edges) d[e.from][e.to] = std::min(d[e.from][e.to], e.cost);
    for (int k = 0; k < kLetters; ++k) {  // Floyd 1962.
        for (int a = 0; a < kLetters; ++a) {
            for (int b = 0; b < kLetters; ++b) d[a][b] = std::min(d[a][b], d[a][k] + d[k][b]);
        }
    }
    return d;
}

// What each node carries: in and out.
using State = std::vector<std::array<int, 2>>;

int cost_of(const Case& c, const Distances& d, const State& state, std::size_t relaxed = 99) {
    int cost = 0;
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        const auto [in, out] = state[n];
        if (!c.nodes[n].convert && in != out) return kNever;
        if (n != relaxed && (c.nodes[n].formats.rank(in) < 0 || c.nodes[n].formats.rank(out) < 0)) {
            return kNever;
        }
        cost += in == out ? 0 : 1;
    }
    for (const auto& [from, to] : c.links) cost += d[state[from][1]][state[to][0]];
    return std::min(cost, kNever);
}

std::vector<int> ranks_of(const Case& c, const State& state) {
    std::vector<bool> is_source(c.nodes.size(), true);
    for (const auto& link : c.links) is_source[link[1]] = false;
    std::vector<int> ranks;
    for (const bool sources : {true, false}) {
        for (std::size_t n = 0; n < c.nodes.size(); ++n) {
            if (is_source[n] != sources) continue;
            ranks.push_back(c.nodes[n].formats.rank(state[n][0]));
            ranks.push_back(c.nodes[n].formats.rank(state[n][1]));
        }
    }
    return ranks;
}

struct Best {
    int cost = kNever;
    std::vector<int> ranks;
};

Best best_of_all(const Case& c) {
    const Distances d = distances(c);
    Best best;
    State state(c.nodes.size(), {0, 0});
    while (true) {
        const int cost = cost_of(c, d, state);
        if (cost < kNever && cost <= best.cost) {
            std::vector<int> ranks = ranks_of(c, state);
            if (cost < best.cost || ranks < best.ranks) best = {cost, std::move(ranks)};
        }
        std::size_t digit = 0;
        for (; digit < 2 * state.size(); ++digit) {
            const bool passes = !c.nodes[digit / 2].convert;
            if (passes && digit % 2 == 1) continue;
            int& letter = state[digit / 2][digit % 2];
            if (++letter < kLetters) {
                if (passes) state[digit / 2][1] = letter;
                break;
            }
            letter = 0;
            if (passes) state[digit / 2][1] = 0;
        }
        if (digit == 2 * state.size()) return best;
    }
}

int letter(const Structure& caps) {
    return caps.media_type() == "ANY" ? -1 : static_cast<int>(caps.get_int("x").value_or(-1));
}

// What the solution says each node carries; nothing for a side that no link tells of.
State state_of(const Case& c, const Made& made, const NegotiationSolution& solution) {
    State state(c.nodes.size(), {-1, -1});
    for (std::size_t i = 0; i < c.links.size(); ++i) {
        const std::size_t link = made.links[i];
        Structure end = solution.link_caps[link];
        for (const InsertedConverter& each : solution.inserted) {
            if (each.link == link) end = each.to;
        }
        state[c.links[i][0]][1] = letter(solution.link_caps[link]);
        state[c.links[i][1]][0] = letter(end);
    }
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        if (!c.nodes[n].convert) {
            const int known = std::max(state[n][0], state[n][1]);
            state[n] = {known, known};
            continue;
        }
        for (std::size_t side = 0; side < 2; ++side) {
            int& known = state[n][side];
            if (known < 0) known = state[n][1 - side];
        }
    }
    // A node on its own carries what it likes best.
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        if (state[n][0] < 0) state[n].fill(c.nodes[n].formats.alternatives[0][0]);
    }
    return state;
}

bool solvable_without(const Case& c, std::size_t relaxed) {
    const Distances d = distances(c);
    State state(c.nodes.size(), {0, 0});
    while (true) {
        if (cost_of(c, d, state, relaxed) < kNever) return true;
        std::size_t digit = 0;
        while (digit < 2 * state.size() && ++state[digit / 2][digit % 2] == kLetters) {
            state[digit / 2][digit % 2] = 0;
            ++digit;
        }
        if (digit == 2 * state.size()) return false;
    }
}

void check_case(const Case& c, bool explained) {
    const Best best = best_of_all(c);
    const Made made = make(c);
    const auto solved = negotiate(made.problem);
    REQUIRE(solved.has_value() == (best.cost < kNever));
    if (solved) {
        const State state = state_of(c, made, *solved);
        REQUIRE(static_cast<int>(solved->cost) == best.cost);
        REQUIRE(cost_of(c, distances(c), state) == best.cost);
        REQUIRE(ranks_of(c, state) == best.ranks);
        for (const InsertedConverter& each : solved->inserted) REQUIRE(each.from != each.to);
        return;
    }
    const std::vector<std::string>& names = solved.error().names;
    REQUIRE_FALSE(names.empty());
    // With only one name in it, that node alone can be had in no way; else each is needed.
    if (!explained) return;
    Case only = c;
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        if (std::ranges::find(names, "n" + std::to_string(n)) != names.end()) continue;
        only.nodes[n].formats.alternatives = {{0}, {1}, {2}, {3}};
    }
    REQUIRE(best_of_all(only).cost == kNever);
    for (std::size_t n = 0; n < c.nodes.size(); ++n) {
        if (std::ranges::find(names, "n" + std::to_string(n)) == names.end()) continue;
        REQUIRE(solvable_without(only, n));
    }
}

TEST_CASE("negotiate: 10 000 random graphs cost what the cheapest of all assignments costs") {
    for (unsigned seed = 0; seed < 10'000; ++seed) {
        CAPTURE(seed);
        Dice dice(seed);
        check_case(random_case(dice, seed % 3 == 0), seed % 5 == 0);
    }
}

}  // namespace
}  // namespace parallax
