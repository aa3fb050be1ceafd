// Value: what a field of caps may hold: one value, a range, or a list in order of preference.
//
// Values are kept in normal form, so that equal text means equal sets as far as one value goes:
// `[n,n]` is n, `{x}` is x, lists are flat and without repetition, fractions are reduced. Kinds
// never meet: the int 30 and the fraction 30/1 have nothing in common.
//
// Threads: plain values.
#pragma once

#include <compare>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace parallax {

// An exact ratio, always reduced and with a positive denominator; compared by cross-multiplication.
class Fraction {
  public:
    constexpr Fraction() = default;
    Fraction(std::int64_t num, std::int64_t den);  // The denominator must not be 0; checked.

    // Nothing when `den` is 0, or when the reduced parts do not fit into 64 bits.
    static std::optional<Fraction> make(std::int64_t num, std::int64_t den);

    std::int64_t num() const { return num_; }
    std::int64_t den() const { return den_; }
    double as_double() const { return static_cast<double>(num_) / static_cast<double>(den_); }

    bool operator==(const Fraction&) const = default;
    std::strong_ordering operator<=>(const Fraction& other) const;

  private:
    std::int64_t num_ = 0;
    std::int64_t den_ = 1;
};

// The multiples of `step` from min to max, ends included: [16,4096,2] holds the even numbers.
struct IntRange {
    std::int64_t min = 0;
    std::int64_t max = 0;
    std::int64_t step = 1;
    bool operator==(const IntRange&) const = default;
};

// Every number from min to max, ends included.
struct DoubleRange {
    double min = 0;
    double max = 0;
    bool operator==(const DoubleRange&) const = default;
};
struct FractionRange {
    Fraction min;
    Fraction max;
    bool operator==(const FractionRange&) const = default;
};

class Value;

// Two or more values or ranges, the preferred one first; never lists. Made by list_of().
class List {
  public:
    std::span<const Value> items() const;
    bool operator==(const List&) const;

  private:
    friend Value list_of(std::vector<Value> items);
    friend std::optional<Value> intersect(const Value& a, const Value& b);
    explicit List(std::vector<Value> items);
    std::vector<Value> items_;
};

// What a field may hold.
class Value {
  public:
    using Kinds = std::variant<std::int64_t, double, bool, std::string, Fraction, IntRange,
                               DoubleRange, FractionRange, List>;

    template <std::integral T>
        requires(!std::same_as<T, bool> && (sizeof(T) < 8 || std::is_signed_v<T>))
    Value(T number) : kind_(std::int64_t{number}) {}
    template <std::same_as<bool> T>
    Value(T yes) : kind_(yes) {}
    Value(double number);  // Not NaN; checked.
    Value(const char* text) : kind_(std::string(text)) {}
    Value(std::string_view text) : kind_(std::string(text)) {}
    Value(std::string text) : kind_(std::move(text)) {}
    Value(Fraction fraction) : kind_(fraction) {}
    // Ranges come to normal form here. An empty one is a bug of the caller, and checked.
    Value(IntRange range);
    Value(DoubleRange range);
    Value(FractionRange range);
    Value(List list) : kind_(std::move(list)) {}

    const Kinds& kind() const { return kind_; }
    // The value if it is of exactly this kind: value.get<std::int64_t>().
    template <class T>
    const T* get() const {
        return std::get_if<T>(&kind_);
    }

    bool operator==(const Value&) const = default;  // The same text, not only the same set.

  private:
    Kinds kind_;
};

// The union of the items in their order, flat and without repetition; one item alone is itself.
// At least one is needed; checked.
Value list_of(std::vector<Value> items);
template <class... T>
Value one_of(T&&... items) {
    return list_of({Value(std::forward<T>(items))...});
}

std::string to_string(const Value& value);  // As it stands in caps text: "{NV12,RGB}", "30/1".
std::string to_string(const Fraction& fraction);

std::optional<Value> intersect(const Value& a, const Value& b);  // In the order of a's list.
bool is_subset(const Value& a, const Value& b);
bool is_fixed(const Value& value);
Value fixate(const Value& value);  // The first of a list, the minimum of a range.
// The value in the set that lies nearest; the earlier of a list, the lower of a range, if two do.
// Where nothing of target's kind is in it: nothing. Words are near only to themselves.
std::optional<Value> nearest(const Value& value, const Value& target);

}  // namespace parallax
