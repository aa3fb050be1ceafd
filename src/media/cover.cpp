#include "media/cover.h"

#include <algorithm>
#include <set>
#include <string>

#include "media/numbers.h"

namespace parallax {
namespace {

// One item of one of the sets that may take in a part of the range under test.
template <class Number>
struct Piece {
    Number min;
    Number max;
    std::uint32_t set = 0;
    Int128 every = 1;  // Accepts each `every`-th multiple of the tested range's step.
};

std::span<const Value> items_of(const Value& value) {
    if (const auto* list = value.get<List>()) return list->items();
    return {&value, 1};
}

void add(std::vector<Accepting>& classes, Accepting accepting) {
    std::ranges::sort(accepting);
    accepting.erase(std::ranges::unique(accepting).begin(), accepting.end());
    if (std::ranges::find(classes, accepting) == classes.end()) {
        classes.push_back(std::move(accepting));
    }
}

void point_classes(std::vector<Accepting>& classes, const Value& point,
                   std::span<const Value* const> sets) {
    Accepting accepting;
    for (std::uint32_t i = 0; i < sets.size(); ++i) {
        if (contains(*sets[i], point)) accepting.push_back(i);
    }
    add(classes, std::move(accepting));
}

std::vector<Piece<Int128>> int_pieces(const IntRange& range, std::span<const Value* const> sets) {
    std::vector<Piece<Int128>> pieces;
    for (std::uint32_t i = 0; i < sets.size(); ++i) {
        for (const Value& item : items_of(*sets[i])) {
            if (const auto* x = item.get<std::int64_t>()) {
                if (*x % range.step == 0) pieces.push_back({*x, *x, i});
            } else if (const auto* r = item.get<IntRange>()) {
                const Int128 every = lcm128(range.step, r->step) / range.step;
                pieces.push_back({r->min, r->max, i, every});
            }
        }
    }
    return pieces;
}

// In a stretch where the same pieces apply, only divisibility tells points apart. The points that
// no sparse piece hits have the fewest friends, so the scan ends at the first of them; it comes
// soon, because the multiples of n numbers above 1 leave no long run without a hole.
void stretch_classes(std::vector<Accepting>& classes, const std::vector<Piece<Int128>>& here,
                     Int128 first, Int128 last) {
    for (Int128 k = first; k <= last; ++k) {
        Accepting accepting;
        bool sparse = false;
        for (const Piece<Int128>& piece : here) {
            if (k % piece.every != 0) continue;
            accepting.push_back(piece.set);
            sparse = sparse || piece.every > 1;
        }
        add(classes, std::move(accepting));
        if (!sparse) return;
    }
}

void int_classes(std::vector<Accepting>& classes, const IntRange& range,
                 std::span<const Value* const> sets) {
    const auto pieces = int_pieces(range, sets);
    std::set<Int128> cuts{range.min};  // Where a stretch begins.
    for (const Piece<Int128>& piece : pieces) {
        for (const Int128 cut : {piece.min, piece.max + 1}) {
            if (cut > range.min && cut <= range.max) cuts.insert(cut);
        }
    }
    for (auto cut = cuts.begin(); cut != cuts.end(); ++cut) {
        const auto next = std::next(cut);
        const Int128 end = next == cuts.end() ? Int128{range.max} : *next - 1;
        const Int128 first = multiple_up(*cut, range.step) / range.step;
        const Int128 last = multiple_down(end, range.step) / range.step;
        std::vector<Piece<Int128>> here;
        std::ranges::copy_if(pieces, std::back_inserter(here), [&](const Piece<Int128>& piece) {
            return piece.min <= *cut && piece.max >= end;
        });
        stretch_classes(classes, here, first, last);
    }
}

// Numbers between which there are always more: cut points, and the open stretches between them.
template <class Number, class Range>
void dense_classes(std::vector<Accepting>& classes, const Range& range,
                   std::span<const Value* const> sets) {
    std::vector<Piece<Number>> pieces;
    std::vector<Number> cuts{range.min, range.max};
    const auto take = [&](const Number& min, const Number& max, std::uint32_t set) {
        if (max < range.min || range.max < min) return;
        pieces.push_back({min, max, set});
        cuts.push_back(std::max(min, range.min));
        cuts.push_back(std::min(max, range.max));
    };
    for (std::uint32_t i = 0; i < sets.size(); ++i) {
        for (const Value& item : items_of(*sets[i])) {
            if (const auto* x = item.get<Number>()) take(*x, *x, i);
            if (const auto* r = item.get<Range>()) take(r->min, r->max, i);
        }
    }
    std::ranges::sort(cuts);
    cuts.erase(std::ranges::unique(cuts).begin(), cuts.end());
    const auto judge = [&](const Number& from, const Number& to) {
        Accepting accepting;
        for (const Piece<Number>& piece : pieces) {
            if (piece.min <= from && piece.max >= to) accepting.push_back(piece.set);
        }
        add(classes, std::move(accepting));
    };
    for (std::size_t i = 0; i < cuts.size(); ++i) {
        judge(cuts[i], cuts[i]);
        if (i + 1 < cuts.size()) judge(cuts[i], cuts[i + 1]);
    }
}

}  // namespace

bool contains(const Value& set, const Value& point) {
    if (const auto* list = set.get<List>()) {
        if (const auto* word = point.get<std::string>()) {  // Mostly formats, and many of them.
            return std::ranges::any_of(list->items(), [word](const Value& item) {
                const auto* other = item.get<std::string>();
                return other && *other == *word;
            });
        }
        return std::ranges::any_of(list->items(),
                                   [&](const Value& item) { return contains(item, point); });
    }
    if (const auto* range = set.get<IntRange>()) {
        const auto* x = point.get<std::int64_t>();
        return x && *x >= range->min && *x <= range->max && *x % range->step == 0;
    }
    if (const auto* range = set.get<DoubleRange>()) {
        const auto* x = point.get<double>();
        return x && *x >= range->min && *x <= range->max;
    }
    if (const auto* range = set.get<FractionRange>()) {
        const auto* x = point.get<Fraction>();
        return x && *x >= range->min && *x <= range->max;
    }
    return set == point;
}

std::vector<Accepting> cover_classes(const Value& value, std::span<const Value* const> sets) {
    std::vector<Accepting> classes;
    for (const Value& item : items_of(value)) {
        if (const auto* range = item.get<IntRange>()) {
            int_classes(classes, *range, sets);
        } else if (const auto* reals = item.get<DoubleRange>()) {
            dense_classes<double>(classes, *reals, sets);
        } else if (const auto* ratios = item.get<FractionRange>()) {
            dense_classes<Fraction>(classes, *ratios, sets);
        } else {
            point_classes(classes, item, sets);
        }
    }
    return classes;
}

}  // namespace parallax
