#include "media/assign.h"

#include <string>
#include <vector>

#include <rapidcheck.h>

#include <doctest/doctest.h>

namespace parallax {
namespace {

int pick(int min, int max) { return *rc::gen::inRange(min, max + 1); }

// Any graph, of up to seven variables with up to four values, prices small so that ties are common.
AssignProblem random_problem() {
    AssignProblem p;
    const int variables = pick(1, 7);
    for (int v = 0; v < variables; ++v) {
        std::vector<AssignProblem::Choice> choices;
        const int count = pick(1, 3);
        std::uint32_t rank = 0;
        for (int i = 0; i < count; ++i) {
            choices.push_back({static_cast<std::uint32_t>((i * 3 + v) % 4), rank});
            rank += static_cast<std::uint32_t>(pick(0, 1));
        }
        p.choices.push_back(std::move(choices));
    }
    const int pairs = variables < 2 ? 0 : pick(0, 9);
    for (int i = 0; i < pairs; ++i) {
        const int a = pick(0, variables - 1);
        const int b = (a + pick(1, variables - 1)) % variables;
        PriceTable table(4);
        for (std::size_t x = 0; x < 4; ++x) {
            for (std::size_t y = 0; y < 4; ++y) {
                const int price = pick(0, 4);
                if (price < 4) table.at(x, y) = static_cast<Price>(price);
            }
        }
        p.pairs.push_back(
            {static_cast<std::size_t>(a), static_cast<std::size_t>(b), p.tables.size()});
        p.tables.push_back(std::move(table));
    }
    return p;
}

Price price_of(const AssignProblem& p, const std::vector<std::size_t>& at) {
    Price sum = 0;
    for (const auto& pair : p.pairs) {
        sum = add_prices(sum, p.prices(pair).at(p.choices[pair.a][at[pair.a]].value,
                                                p.choices[pair.b][at[pair.b]].value));
    }
    return sum;
}

// All of them, one after the other.
struct Best {
    Price price = kImpossible;
    std::vector<std::uint32_t> ranks;
};
Best best_of_all(const AssignProblem& p) {
    Best best;
    std::vector<std::size_t> at(p.choices.size(), 0);
    while (true) {
        const Price price = price_of(p, at);
        std::vector<std::uint32_t> ranks;
        for (std::size_t v = 0; v < at.size(); ++v) ranks.push_back(p.choices[v][at[v]].rank);
        if (price < best.price ||
            (price < kImpossible && price == best.price && ranks < best.ranks)) {
            best = {price, ranks};
        }
        std::size_t v = 0;
        while (v < at.size() && ++at[v] == p.choices[v].size()) at[v++] = 0;
        if (v == at.size()) return best;
    }
}

TEST_CASE("assign: as cheap as the best of all answers, and as well liked") {
    CHECK(rc::check([] {
        const AssignProblem p = random_problem();
        const Best best = best_of_all(p);
        const auto found = assign(p);
        RC_ASSERT(found.has_value() == (best.price < kImpossible));
        RC_ASSERT(*assignable(p) == found.has_value());
        if (!found) return;
        RC_ASSERT(found->price == best.price);
        std::vector<std::size_t> at;
        std::vector<std::uint32_t> ranks;
        for (std::size_t v = 0; v < p.choices.size(); ++v) {
            std::size_t i = 0;
            while (p.choices[v][i].value != found->values[v]) ++i;
            at.push_back(i);
            ranks.push_back(p.choices[v][i].rank);
        }
        RC_ASSERT(price_of(p, at) == best.price);
        RC_ASSERT(ranks == best.ranks);
    }));
}

TEST_CASE("assign: a variable without choices, and two that cannot go together, are impossible") {
    AssignProblem p{.choices = {{}}, .pairs = {}, .tables = {}};
    CHECK(assign(p).error() == AssignFailure::impossible);
    p.choices = {{{0, 0}}, {{1, 0}}};
    p.pairs.push_back({0, 1, 0});
    p.tables.emplace_back(2);
    CHECK(assign(p).error() == AssignFailure::impossible);
    CHECK_FALSE(*assignable(p));
    CHECK(assign({}).value().price == 0);
}

TEST_CASE("assign: a long chain is asked link by link, also where everything is tied") {
    constexpr std::size_t length = 1000;
    constexpr std::uint32_t values = 40;
    AssignProblem p;
    // Any change costs the same, wherever it is made.
    p.tables.emplace_back(values + 1, values + 1, 1);
    for (std::uint32_t x = 0; x <= values; ++x) p.tables[0].at(x, x) = 0;
    p.choices.push_back({{values, 0}});  // What nobody else has.
    for (std::size_t v = 1; v < length; ++v) {
        p.choices.emplace_back();
        for (std::uint32_t x = 0; x < values; ++x) p.choices.back().push_back({x, x});
        p.pairs.push_back({v - 1, v, 0});
    }
    const auto found = assign(p);
    REQUIRE(found);
    CHECK(found->price == 1);
    CHECK(found->values.back() == 0);
    // And where it ends is for the last to say only if no one before it cares.
    for (std::size_t v = 1; v + 1 < length; ++v) {
        for (auto& choice : p.choices[v]) choice.rank = 0;
    }
    p.choices.back() = {{7, 0}};
    const auto other = assign(p);
    REQUIRE(other);
    CHECK(other->price == 1);
    CHECK(other->values[1] == 7);
}

TEST_CASE("assign: a graph that hangs together everywhere is refused, not pondered for ever") {
    AssignProblem p;
    p.tables.emplace_back(8, 8, 1);
    for (std::size_t v = 0; v < 40; ++v) {
        std::vector<AssignProblem::Choice> choices;
        for (std::uint32_t i = 0; i < 8; ++i) choices.push_back({i, i});
        p.choices.push_back(std::move(choices));
        for (std::size_t u = 0; u < v; ++u) p.pairs.push_back({u, v, 0});
    }
    CHECK(assign(p).error() == AssignFailure::table_too_large);
}

}  // namespace
}  // namespace parallax
