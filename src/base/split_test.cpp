#include "base/split.h"

#include <doctest/doctest.h>

namespace parallax {
namespace {

using Parts = std::vector<std::string_view>;

TEST_CASE("split: parts between separators, empty ones too, and none after the last") {
    CHECK(split("", ',').empty());
    CHECK(split("a", ',') == Parts{"a"});
    CHECK(split("a,,b", ',') == Parts{"a", "", "b"});
    CHECK(split(",a,", ',') == Parts{"", "a"});
}

}  // namespace
}  // namespace parallax
