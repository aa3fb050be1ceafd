#include "media/reach.h"

#include <vector>

#include <rapidcheck.h>

#include <doctest/doctest.h>

namespace parallax {
namespace {

using Rows = std::vector<std::vector<bool>>;

// More than one word of bits in half of the cases.
std::size_t random_size() {
    return *rc::gen::inRange<std::size_t>(1, *rc::gen::arbitrary<bool>() ? 6 : 80);
}
std::vector<bool> random_set(std::size_t size) {
    return *rc::gen::container<std::vector<bool>>(size, rc::gen::arbitrary<bool>());
}
Rows random_rows(std::size_t size) {
    Rows rows;
    for (std::size_t a = 0; a < size; ++a) rows.push_back(random_set(size));
    return rows;
}

// What can be had of b from a by way of any in `between`.
bool by_way_of(const std::vector<bool>& first, const std::vector<bool>& between, const Rows& second,
               std::size_t b) {
    for (std::size_t v = 0; v < between.size(); ++v) {
        if (first[v] && between[v] && second[v][b]) return true;
    }
    return false;
}

bool any_of_them(const Rows& rows, const std::vector<bool>& members, std::size_t b) {
    return by_way_of(std::vector<bool>(members.size(), true), members, rows, b);
}

TEST_CASE("reach: sets answer as they do written out") {
    CHECK(rc::check([] {
        const std::size_t size = random_size();
        const Rows rows = random_rows(size);
        const std::vector<bool> members = random_set(size);
        const std::vector<bool> rest = random_set(size);
        Reach reach(size);
        const auto set = reach.set(members);
        const auto met = reach.meet(set, reach.set(rest));
        const auto image = reach.image(reach.table(rows), set);
        for (std::size_t v = 0; v < size; ++v) {
            RC_ASSERT(reach.holds(met, v) == (members[v] && rest[v]));
            RC_ASSERT(reach.holds(image, v) == any_of_them(rows, members, v));
        }
    }));
}

TEST_CASE("reach: tables answer as they do written out") {
    CHECK(rc::check([] {
        const std::size_t size = random_size();
        const Rows rows = random_rows(size);
        const Rows others = random_rows(size);
        const std::vector<bool> members = random_set(size);
        Reach reach(size);
        const auto first = reach.table(rows);
        const auto second = reach.table(others);
        const auto turned = reach.turned(first);
        const auto both = reach.both(first, second);
        const auto through = reach.through(first, reach.set(members), second);
        for (std::size_t i = 0; i < size * size; ++i) {
            const std::size_t a = i / size;
            const std::size_t b = i % size;
            RC_ASSERT(reach.follows(turned, a, b) == rows[b][a]);
            RC_ASSERT(reach.follows(both, a, b) == (rows[a][b] && others[a][b]));
            RC_ASSERT(reach.follows(through, a, b) == by_way_of(rows[a], members, others, b));
        }
        RC_ASSERT(reach.turned(turned) == first);
    }));
}

TEST_CASE("reach: nothing, everything and the open table have numbers of their own") {
    for (const std::size_t size : {std::size_t{1}, std::size_t{64}, std::size_t{65}}) {
        Reach reach(size);
        CHECK(reach.set(std::vector<bool>(size, false)) == Reach::kNothing);
        CHECK(reach.set(std::vector<bool>(size, true)) == Reach::kEverything);
        CHECK(reach.table(Rows(size, std::vector<bool>(size, true))) == Reach::kOpen);
        CHECK(reach.image(Reach::kOpen, Reach::kNothing) == Reach::kNothing);
        CHECK(reach.image(Reach::kOpen, Reach::kEverything) == Reach::kEverything);
    }
}

}  // namespace
}  // namespace parallax
