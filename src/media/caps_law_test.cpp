// The laws of the algebra, tried on random caps; sets are judged point by point by a second,
// simple-minded implementation below.
#include <algorithm>
#include <string>
#include <vector>

#include <rapidcheck.h>

#include <doctest/doctest.h>

#include "parallax/caps.h"

namespace parallax {

// For rapidcheck's reports.
static void showValue(const Caps& caps, std::ostream& os) { os << to_string(caps); }
static void showValue(const Value& value, std::ostream& os) { os << to_string(value); }

namespace {

// ── Random values over a small domain, so that sets do meet ─────────────────────────────────

int pick(int min, int max) { return *rc::gen::inRange(min, max + 1); }

Value random_item() {
    const int a = pick(-4, 8);
    const int b = pick(a, 8);
    switch (pick(0, 9)) {
        case 0:
        case 1:
            return a;
        case 2:
            return IntRange{a, b};
        case 3:
        case 4: {
            const int step = pick(1, 5);
            const IntRange range{a, b, step};
            for (int x = a; x <= b; ++x) {
                if (x % step == 0) return range;
            }
            return a;
        }
        case 5:
            return static_cast<double>(a);
        case 6:
            return DoubleRange{static_cast<double>(a), static_cast<double>(b)};
        case 7:
            return Fraction(a, 1);
        case 8:
            return FractionRange{Fraction(a, 1), Fraction(b, 1)};
        default:
            return pick(0, 1) == 0 ? Value(pick(0, 1) == 0) : Value(pick(0, 1) ? "A" : "B");
    }
}

Value random_value() {
    std::vector<Value> items;
    const int count = std::max(1, pick(-2, 5));
    for (int i = 0; i < count; ++i) items.push_back(random_item());
    return list_of(std::move(items));
}

Structure random_structure() {
    Features features;
    const int kind = pick(0, 5);
    if (kind == 0) features = Features::any();
    if (kind == 1) features = Features({"memory:A"});
    Structure structure(pick(0, 5) == 0 ? "n" : "m", features);
    for (const char* field : {"x", "y", "z"}) {
        if (pick(0, 2) != 0) structure.set(field, random_value());
    }
    return structure;
}

Caps random_caps() {
    if (pick(0, 19) == 0) return Caps::any();
    Caps caps;
    const int count = pick(0, 4);
    for (int i = 0; i < count; ++i) caps.append(random_structure());
    return caps;
}

// ── The oracle: which points are in a set, and all points that matter ───────────────────────

bool in_item(const Value& item, const Value& point) {
    if (const auto* r = item.get<IntRange>()) {
        const auto* x = point.get<std::int64_t>();
        return x && *x >= r->min && *x <= r->max && *x % r->step == 0;
    }
    if (const auto* r = item.get<DoubleRange>()) {
        const auto* x = point.get<double>();
        return x && *x >= r->min && *x <= r->max;
    }
    if (const auto* r = item.get<FractionRange>()) {
        const auto* x = point.get<Fraction>();
        return x && x->as_double() >= r->min.as_double() && x->as_double() <= r->max.as_double();
    }
    return item == point;
}

bool in_value(const Value& value, const Value& point) {
    const auto* list = value.get<List>();
    if (list == nullptr) return in_item(value, point);
    return std::ranges::any_of(list->items(), [&](const Value& i) { return in_item(i, point); });
}

// Ranges end at whole numbers, so halves stand for all that lies between; "other" for the rest.
const std::vector<Value>& points() {
    static const std::vector<Value> all = [] {
        std::vector<Value> made{true, false, "A", "B", "other"};
        for (int x = -5; x <= 9; ++x) made.emplace_back(x);
        for (int x = -10; x <= 18; ++x) {
            made.emplace_back(x / 2.0);
            made.emplace_back(Fraction(x, 2));
        }
        return made;
    }();
    return all;
}

struct Point {
    std::string media_type;
    Features features;
    std::vector<Value> fields;  // x, y, z
};

bool in_caps(const Caps& caps, const Point& point) {
    if (caps.is_any()) return true;
    return std::ranges::any_of(caps.structures(), [&](const Structure& s) {
        if (s.media_type() != point.media_type) return false;
        if (!s.features().is_any() && s.features() != point.features) return false;
        for (int i = 0; i < 3; ++i) {
            const Value* set = s.find(std::string(1, static_cast<char>('x' + i)));
            if (set && !in_value(*set, point.fields[static_cast<std::size_t>(i)])) return false;
        }
        return true;
    });
}

// A few hundred random points, most of them inside one of the caps.
std::vector<Point> some_points() {
    std::vector<Point> made;
    for (int i = 0; i < 150; ++i) {
        Point point{.media_type = pick(0, 5) == 0 ? "n" : "m", .features = {}, .fields = {}};
        const int kind = pick(0, 2);
        if (kind == 0) point.features = Features({"memory:A"});
        if (kind == 1) point.features = Features({"memory:Other"});
        for (int f = 0; f < 3; ++f) {
            point.fields.push_back(
                points()[static_cast<std::size_t>(pick(0, static_cast<int>(points().size()) - 1))]);
        }
        made.push_back(std::move(point));
    }
    return made;
}

TEST_CASE("caps law: a value is in a meet exactly when it is in both") {
    CHECK(rc::check([] {
        const Value a = random_value();
        const Value b = random_value();
        const auto both = intersect(a, b);
        for (const Value& point : points()) {
            RC_ASSERT((both && in_value(*both, point)) ==
                      (in_value(a, point) && in_value(b, point)));
        }
    }));
}

TEST_CASE("caps law: the exact subset of values agrees with looking at every point") {
    CHECK(rc::check([] {
        const Value a = random_value();
        const Value b = random_value();
        const bool wanted = std::ranges::all_of(
            points(), [&](const Value& p) { return !in_value(a, p) || in_value(b, p); });
        RC_ASSERT(is_subset(a, b) == wanted);
    }));
}

TEST_CASE("caps law: nearest is in the set, and no point is nearer") {
    CHECK(rc::check([] {
        const Value set = random_value();
        const int target = pick(-9, 14);
        const auto found = nearest(set, target);
        std::optional<double> best;
        const auto number = [](const Value& v) -> std::optional<double> {
            if (const auto* x = v.get<std::int64_t>()) return static_cast<double>(*x);
            if (const auto* x = v.get<double>()) return *x;
            if (const auto* x = v.get<Fraction>()) return x->as_double();
            return std::nullopt;
        };
        for (const Value& p : points()) {
            if (!in_value(set, p) || !number(p)) continue;
            const double away = std::abs(*number(p) - target);
            if (!best || away < *best) best = away;
        }
        RC_ASSERT(found.has_value() == best.has_value());
        if (found) RC_ASSERT(in_value(set, *found));
        if (found) RC_ASSERT(std::abs(*number(*found) - target) == *best);
    }));
}

TEST_CASE("caps law: meeting is pointwise, commutative, associative, idempotent, monotone") {
    CHECK(rc::check([] {
        const Caps a = random_caps();
        const Caps b = random_caps();
        const Caps c = random_caps();
        const Caps both = intersect(a, b);
        for (const Point& point : some_points()) {
            RC_ASSERT(in_caps(both, point) == (in_caps(a, point) && in_caps(b, point)));
        }
        RC_ASSERT(can_intersect(a, b) == !both.is_empty());
        RC_ASSERT(equal(both, intersect(b, a)));
        RC_ASSERT(equal(intersect(both, c), intersect(a, intersect(b, c))));
        RC_ASSERT(equal(intersect(a, a), a));
        RC_ASSERT(is_subset(both, a));
        RC_ASSERT(is_subset(both, b));
        RC_ASSERT(is_subset(intersect(both, c), intersect(a, c)));
        RC_ASSERT(equal(intersect(a, Caps::any()), a));
        RC_ASSERT(intersect(a, Caps::empty()).is_empty());
    }));
}

TEST_CASE("caps law: a subset that is claimed has no point outside, and the other way round") {
    CHECK(rc::check([] {
        const Caps a = random_caps();
        const Caps b = random_caps();
        const bool subset = is_subset(a, b);
        for (const Point& point : some_points()) {
            if (subset) RC_ASSERT(!in_caps(a, point) || in_caps(b, point));
        }
        RC_ASSERT(subset == equal(intersect(a, b), a));
        RC_ASSERT(is_subset(a, a));
    }));
}

// One field only, so that every point can be looked at and a false "no" would be seen.
TEST_CASE("caps law: several alternatives that cover one together are known to") {
    CHECK(rc::check([] {
        const auto caps_of = [](int alternatives) {
            Caps caps;
            for (int i = 0; i < alternatives; ++i) {
                caps.append(
                    Structure("m").with("x", random_value()).with("y", IntRange{0, pick(1, 3)}));
            }
            return caps;
        };
        const Caps a = caps_of(1);
        const Caps b = caps_of(pick(1, 5));
        bool wanted = true;
        for (const Value& x : points()) {
            for (int y = 0; y <= 3; ++y) {
                const Point point{.media_type = "m", .features = {}, .fields = {x, y, 0}};
                wanted = wanted && (!in_caps(a, point) || in_caps(b, point));
            }
        }
        RC_ASSERT(is_subset(a, b) == wanted);
    }));
}

TEST_CASE("caps law: simplify keeps the set and the first choice; fixate stays inside") {
    CHECK(rc::check([] {
        const Caps a = random_caps();
        const Caps simple = simplify(a);
        RC_ASSERT(equal(a, simple));
        RC_ASSERT(a.is_any() || simple.structures().size() <= a.structures().size());
        const auto fixed = fixate(a);
        RC_ASSERT(fixed.has_value() == !a.is_any());
        if (fixed) RC_ASSERT(is_subset(*fixed, a));
        if (fixed && !a.is_empty()) RC_ASSERT(is_fixed(*fixed));
        if (fixed) RC_ASSERT(fixate(simple) == fixed);
    }));
}

TEST_CASE("caps law: text goes to caps and back unchanged") {
    CHECK(rc::check([] {
        const Caps a = random_caps();
        const auto back = parse_caps(to_string(a));
        RC_ASSERT(back.has_value());
        RC_ASSERT(*back == a);
    }));
    CHECK(rc::check([](const std::string& word) {
        if (word.find('\0') != std::string::npos) return;
        const Caps a = Structure("m").with("x", word);
        RC_ASSERT(*parse_caps(to_string(a)) == a);
    }));
}

TEST_CASE("caps law: the order of the first is the order of the meet") {
    CHECK(rc::check([] {
        std::vector<int> order(9);
        for (int i = 0; i < 9; ++i) order[static_cast<std::size_t>(i)] = i;
        std::vector<Value> left;
        for (const int x : *rc::gen::container<std::vector<int>>(rc::gen::elementOf(order))) {
            left.emplace_back(x);
        }
        left.emplace_back(3);
        const Value a = list_of(left);
        const Value b = list_of({random_item(), 3});
        const Value both = *intersect(a, b);
        std::vector<Value> wanted;
        for (const Value& x : left) {
            if (in_value(b, x) && std::ranges::find(wanted, x) == wanted.end()) wanted.push_back(x);
        }
        RC_ASSERT(both == list_of(wanted));
    }));
}

}  // namespace
}  // namespace parallax
