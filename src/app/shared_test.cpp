// What commands share: what they say, where, and with which exit code.
#include <array>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "app/commands.h"
#include "parallax/fd.h"
#include "support/temp_folder.h"
#include "support/written.h"

namespace parallax::app {
namespace {

TEST_CASE("shared: an error is a line, and so is its hint") {
    CHECK(on_stderr([] { print_error("parallax-caps", "no verb x", "did you mean y?"); }) ==
          "parallax-caps: error: no verb x\nhint: did you mean y?\n");
    CHECK(on_stderr([] { print_error("parallax-caps", "no verb x"); }) ==
          "parallax-caps: error: no verb x\n");
    CHECK(on_stderr([] { print_error("p", "no verb", "caps a |\n     b"); }) ==
          "p: error: no verb\nhint: caps a |\n     b\n");
}

TEST_CASE("shared: an error that quotes a hostile name does not steer the terminal") {
    const std::string said = on_stderr([] {
        print_error("p", "\x1b[31mX.dng: missing\nhint: none", "mkdir \x1b]0;title\a");
        print_problem("p", {.kind = "io", .element = "a\x1b[2J", .text = "b\x1b[2J"}, "");
        print_problem("p", {.kind = "io", .text = "c\x1b[2J", .line = 1, .column = 3},
                      "x \x1b[1m \xc2\x9b"
                      "2J");
    });
    CHECK(said.find('\x1b') == std::string::npos);
    CHECK(said.find('\a') == std::string::npos);
    CHECK(said.find('\x9b') == std::string::npos);
    CHECK(said.starts_with("p: error: \\x1b[31mX.dng: missing\\nhint: none\nhint: mkdir \\x1b]0;"));
}

TEST_CASE("shared: a mistake in text is shown with its line and a caret") {
    const Problem problem{.kind = "no-such-element",
                          .element = "b0",
                          .text = "no element called b",
                          .line = 2,
                          .column = 4};
    CHECK(on_stderr([&] { print_problem("p", problem, "a !\nä ! b"); }) ==
          "p: error: line 2, column 4: no element called b\nä ! b\n   ^\n");
}

TEST_CASE("shared: what an element met is told with its name, once") {
    CHECK(on_stderr([] {
              print_problem("p", {.kind = "io", .element = "rawsrc0", .text = "no location"}, "");
          }) == "p: error: rawsrc0: no location\n");
    CHECK(on_stderr([] {
              print_problem("p", {.kind = "io", .element = "t", .text = "t has 65 outputs"}, "");
          }) == "p: error: t has 65 outputs\n");
}

TEST_CASE("shared: standard output is written whole, or it is an error that says why") {
    const TempFolder folder;
    int code = -1;
    CHECK(written_to(
              STDOUT_FILENO, [&] { code = print("p", "all\n"); }, folder.file("out")) == "all\n");
    CHECK(code == kExitOk);
    const std::string said = on_stderr(
        [&] { written_to(STDOUT_FILENO, [&] { code = print("p", "all\n"); }, "/dev/full"); });
    CHECK(code == kExitError);
    CHECK(said.starts_with("p: error: standard output cannot be written"));
    CHECK(said.find("No space left on device") != std::string::npos);
}

TEST_CASE("shared: a reader of standard output that went away is an error, and no signal") {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    const UniqueFd kept(::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3));
    ::dup2(ends[1], STDOUT_FILENO);
    ::close(ends[0]);
    ::close(ends[1]);
    int code = -1;
    const std::string said = on_stderr([&] { code = print("p", "all\n"); });
    ::dup2(kept.get(), STDOUT_FILENO);
    CHECK(code == kExitError);
    CHECK(said.find("Broken pipe") != std::string::npos);
}

TEST_CASE("shared: what cannot be said on standard error is lost, and nothing else happens") {
    written_to(
        STDERR_FILENO,
        [] {
            say("lost\n");
            print_error("p", "lost", "lost");
        },
        "/dev/full");
}

TEST_CASE("shared: exit codes of problems and of errors") {
    const auto of = [](const char* kind) {
        return exit_code_of(Problem{.kind = kind, .text = ""});
    };
    CHECK(of("negotiation") == kExitNegotiation);
    CHECK(of("permission") == kExitFacility);
    CHECK(of("io") == kExitError);
    CHECK(of("runtime") == kExitError);
    CHECK(of("bad-value") == kExitUsage);
    const auto code = [](Errc errc) { return exit_code_of(Error{errc, ""}); };
    CHECK(code(Errc::lacking) == kExitFacility);
    CHECK(code(Errc::permission) == kExitFacility);
    CHECK(code(Errc::io) == kExitError);
    CHECK(code(Errc::system) == kExitError);
    CHECK(code(Errc::invalid_argument) == kExitUsage);
}

}  // namespace
}  // namespace parallax::app
