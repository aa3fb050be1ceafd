// Option: one property of an element, declared once beside the field that keeps it.
//
//     struct BlurOptions {
//         float radius_px = 2.0F;
//         static constexpr auto describe() {
//             return std::tuple{Option{"radius", &BlurOptions::radius_px, "standard deviation",
//                                      {.min = 0, .max = 50, .unit = "px", .live = true}}};
//         }
//     };
//
// That tuple feeds parsing, range checks, inspect, completion and man pages. Field types: bool,
// int, std::int64_t, std::uint64_t, double, float, std::string, Fraction, Caps, enums with nicks,
// and the path types below, which also say what a sandbox must open for the element.
//
// Threads: plain values and pure functions.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <variant>
#include <vector>

#include "parallax/caps.h"
#include "parallax/result.h"

namespace parallax {

// Strings that name something outside. An isolated element is granted exactly these.
struct Outside {
    std::string path;  // Of a file, a device, or an endpoint's address.
};
struct ReadPath : Outside {};
struct WritePath : Outside {};
struct Endpoint : Outside {};
struct DevicePath : Outside {};

// One word that an enum property takes. An enum E takes part by a function, found beside E:
//     std::span<const Nick<Method>> nicks(Method);
template <class E>
struct Nick {
    E value;
    std::string_view name;
    std::string_view doc;
};

// A property's value, typed, as reports show it.
using PropertyValue = std::variant<bool, std::int64_t, std::uint64_t, double, std::string>;
std::string to_string(const PropertyValue& value);

struct OptionDetail {
    double min = -std::numeric_limits<double>::infinity();  // Both ends included.
    double max = std::numeric_limits<double>::infinity();
    std::string_view unit = {};
    bool live = false;       // May change while the graph plays.
    bool read_only = false;  // The element tells; nobody sets.
    bool required = false;   // The element cannot open while it is empty.
};

template <class Options, class T>
struct Option {
    std::string_view name;
    T Options::* field;
    std::string_view doc;
    OptionDetail detail = {};
};
template <class O, class T>
Option(std::string_view, T O::*, std::string_view) -> Option<O, T>;
template <class O, class T>
Option(std::string_view, T O::*, std::string_view, OptionDetail) -> Option<O, T>;

// What inspect, completion and man pages know of a property.
struct PropertySpec {
    struct Word {
        std::string_view name;
        std::string_view doc;
    };
    std::string_view name;
    std::string_view doc;
    std::string_view type;  // boolean int uint double fraction string enum caps …-path endpoint
    OptionDetail detail = {};
    std::vector<Word> words = {};  // Of an enum.
    PropertyValue initial = {};    // The default.
};

// Text to value; a failure says what was expected. Numbers take decimal and 0x; booleans take
// true false yes no on off 1 0.
Result<> parse_value(std::string_view text, bool& value);
Result<> parse_value(std::string_view text, int& value);
Result<> parse_value(std::string_view text, std::int64_t& value);
Result<> parse_value(std::string_view text, std::uint64_t& value);
Result<> parse_value(std::string_view text, double& value);
Result<> parse_value(std::string_view text, float& value);
Result<> parse_value(std::string_view text, std::string& value);
Result<> parse_value(std::string_view text, Fraction& value);
Result<> parse_value(std::string_view text, Caps& value);
Result<> parse_value(std::string_view text, ReadPath& value);
Result<> parse_value(std::string_view text, WritePath& value);
Result<> parse_value(std::string_view text, Endpoint& value);
Result<> parse_value(std::string_view text, DevicePath& value);

namespace option {

Result<> check_range(double value, const OptionDetail& detail);
Failure bad_word(std::string_view text, std::span<const PropertySpec::Word> words);

template <class T>
concept Word = std::is_enum_v<T>;
template <class T>
concept Number = std::integral<T> || std::floating_point<T>;

template <class T>
constexpr std::string_view type_name() {
    if constexpr (std::same_as<T, bool>)
        return "boolean";
    else if constexpr (std::unsigned_integral<T>)
        return "uint";
    else if constexpr (std::integral<T>)
        return "int";
    else if constexpr (std::floating_point<T>)
        return "double";
    else if constexpr (Word<T>)
        return "enum";
    else if constexpr (std::same_as<T, Fraction>)
        return "fraction";
    else if constexpr (std::same_as<T, Caps>)
        return "caps";
    else if constexpr (std::same_as<T, ReadPath>)
        return "read-path";
    else if constexpr (std::same_as<T, WritePath>)
        return "write-path";
    else if constexpr (std::same_as<T, Endpoint>)
        return "endpoint";
    else if constexpr (std::same_as<T, DevicePath>)
        return "device-path";
    else
        return "string";
}

template <class T>
std::vector<PropertySpec::Word> words_of() {
    std::vector<PropertySpec::Word> words;
    if constexpr (Word<T>) {
        for (const auto& nick : nicks(T{})) words.push_back({nick.name, nick.doc});
    }
    return words;
}

template <class T>
PropertyValue typed(const T& value) {
    if constexpr (std::same_as<T, bool> || std::same_as<T, std::string>)
        return value;
    else if constexpr (std::unsigned_integral<T>)
        return std::uint64_t{value};
    else if constexpr (std::integral<T>)
        return std::int64_t{value};
    else if constexpr (std::same_as<T, float>)
        return std::stod(std::to_string(value));
    else if constexpr (std::floating_point<T>)
        return double{value};
    else if constexpr (Word<T>) {
        for (const auto& nick : nicks(T{})) {
            if (nick.value == value) return std::string(nick.name);
        }
        return std::string("?");
    } else if constexpr (std::same_as<T, Fraction> || std::same_as<T, Caps>)
        return to_string(value);
    else
        return value.path;
}

template <class T>
Result<> parse(std::string_view text, T& value, const OptionDetail& detail) {
    if constexpr (Word<T>) {
        for (const auto& nick : nicks(T{})) {
            if (nick.name != text) continue;
            value = nick.value;
            return {};
        }
        return bad_word(text, words_of<T>());
    } else {
        T fresh{};
        PX_TRY(parse_value(text, fresh));
        if constexpr (Number<T> && !std::same_as<T, bool>) {
            PX_TRY(check_range(static_cast<double>(fresh), detail));
        }
        value = std::move(fresh);
        return {};
    }
}

// Calls `body(option)` for the option of that name; false when there is none.
template <class Options, class Body>
bool find(std::string_view name, Body&& body) {
    bool found = false;
    const auto consider = [&](const auto& candidate) {
        if (found || candidate.name != name) return;
        found = true;
        body(candidate);
    };
    std::apply([&](const auto&... each) { (consider(each), ...); }, Options::describe());
    return found;
}

template <class Options>
std::vector<PropertySpec> specs() {
    std::vector<PropertySpec> all;
    const Options defaults;
    const auto add = [&]<class T>(const Option<Options, T>& o) {
        all.push_back({.name = o.name,
                       .doc = o.doc,
                       .type = type_name<T>(),
                       .detail = o.detail,
                       .words = words_of<T>(),
                       .initial = typed(defaults.*o.field)});
    };
    std::apply([&](const auto&... each) { (add(each), ...); }, Options::describe());
    return all;
}

template <class Options>
Result<> set(Options& options, std::string_view name, std::string_view text) {
    Result<> outcome;
    const bool known = find<Options>(name, [&](const auto& o) {
        outcome = o.detail.read_only ? fail(Errc::invalid_argument, "is read-only")
                                     : parse(text, options.*o.field, o.detail);
    });
    if (!known) return fail(Errc::not_found, "no property called " + std::string(name));
    return outcome;
}

template <class Options>
std::optional<PropertyValue> get(const Options& options, std::string_view name) {
    std::optional<PropertyValue> value;
    find<Options>(name, [&](const auto& o) { value = typed(options.*o.field); });
    return value;
}

}  // namespace option
}  // namespace parallax
