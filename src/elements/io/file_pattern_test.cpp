#include "elements/io/file_pattern.h"

#include <utility>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::elements {
namespace {

TEST_CASE("pattern: numbers stand where %d, %Nd and %0Nd do") {
    const std::pair<std::string_view, std::string_view> cases[] = {{"out_%03d.jpg", "out_007.jpg"},
                                                                   {"%d", "7"},
                                                                   {"a%1db", "a7b"},
                                                                   {"%05d", "00007"},
                                                                   {"x%3d", "x  7"},
                                                                   {"50%%_%02d%%", "50%_07%"},
                                                                   {"plain.png", "plain.png"},
                                                                   {"100%%", "100%"},
                                                                   {"", ""}};
    for (const auto& [text, name] : cases) {
        CAPTURE(text);
        CHECK(unwrap(FilePattern::parse(text)).name(7) == name);
    }
}

TEST_CASE("pattern: a number wider than its place is written in full") {
    CHECK(unwrap(FilePattern::parse("%02d")).name(12345) == "12345");
    CHECK(unwrap(FilePattern::parse("%d")).name(9223372036854775807) == "9223372036854775807");
}

TEST_CASE("pattern: whatever else printf would take is refused, with the text and a remedy") {
    for (const std::string_view text :
         {"%s", "%n", "%", "a%", "%5", "%d%d", "%d_%03d", "%ld", "%-3d", "%+d", "%x", "% d", "%*d",
          "%999d", "%99999999999999999999d", "%03", "%%%", "%.3d", "%1$d"}) {
        CAPTURE(text);
        const auto pattern = FilePattern::parse(text);
        REQUIRE_FALSE(pattern);
        CHECK(pattern.error().code == Errc::invalid_argument);
        CHECK(pattern.error().message.find(text) != std::string::npos);
        CHECK_FALSE(pattern.error().hint.empty());
    }
}

TEST_CASE("pattern: only one with a number is numbered") {
    CHECK(unwrap(FilePattern::parse("a%d")).numbered());
    CHECK_FALSE(unwrap(FilePattern::parse("a%%d")).numbered());
}

}  // namespace
}  // namespace parallax::elements
