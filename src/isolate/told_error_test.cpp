#include "isolate/told_error.h"

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("told error: an error comes through a message as it was") {
    const Error error{Errc::io, "a.dng: cannot open", "look for it", {"frame 3", "rawsrc0"}};
    const Error told = told_error(failed_message(error, 2));
    CHECK(told.code == error.code);
    CHECK(to_string(told) == to_string(error));
    CHECK(told.hint == error.hint);
    CHECK(failed_message(error, 2).b == 2);
}

TEST_CASE("told error: a code that is none, and texts for terminals, come to nothing") {
    ControlMessage message = failed_message({Errc::io, "a\x1b[2Jb", "\x07", {"c\x1b]0;d"}}, 0);
    message.a = 4711;
    const Error told = told_error(message);
    CHECK(told.code == Errc::corrupt);
    for (const std::string& text : {told.message, told.hint, told.context.front()}) {
        CHECK(text.find('\x1b') == std::string::npos);
        CHECK(text.find('\x07') == std::string::npos);
    }
}

}  // namespace
}  // namespace parallax
