#include "graph/near_word.h"

#include <array>

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("near word: the distance counts single slips, and stops at its limit") {
    CHECK(edit_distance("abc", "abc", 5) == 0);
    CHECK(edit_distance("", "", 5) == 0);
    CHECK(edit_distance("", "ab", 5) == 2);
    CHECK(edit_distance("abc", "abd", 5) == 1);
    CHECK(edit_distance("abc", "acb", 5) == 1);  // Two neighbours swapped are one slip.
    CHECK(edit_distance("abc", "ABC", 5) == 1);
    CHECK(edit_distance("kitten", "sitting", 5) == 3);
    CHECK(edit_distance("kitten", "sitting", 2) == 3);
    CHECK(edit_distance(std::string(65, 'a'), std::string(65, 'a'), 3) == 4);
}

TEST_CASE("near word: the nearest first, and none that is far") {
    const std::array<std::string_view, 5> known{"fakesink", "fakesrc", "filesrc", "filesink",
                                                "tee"};
    CHECK(nearest_word("fakesrk", known) == "fakesrc");
    CHECK(nearest_word("FAKESRC", known) == "fakesrc");
    CHECK(nearest_words("fikesrc", known) == std::vector<std::string>{"fakesrc", "filesrc"});
    CHECK_FALSE(nearest_word("zebra", known));
    CHECK_FALSE(nearest_word("", known));
    CHECK_FALSE(nearest_word("x", {}));
    CHECK(suggest("te", known) == "did you mean tee?");
    CHECK(suggest("zebra", known) == "there are: fakesink, fakesrc, filesrc, filesink, tee");
    CHECK(suggest("zebra", {}).empty());
}

}  // namespace
}  // namespace parallax
