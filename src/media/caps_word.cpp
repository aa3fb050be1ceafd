#include "media/caps_word.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "media/numbers.h"

namespace parallax::caps_word {
namespace {

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) { return lower(x) == lower(y); });
}

struct TypeName {
    std::string_view name;
    Type type;
};
// GStreamer's names and short forms. Sizes and signs of integers all mean our one kind.
constexpr std::array kTypeNames{TypeName{"int", Type::integer},
                                TypeName{"i", Type::integer},
                                TypeName{"gint", Type::integer},
                                TypeName{"uint", Type::integer},
                                TypeName{"u", Type::integer},
                                TypeName{"guint", Type::integer},
                                TypeName{"int64", Type::integer},
                                TypeName{"gint64", Type::integer},
                                TypeName{"uint64", Type::integer},
                                TypeName{"guint64", Type::integer},
                                TypeName{"bitmask", Type::integer},
                                TypeName{"double", Type::real},
                                TypeName{"d", Type::real},
                                TypeName{"gdouble", Type::real},
                                TypeName{"float", Type::real},
                                TypeName{"f", Type::real},
                                TypeName{"gfloat", Type::real},
                                TypeName{"boolean", Type::boolean},
                                TypeName{"bool", Type::boolean},
                                TypeName{"b", Type::boolean},
                                TypeName{"gboolean", Type::boolean},
                                TypeName{"string", Type::string},
                                TypeName{"str", Type::string},
                                TypeName{"s", Type::string},
                                TypeName{"gchararray", Type::string},
                                TypeName{"fraction", Type::fraction},
                                TypeName{"GstFraction", Type::fraction}};

}  // namespace

std::optional<Type> type_called(std::string_view name) {
    const auto known = std::ranges::find(kTypeNames, name, &TypeName::name);
    return known == kTypeNames.end() ? std::nullopt : std::optional(known->type);
}

std::string_view kind_name(const Value& value) {
    static constexpr std::array<std::string_view, 9> kNames{
        "int",       "double",       "boolean",        "string", "fraction",
        "int range", "double range", "fraction range", "list"};
    return kNames.at(value.kind().index());
}

bool looks_integer(std::string_view word) {
    if (!word.empty() && (word[0] == '-' || word[0] == '+')) word.remove_prefix(1);
    return !word.empty() && std::ranges::all_of(word, is_digit);
}

std::optional<std::int64_t> to_integer(std::string_view word) {
    const bool negative = word.starts_with('-');
    if (negative || word.starts_with('+')) word.remove_prefix(1);
    int base = 10;
    if (word.starts_with("0x") || word.starts_with("0X")) {
        base = 16;
        word.remove_prefix(2);
    }
    std::uint64_t magnitude = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, magnitude, base);
    if (word.empty() || error != std::errc() || stop != end) return std::nullopt;
    const Int128 value = negative ? -Int128{magnitude} : Int128{magnitude};
    if (!fits_int64(value)) return std::nullopt;
    return static_cast<std::int64_t>(value);
}

std::optional<double> to_real(std::string_view word) {
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    if (word.empty() || error != std::errc() || stop != end || std::isnan(value)) {
        return std::nullopt;
    }
    return value;
}

std::optional<bool> to_boolean(std::string_view word) {
    for (const std::string_view yes : {"true", "yes", "t"}) {
        if (same_word(word, yes)) return true;
    }
    for (const std::string_view no : {"false", "no", "f"}) {
        if (same_word(word, no)) return false;
    }
    return std::nullopt;
}

std::optional<Value> bound(std::string_view word, Type type) {
    constexpr std::int64_t max32 = std::numeric_limits<std::int32_t>::max();
    const bool max = word == "max";
    if (!max && word != "min") return std::nullopt;
    if (type == Type::integer) return Value(max ? max32 : -max32 - 1);
    if (type == Type::fraction) return Value(Fraction(max ? max32 : -max32, 1));
    if (type != Type::real) return std::nullopt;
    return Value(max ? std::numeric_limits<double>::max() : std::numeric_limits<double>::lowest());
}

}  // namespace parallax::caps_word
