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
// GStreamer's names and short forms. All integers are our one kind, whatever their size.
constexpr std::array kTypeNames{TypeName{"int", Type::integer},
                                TypeName{"i", Type::integer},
                                TypeName{"gint", Type::integer},
                                TypeName{"uint", Type::natural},
                                TypeName{"u", Type::natural},
                                TypeName{"guint", Type::natural},
                                TypeName{"int64", Type::integer},
                                TypeName{"gint64", Type::integer},
                                TypeName{"uint64", Type::natural},
                                TypeName{"guint64", Type::natural},
                                TypeName{"bitmask", Type::natural},
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

void drop_sign(std::string_view& word) {
    if (word.starts_with('-') || word.starts_with('+')) word.remove_prefix(1);
}

bool is_hex(std::string_view word) {
    drop_sign(word);
    if (!word.starts_with("0x") && !word.starts_with("0X")) return false;
    word.remove_prefix(2);
    return !word.empty() && std::ranges::all_of(word, [](char c) {
        return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
    });
}

// "010": GStreamer's eight, most people's ten.
bool is_octal(std::string_view word) {
    drop_sign(word);
    return word.size() > 1 && word[0] == '0' && is_digit(word[1]);
}

bool is_real_out_of_range(std::string_view word) {
    if (word.starts_with('+')) word.remove_prefix(1);
    double value = 0;
    const char* end = word.data() + word.size();
    const auto [stop, error] = std::from_chars(word.data(), end, value);
    return error == std::errc::result_out_of_range && stop == end;
}

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
    drop_sign(word);
    return !word.empty() && std::ranges::all_of(word, is_digit);
}

std::optional<std::int64_t> to_integer(std::string_view word) {
    if (is_octal(word)) return std::nullopt;
    const bool negative = word.starts_with('-');
    drop_sign(word);
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

std::optional<Refusal> refusal(std::string_view word) {
    const std::string text(word);
    if (looks_integer(word) || is_hex(word)) {
        if (to_integer(word)) return std::nullopt;
        if (!is_octal(word)) return Refusal{text + " does not fit into 64 bits"};
        return Refusal{text + " is octal to some and decimal to others",
                       "leave out the leading zero; as text: \"" + text + "\""};
    }
    if (is_real_out_of_range(word)) return Refusal{text + " does not fit into a double"};
    drop_sign(word);
    if (same_word(word, "nan")) {
        return Refusal{"'" + text + "' is not a number", "as text: \"" + text + "\""};
    }
    if (same_word(word, "inf") || same_word(word, "infinity")) {
        return Refusal{text + " is no finite number",
                       "write (double)" + text + "; as text: \"" + text + "\""};
    }
    return std::nullopt;
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
    if (type == Type::natural) return Value(max ? 2 * std::int64_t{max32} + 1 : 0);
    if (type == Type::integer) return Value(max ? max32 : -max32 - 1);
    if (type == Type::fraction) return Value(Fraction(max ? max32 : -max32, 1));
    if (type != Type::real) return std::nullopt;
    return Value(max ? std::numeric_limits<double>::max() : std::numeric_limits<double>::lowest());
}

}  // namespace parallax::caps_word
