#include "parallax/result.h"

#include <doctest/doctest.h>

namespace parallax {
namespace {

Result<int> parse_digit(char c) {
    if (c < '0' || c > '9') return fail(Errc::corrupt, "not a digit", "use 0 to 9");
    return c - '0';
}
Result<int> twice(char c) { return 2 * PX_TRY(parse_digit(c).context("twice")); }

TEST_CASE("result: TRY gives the value or hands the failure up with its context and hint") {
    CHECK(*twice('4') == 8);
    const auto failed = twice('x').context("line 1");
    REQUIRE_FALSE(failed);
    CHECK(to_string(failed.error()) == "line 1: twice: not a digit");
    CHECK(failed.error().hint == "use 0 to 9");
}

}  // namespace
}  // namespace parallax
