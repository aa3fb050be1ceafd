// Words of caps text: which characters they hold, and what single words mean as values.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parallax/value.h"

namespace parallax::caps_word {

constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
// What a word may hold without quotes.
constexpr bool is_word(char c) {
    return is_alpha(c) || is_digit(c) || std::string_view("_-+/:.").contains(c);
}

enum class Type : std::uint8_t { guess, integer, real, boolean, string, fraction, natural };

// By the name that stands in brackets before a value: "int", "fraction" … and GStreamer's others.
std::optional<Type> type_called(std::string_view name);

// "int", "fraction range" …: what a message calls the kind of a value.
std::string_view kind_name(const Value& value);

// Nothing where the word is not of that kind, or does not fit; also for 010, which some read as ten
// and some as eight.
std::optional<std::int64_t> to_integer(std::string_view word);
std::optional<double> to_real(std::string_view word);
std::optional<bool> to_boolean(std::string_view word);
bool looks_integer(std::string_view word);  // Digits with a sign or without, however many.

// Of a word that was meant as a number but is none that can be kept exactly; else nothing.
struct Refusal {
    std::string reason;
    std::string hint = {};
};
std::optional<Refusal> refusal(std::string_view word);

// What "min" and "max" mean for a type. GStreamer's: of 32 bits, so that the texts agree.
std::optional<Value> bound(std::string_view word, Type type);

}  // namespace parallax::caps_word
