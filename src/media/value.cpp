#include "parallax/value.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "media/cover.h"
#include "media/numbers.h"

namespace parallax {
namespace {

Int128 gcd128(Int128 a, Int128 b) {
    while (b != 0) a = std::exchange(b, a % b);
    return a < 0 ? -a : a;
}

std::optional<Value> meet(const IntRange& a, const IntRange& b) {
    const Int128 step = lcm128(a.step, b.step);
    const Int128 low = multiple_up(std::max(a.min, b.min), step);
    const Int128 high = multiple_down(std::min(a.max, b.max), step);
    if (low > high) return std::nullopt;
    const auto min = static_cast<std::int64_t>(low);
    const auto max = static_cast<std::int64_t>(high);
    if (min == max) return Value(min);
    // Steps above 63 bits leave at most INT64_MIN and 0.
    if (!fits_int64(step)) return list_of({Value(min), Value(max)});
    return Value(IntRange{min, max, static_cast<std::int64_t>(step)});
}

template <class Range>
std::optional<Value> meet_dense(const Range& a, const Range& b) {
    const Range both{std::max(a.min, b.min), std::min(a.max, b.max)};
    if (both.max < both.min) return std::nullopt;
    return Value(both);
}

// Neither side is a list.
std::optional<Value> meet_items(const Value& a, const Value& b) {
    if (is_fixed(a)) return contains(b, a) ? std::optional(a) : std::nullopt;
    if (is_fixed(b)) return contains(a, b) ? std::optional(b) : std::nullopt;
    if (a.kind().index() != b.kind().index()) return std::nullopt;
    if (const auto* range = a.get<IntRange>()) return meet(*range, *b.get<IntRange>());
    if (const auto* range = a.get<DoubleRange>()) return meet_dense(*range, *b.get<DoubleRange>());
    return meet_dense(*a.get<FractionRange>(), *b.get<FractionRange>());
}

std::span<const Value> items_of(const Value& value) {
    if (const auto* list = value.get<List>()) return list->items();
    return {&value, 1};
}

// Cheap and enough for normal form: within one other item, not within several together.
bool inside_item(const Value& inner, const Value& outer) {
    if (is_fixed(inner)) return contains(outer, inner);
    if (inner == outer) return true;
    if (is_fixed(outer) || inner.kind().index() != outer.kind().index()) return false;
    return meet_items(inner, outer) == inner;
}

long double distance(const Value& a, const Value& b) {
    if (const auto* x = a.get<std::int64_t>()) {
        const Int128 gap = Int128{*x} - *b.get<std::int64_t>();
        return static_cast<long double>(gap < 0 ? -gap : gap);
    }
    if (const auto* x = a.get<double>()) {
        return std::fabs(static_cast<long double>(*x) - static_cast<long double>(*b.get<double>()));
    }
    if (const auto* x = a.get<Fraction>()) {
        const auto* y = b.get<Fraction>();
        const Int128 gap = Int128{x->num()} * y->den() - Int128{y->num()} * x->den();
        return static_cast<long double>(gap < 0 ? -gap : gap) /
               static_cast<long double>(Int128{x->den()} * y->den());
    }
    return 0;
}

Value nearest_in(const IntRange& range, std::int64_t target) {
    const std::int64_t inside = std::clamp(target, range.min, range.max);
    const Int128 low = multiple_down(inside, range.step);  // Both ends are multiples: stays inside.
    const Int128 high = multiple_up(inside, range.step);
    return static_cast<std::int64_t>(high - inside < inside - low ? high : low);
}

// The same number in the kind of the set's item, so that "30" comes near to 25/1.
std::optional<Value> in_kind_of(const Value& item, const Value& target) {
    const auto* whole = target.get<std::int64_t>();
    const bool dense = item.get<double>() || item.get<DoubleRange>();
    const bool fraction = item.get<Fraction>() || item.get<FractionRange>();
    if (whole && fraction) return Value(Fraction(*whole, 1));
    if (whole && dense) return Value(static_cast<double>(*whole));
    if (target.get<Fraction>() && dense) return Value(target.get<Fraction>()->as_double());
    const bool same = item.kind().index() == target.kind().index() ||
                      (whole && item.get<IntRange>()) || (target.get<double>() && dense) ||
                      (target.get<Fraction>() && fraction);
    return same ? std::optional(target) : std::nullopt;
}

std::optional<Value> nearest_in_item(const Value& item, const Value& wanted) {
    const auto target = in_kind_of(item, wanted);
    if (!target) return std::nullopt;
    if (const auto* range = item.get<IntRange>()) {
        return nearest_in(*range, *target->get<std::int64_t>());
    }
    if (const auto* range = item.get<DoubleRange>()) {
        return Value(std::clamp(*target->get<double>(), range->min, range->max));
    }
    if (const auto* range = item.get<FractionRange>()) {
        return Value(std::clamp(*target->get<Fraction>(), range->min, range->max));
    }
    const bool word = item.get<std::string>() || item.get<bool>();
    return word && item != *target ? std::nullopt : std::optional(item);
}

}  // namespace

std::optional<Fraction> Fraction::make(std::int64_t num, std::int64_t den) {
    if (den == 0) return std::nullopt;
    const Int128 sign = den < 0 ? -1 : 1;
    const Int128 common = gcd128(num, den);
    const Int128 n = sign * num / common;
    const Int128 d = sign * den / common;
    if (!fits_int64(n) || !fits_int64(d)) return std::nullopt;
    Fraction fraction;
    fraction.num_ = static_cast<std::int64_t>(n);
    fraction.den_ = static_cast<std::int64_t>(d);
    return fraction;
}

Fraction::Fraction(std::int64_t num, std::int64_t den) {
    const auto made = make(num, den);
    PX_CHECK(made.has_value());
    *this = *made;
}

std::strong_ordering Fraction::operator<=>(const Fraction& other) const {
    const Int128 left = Int128{num_} * other.den_;
    const Int128 right = Int128{other.num_} * den_;
    if (left == right) return std::strong_ordering::equal;
    return left < right ? std::strong_ordering::less : std::strong_ordering::greater;
}

List::List(std::vector<Value> items) : items_(std::move(items)) {}
std::span<const Value> List::items() const { return items_; }

// Mostly words, and compared more than anything else: not by way of all kinds.
bool List::operator==(const List& other) const {
    return std::ranges::equal(items_, other.items_, [](const Value& a, const Value& b) {
        const auto* left = a.get<std::string>();
        const auto* right = b.get<std::string>();
        return left && right ? *left == *right : a == b;
    });
}

Value::Value(double number) : kind_(number == 0 ? 0.0 : number) {  // One zero, not two.
    PX_CHECK(!std::isnan(number));
}

Value::Value(IntRange range) {
    PX_CHECK(range.step >= 1);
    const Int128 low = multiple_up(range.min, range.step);
    const Int128 high = multiple_down(range.max, range.step);
    PX_CHECK(low <= high);
    range.min = static_cast<std::int64_t>(low);
    range.max = static_cast<std::int64_t>(high);
    if (range.min == range.max) {
        kind_ = range.min;
    } else {
        kind_ = range;
    }
}

Value::Value(DoubleRange range) {
    PX_CHECK(range.min <= range.max);  // False for NaN as well.
    range.min = range.min == 0 ? 0.0 : range.min;
    range.max = range.max == 0 ? 0.0 : range.max;
    if (range.min == range.max) {
        kind_ = range.min;
    } else {
        kind_ = range;
    }
}

Value::Value(FractionRange range) {
    PX_CHECK(range.min <= range.max);
    if (range.min == range.max) {
        kind_ = range.min;
    } else {
        kind_ = range;
    }
}

Value list_of(std::vector<Value> items) {
    PX_CHECK(!items.empty());
    std::vector<Value> flat;
    flat.reserve(items.size());
    const auto add = [&flat](Value item) {
        const auto inside = [&item](const Value& earlier) { return inside_item(item, earlier); };
        if (std::ranges::none_of(flat, inside)) flat.push_back(std::move(item));
    };
    for (Value& item : items) {
        if (const auto* list = item.get<List>()) {
            for (const Value& part : list->items()) add(part);
        } else {
            add(std::move(item));
        }
    }
    if (flat.size() == 1) return std::move(flat.front());
    return Value(List(std::move(flat)));
}

std::optional<Value> intersect(const Value& a, const Value& b) {
    if (a == b) return a;
    if (!a.get<List>() && !b.get<List>()) return meet_items(a, b);
    std::vector<Value> both;
    bool distinct = true;  // Words and numbers of a normal list stay so; parts of ranges may not.
    for (const Value& left : items_of(a)) {
        if (is_fixed(left)) {
            if (contains(b, left)) both.push_back(left);
            continue;
        }
        distinct = false;
        for (const Value& right : items_of(b)) {
            if (auto part = meet_items(left, right)) both.push_back(*std::move(part));
        }
    }
    if (both.empty()) return std::nullopt;
    if (both.size() == 1) return std::move(both.front());
    return distinct ? Value(List(std::move(both))) : list_of(std::move(both));
}

bool is_subset(const Value& a, const Value& b) {
    if (a == b) return true;
    const auto items = items_of(a);
    if (std::ranges::all_of(items, [](const Value& item) { return is_fixed(item); })) {
        return std::ranges::all_of(items, [&b](const Value& item) { return contains(b, item); });
    }
    const Value* const outer = &b;
    const auto classes = cover_classes(a, {&outer, 1});
    return std::ranges::none_of(classes, [](const Accepting& by) { return by.empty(); });
}

bool is_fixed(const Value& value) {
    return !value.get<IntRange>() && !value.get<DoubleRange>() && !value.get<FractionRange>() &&
           !value.get<List>();
}

Value fixate(const Value& value) {
    if (const auto* range = value.get<IntRange>()) return range->min;
    if (const auto* range = value.get<DoubleRange>()) return range->min;
    if (const auto* range = value.get<FractionRange>()) return range->min;
    if (const auto* list = value.get<List>()) return fixate(list->items().front());
    return value;
}

std::optional<Value> nearest(const Value& value, const Value& target) {
    std::optional<Value> best;
    long double best_distance = 0;
    for (const Value& item : items_of(value)) {
        auto found = nearest_in_item(item, target);
        if (!found) continue;
        const long double away = distance(*found, *in_kind_of(*found, target));
        if (best && away >= best_distance) continue;
        best = std::move(found);
        best_distance = away;
    }
    return best;
}

}  // namespace parallax
