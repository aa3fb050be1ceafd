#include "isolate/last_words.h"

#include <csignal>

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("last words: every kind of end has its own") {
    const CrashPage none;
    CHECK(death_text({.code = 3}, none) == "it exited with code 3");
    CHECK(death_text({.signal = SIGSEGV}, none) == "SIGSEGV");
    CHECK(death_text({.signal = SIGKILL}, none) == "SIGKILL");
    CHECK(death_text({.signal = SIGKILL, .out_of_memory = true}, none) ==
          "it was killed at its memory limit");
    CHECK(death_text({.signal = SIGSYS}, none).find("that system call") != std::string::npos);
    CHECK(death_text({.signal = 200}, none) == "signal 200");
}

TEST_CASE("last words: nothing a process says moves the cursor") {
    CHECK(printable("a\x1b[2J\r\n\x7f") == "a?[2J???");
    CHECK(printable("grün") == "grün");
}

}  // namespace
}  // namespace parallax
