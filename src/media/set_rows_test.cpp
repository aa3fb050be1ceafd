#include "media/set_rows.h"

#include <array>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "media/atom_rows.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

std::vector<Structure> sets() {
    static constexpr std::array<std::string_view, 14> kTexts{"v",
                                                             "v(ANY)",
                                                             "v(memory:GPU)",
                                                             "v(memory:GPU),a=[1,5]",
                                                             "w,a=[1,5]",
                                                             "v,a=[1,9]",
                                                             "v,a=[3,20]",
                                                             "v,a={5,4}",
                                                             "v,a={4,5}",
                                                             "v,f={RGB,NV12}",
                                                             "v,f={NV12,I420},a=[1,4]",
                                                             "v,f=RGB,b=1/2",
                                                             "v(ANY),f={NV12,RGB},a=4",
                                                             "v,a={[1,2],[4,9]},b=[0/1,30/1]"};
    std::vector<Structure> all;
    for (const std::string_view text : kTexts) {
        all.push_back(unwrap(parse_caps(text)).structures().front());
    }
    return all;
}

TEST_CASE("set rows: a row stands for its set, in whatever order its lists are written") {
    SetRows rows;
    for (const Structure& each : sets()) CHECK(rows.set(rows.row(each)) == canonical(each));
    const std::vector<Structure> all = sets();
    CHECK(rows.row(all[7]) == rows.row(all[8]));
}

TEST_CASE("set rows: two rows meet, and lie in each other, as their sets do") {
    SetRows rows;
    for (const Structure& a : sets()) {
        for (const Structure& b : sets()) {
            CAPTURE(to_string(a));
            CAPTURE(to_string(b));
            const auto both = rows.meet(rows.row(a), rows.row(b));
            const auto wanted = intersect(a, b);
            REQUIRE(both.has_value() == wanted.has_value());
            CHECK(rows.meets(rows.row(a), rows.row(b)) == wanted.has_value());
            if (both) CHECK(rows.set(*both) == canonical(*wanted));
            CHECK(rows.inside(rows.row(a), rows.row(b)) == is_subset(Caps(a), Caps(b)));
        }
    }
}

TEST_CASE("set rows: numbered rows are known again, and forgotten from a number on") {
    SetRows rows;
    NumberedRows numbered;
    const std::vector<Structure> all = sets();
    CHECK(numbered.add(rows.row(all[0])).second);
    CHECK(numbered.add(rows.row(all[5])).second);
    CHECK_FALSE(numbered.add(rows.row(all[0])).second);
    numbered.cut(1);
    CHECK(numbered.size() == 1);
    CHECK_FALSE(numbered.add(rows.row(all[0])).second);
    CHECK(numbered.add(rows.row(all[5])).second);
}

// Pairs of alternatives, so that some hold an atom only together.
TEST_CASE("atom rows: atoms lie in sets, touch and meet them as worked out one by one") {
    const std::vector<Structure> all = sets();
    const Atoms atoms = Atoms::make(all, {.most = 500});
    REQUIRE(atoms.is_complete());
    AtomRows rows(atoms);
    std::vector<Caps> others{Caps::any(), Caps::empty()};
    for (const Structure& a : all) {
        for (const Structure& b : all) {
            Caps two{a};
            two.append(b);
            others.push_back(std::move(two));
        }
    }
    for (const Caps& other : others) {
        const AtomRows::Set set = rows.set(other);
        for (std::size_t a = 0; a < atoms.size(); ++a) {
            CAPTURE(to_string(other));
            CAPTURE(to_string(atoms[a]));
            CHECK(rows.inside(a, set) == is_subset(atoms[a], other));
            CHECK(rows.touches(a, set) == can_intersect(atoms[a], other));
            CHECK(rows.meets(a, set) == atoms.meets(a, other));
        }
    }
}

}  // namespace
}  // namespace parallax
