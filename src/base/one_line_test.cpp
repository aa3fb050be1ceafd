#include "base/one_line.h"

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("one_line: plain text, in any language, stays as it is") {
    for (const char* text : {"", "a b~", "Größe ≤ 3", "カメラ", "\xf0\x9f\x93\xb7", "\xc2\xa0"}) {
        CHECK(one_line(text) == text);
    }
}

TEST_CASE("one_line: nothing in it moves a terminal's cursor") {
    CHECK(one_line("\x1b[31mX.dng") == "\\x1b[31mX.dng");
    CHECK(one_line("a\nhint: b\r\t\x7f") == "a\\nhint: b\\x0d\\x09\\x7f");
    CHECK(one_line("\xc2\x9b"
                   "31m") == "\\xc2\\x9b31m");  // CSI in one character.
    CHECK(one_line("\x9b"
                   "31m") == "\\x9b31m");
}

TEST_CASE("one_line: for any bytes at all, what comes out is UTF-8 without control characters") {
    for (int first = 0; first < 256; ++first) {
        for (int second = 0; second < 256; ++second) {
            const std::string text{static_cast<char>(first), static_cast<char>(second), 'x'};
            const std::string line = one_line(text);
            CHECK(one_line(line) == line);
            CHECK(line.ends_with('x'));
        }
    }
}

}  // namespace
}  // namespace parallax
