#include "parallax/option.h"

#include <array>
#include <limits>

#include <doctest/doctest.h>

namespace parallax {
namespace {

template <class T>
std::optional<T> read(std::string_view text) {
    T value{};
    return parse_value(text, value) ? std::optional<T>(value) : std::nullopt;
}

TEST_CASE("option: whole numbers are decimal or 0x, signed, and to the last digit") {
    CHECK(read<int>("0") == 0);
    CHECK(read<int>("-0") == 0);
    CHECK(read<int>("+7") == 7);
    CHECK(read<int>("007") == 7);
    CHECK(read<int>("0x1F") == 31);
    CHECK(read<int>("-0X1f") == -31);
    CHECK(read<int>("2147483647") == std::numeric_limits<int>::max());
    CHECK(read<int>("-2147483648") == std::numeric_limits<int>::min());
    CHECK(read<std::int64_t>("-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    CHECK(read<std::uint64_t>("18446744073709551615") == ~std::uint64_t{0});
    CHECK(read<std::uint64_t>("-0") == 0U);
}

TEST_CASE("option: what is no whole number, or too large, is refused with what was expected") {
    for (const char* bad : {"", " ", "-", "+", "--1", "+-1", "0x", "0xg", "1.0", "1e3", " 1", "1 ",
                            "١", "1,000", "one"}) {
        CAPTURE(bad);
        CHECK_FALSE(read<int>(bad));
        CHECK_FALSE(read<std::uint64_t>(bad));
    }
    CHECK_FALSE(read<int>("2147483648"));
    CHECK_FALSE(read<int>("-2147483649"));
    CHECK_FALSE(read<std::int64_t>("9223372036854775808"));
    CHECK_FALSE(read<std::uint64_t>("18446744073709551616"));
    CHECK_FALSE(read<std::uint64_t>("-1"));
    int value = 5;
    CHECK(parse_value("abc", value).error().message == "expected a whole number, found \"abc\"");
    CHECK(parse_value("99999999999", value).error().message ==
          "99999999999 is outside -2147483648 to 2147483647");
    CHECK(value == 5);
}

TEST_CASE("option: numbers are finite, and written as one number") {
    CHECK(read<double>("1") == 1.0);
    CHECK(read<double>("+1.5") == 1.5);
    CHECK(read<double>("-.5e-3") == -0.0005);
    CHECK(read<double>("1e308") == 1e308);
    for (const char* bad : {"", "+", "nan", "inf", "-inf", "1e999", "1.5x", " 1", "1 ", "1,5",
                            "0x10", "+-1", "++1"}) {
        CAPTURE(bad);
        CHECK_FALSE(read<double>(bad));
        CHECK_FALSE(read<float>(bad));
    }
}

// It became infinity, which no range of the option forbids unless it has one.
TEST_CASE("option: a number too large for a float is refused") {
    CHECK(read<float>("3.4e38") == 3.4e38F);
    CHECK_FALSE(read<float>("3.5e38"));
    CHECK_FALSE(read<float>("-1e300"));
    CHECK(read<float>("1e-300") == 0.0F);
}

TEST_CASE("option: yes and no have a few words each, and no others") {
    for (const char* yes : {"true", "yes", "on", "1", "TRUE", "True"})
        CHECK(read<bool>(yes) == true);
    for (const char* no : {"false", "no", "off", "0", "FALSE", "False"}) {
        CHECK(read<bool>(no) == false);
    }
    for (const char* bad : {"", "2", "y", "tru", "true ", "tRUE", "-1"})
        CHECK_FALSE(read<bool>(bad));
}

TEST_CASE("option: fractions are one number over another that is not 0") {
    CHECK(read<Fraction>("30") == Fraction(30, 1));
    CHECK(read<Fraction>("30000/1001") == Fraction(30000, 1001));
    CHECK(read<Fraction>("0/1") == Fraction(0, 1));
    for (const char* bad : {"", "/", "1/", "/1", "1/0", "1/2/3", "1.5", "a/b", "1 / 2"}) {
        CAPTURE(bad);
        CHECK_FALSE(read<Fraction>(bad));
    }
}

TEST_CASE("option: a path may hold anything but a NUL") {
    ReadPath path;
    CHECK(parse_value("a b/ü\n", path));
    CHECK(path.path == "a b/ü\n");
    CHECK_FALSE(parse_value(std::string_view("a\0b", 3), path));
    CHECK(path.path == "a b/ü\n");
}

enum class Color : std::uint8_t { red, green };
[[maybe_unused]] std::span<const Nick<Color>> nicks(Color) {
    static constexpr std::array<Nick<Color>, 2> kNicks{
        {{Color::red, "red", "as blood"}, {Color::green, "green", "as grass"}}};
    return kNicks;
}

struct Sample {
    int count = 3;
    float gain = 0.1F;
    Color color = Color::green;
    std::string note = "none";
    std::string told = "so";
    WritePath where;

    static constexpr auto describe() {
        return std::tuple{
            Option{"count", &Sample::count, "how many", {.min = 1, .max = 9, .unit = "pieces"}},
            Option{"gain", &Sample::gain, "how loud", {.min = 0, .live = true}},
            Option{"color", &Sample::color, "which"},
            Option{"note", &Sample::note, "anything"},
            Option{"told", &Sample::told, "by itself", {.read_only = true}},
            Option{"where", &Sample::where, "to"}};
    }
};

TEST_CASE("option: set takes what fits its type and range, at both ends") {
    Sample sample;
    CHECK(option::set(sample, "count", "1"));
    CHECK(option::set(sample, "count", "9"));
    CHECK(option::set(sample, "color", "red"));
    CHECK(option::set(sample, "note", ""));
    CHECK(sample.count == 9);
    CHECK(sample.color == Color::red);
    CHECK(sample.note.empty());
}

TEST_CASE("option: a refused set changes nothing and says why") {
    Sample sample;
    const auto why = [&](std::string_view name, std::string_view text) {
        const Result<> set = option::set(sample, name, text);
        return set ? std::string("taken") : set.error().message;
    };
    CHECK(why("count", "10") == "10 is outside 1 to 9 pieces");
    CHECK(why("count", "0") == "0 is outside 1 to 9 pieces");
    CHECK(why("gain", "-0.5") == "-0.5 is outside 0 to inf");
    CHECK(why("color", "blue") == "\"blue\" is none of red, green");
    CHECK(why("color", "Red") != "taken");
    CHECK(why("told", "you") == "is read-only");
    CHECK(why("coutn", "1") == "no property called coutn");
    CHECK(why("", "1") == "no property called ");
    CHECK(option::set(sample, "coutn", "1").error().code == Errc::not_found);
    CHECK(option::set(sample, "color", "blue").error().hint == "one of red, green");
    CHECK(sample.count == 3);
    CHECK(sample.color == Color::green);
    CHECK(sample.told == "so");
}

TEST_CASE("option: what get tells, as text, set takes again") {
    Sample sample;
    sample.where.path = "/tmp/x";
    for (const PropertySpec& spec : option::specs<Sample>()) {
        if (spec.detail.read_only) continue;
        const auto value = option::get(sample, spec.name);
        REQUIRE(value);
        Sample other;
        CHECK(option::set(other, spec.name, to_string(*value)));
        CHECK(option::get(other, spec.name) == value);
    }
    CHECK_FALSE(option::get(sample, "nothing"));
}

TEST_CASE("option: the specs tell types, ranges, words and defaults in the order declared") {
    const auto specs = option::specs<Sample>();
    REQUIRE(specs.size() == 6);
    CHECK(specs[0].type == "int");
    CHECK(specs[0].initial == PropertyValue(std::int64_t{3}));
    CHECK(specs[0].detail.unit == "pieces");
    CHECK(specs[1].type == "double");
    CHECK(specs[1].initial == PropertyValue(0.1));  // Not 0.10000000149, which nobody wrote.
    CHECK(specs[1].detail.live);
    CHECK(specs[2].words.size() == 2);
    CHECK(specs[2].initial == PropertyValue(std::string("green")));
    CHECK(specs[4].detail.read_only);
    CHECK(specs[5].type == "write-path");
}

}  // namespace
}  // namespace parallax
