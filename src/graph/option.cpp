#include "parallax/option.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/core.h>

namespace parallax {
namespace {

Failure expected(std::string_view what, std::string_view text) {
    return fail(Errc::invalid_argument, fmt::format("expected {}, found \"{}\"", what, text));
}

template <class T>
Result<> parse_integer(std::string_view text, T& value) {
    std::string_view digits = text;
    const bool negative = digits.starts_with('-');
    if (negative || digits.starts_with('+')) digits.remove_prefix(1);
    const bool hex = digits.starts_with("0x") || digits.starts_with("0X");
    if (hex) digits.remove_prefix(2);
    std::uint64_t magnitude = 0;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), magnitude, hex ? 16 : 10);
    if (digits.empty() || end != digits.data() + digits.size() ||
        error == std::errc::invalid_argument) {
        return expected("a whole number", text);
    }
    using Limits = std::numeric_limits<T>;
    const auto most = static_cast<std::uint64_t>(Limits::max());
    const std::uint64_t limit = !negative ? most : std::signed_integral<T> ? most + 1 : 0;
    if (error == std::errc::result_out_of_range || magnitude > limit) {
        return fail(Errc::invalid_argument,
                    fmt::format("{} is outside {} to {}", text, Limits::min(), Limits::max()));
    }
    value = negative ? static_cast<T>(std::uint64_t{0} - magnitude) : static_cast<T>(magnitude);
    return {};
}

template <class Path>
Result<> parse_path(std::string_view text, Path& value) {
    if (text.find('\0') != std::string_view::npos) return expected("a path", "text with a NUL");
    value.path = std::string(text);
    return {};
}

}  // namespace

std::string to_string(const PropertyValue& value) {
    return std::visit(
        []<class T>(const T& v) {
            if constexpr (std::same_as<T, std::string>)
                return v;
            else
                return fmt::format("{}", v);
        },
        value);
}

Result<> parse_value(std::string_view text, bool& value) {
    for (const std::string_view yes : {"true", "yes", "on", "1", "TRUE", "True"}) {
        if (text == yes) return value = true, Result<>{};
    }
    for (const std::string_view no : {"false", "no", "off", "0", "FALSE", "False"}) {
        if (text == no) return value = false, Result<>{};
    }
    return expected("true or false", text);
}

Result<> parse_value(std::string_view text, int& value) { return parse_integer(text, value); }
Result<> parse_value(std::string_view text, std::int64_t& value) {
    return parse_integer(text, value);
}
Result<> parse_value(std::string_view text, std::uint64_t& value) {
    return parse_integer(text, value);
}

Result<> parse_value(std::string_view text, double& value) {
    double fresh = 0;
    std::string_view digits = text;
    if (digits.starts_with('+') && !digits.starts_with("+-")) digits.remove_prefix(1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), fresh);
    if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(fresh)) {
        return expected("a number", text);
    }
    value = fresh;
    return {};
}

Result<> parse_value(std::string_view text, float& value) {
    double wide = 0;
    PX_TRY(parse_value(text, wide));
    constexpr double kMost = std::numeric_limits<float>::max();
    if (std::abs(wide) > kMost) {
        return fail(Errc::invalid_argument,
                    fmt::format("{} is outside {} to {}", text, -kMost, kMost));
    }
    value = static_cast<float>(wide);
    return {};
}

Result<> parse_value(std::string_view text, std::string& value) {
    value = std::string(text);
    return {};
}

Result<> parse_value(std::string_view text, Fraction& value) {
    const std::size_t slash = text.find('/');
    std::int64_t num = 0;
    std::int64_t den = 1;
    if (!parse_integer(text.substr(0, slash), num)) return expected("a fraction like 30/1", text);
    if (slash != std::string_view::npos && !parse_integer(text.substr(slash + 1), den)) {
        return expected("a fraction like 30/1", text);
    }
    const auto made = Fraction::make(num, den);
    if (!made) return expected("a fraction like 30/1", text);
    value = *made;
    return {};
}

Result<> parse_value(std::string_view text, Caps& value) {
    value = PX_TRY(parse_caps(text));
    return {};
}

Result<> parse_value(std::string_view text, ReadPath& value) { return parse_path(text, value); }
Result<> parse_value(std::string_view text, WritePath& value) { return parse_path(text, value); }
Result<> parse_value(std::string_view text, Endpoint& value) { return parse_path(text, value); }
Result<> parse_value(std::string_view text, DevicePath& value) { return parse_path(text, value); }

namespace option {

Result<> check_range(double value, const OptionDetail& detail) {
    if (value >= detail.min && value <= detail.max) return {};
    const std::string unit = detail.unit.empty() ? "" : " " + std::string(detail.unit);
    return fail(Errc::invalid_argument,
                fmt::format("{} is outside {} to {}{}", value, detail.min, detail.max, unit));
}

Failure bad_word(std::string_view text, std::span<const PropertySpec::Word> words) {
    std::string all;
    for (const auto& word : words) all += (all.empty() ? "" : ", ") + std::string(word.name);
    return fail(Errc::invalid_argument, fmt::format("\"{}\" is none of {}", text, all),
                "one of " + all);
}

}  // namespace option
}  // namespace parallax
