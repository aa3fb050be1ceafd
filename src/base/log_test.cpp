#include "parallax/log.h"

#include <array>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "parallax/fd.h"

namespace parallax {
namespace {

struct Pipe {
    UniqueFd out;
    UniqueFd in;
};
Pipe make_pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}
std::string drain(Pipe& pipe) {
    pipe.in = UniqueFd();
    std::string all;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(pipe.out.get(), buffer.data(), buffer.size())) > 0;) {
        all.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return all;
}

TEST_CASE("log: a line names the program, the level and the speaker; lower levels stay silent") {
    Pipe pipe = make_pipe();
    const Log log({.level = LogLevel::warning, .fd = pipe.in.get(), .program = "parallax-launch"});
    log.error("softisp0", "white level 0");
    log.warning("", "no frames");
    log.info("x", "not wanted");
    CHECK(drain(pipe) ==
          "parallax-launch: error: softisp0: white level 0\nparallax-launch: warning: no frames\n");
}

TEST_CASE("log: a pipe gets no colour; one that is asked for ends again") {
    Pipe plain = make_pipe();
    Log({.fd = plain.in.get()}).error("", "x");
    CHECK(drain(plain) == "error: x\n");
    Pipe coloured = make_pipe();
    Log({.fd = coloured.in.get(), .colour = true}).error("", "x");
    CHECK(drain(coloured) == "\033[1;31merror: \033[0mx\n");
}

TEST_CASE("log: a hostile text stays one line and cannot steer the terminal") {
    Pipe pipe = make_pipe();
    Log({.fd = pipe.in.get()}).info("", "a\nerror: b\033[2Jc\x7f");
    CHECK(drain(pipe) == "info: a\\nerror: b\\x1b[2Jc\\x7f\n");
}

TEST_CASE("log: lines of several threads do not mix") {
    Pipe pipe = make_pipe();
    const Log log({.fd = pipe.in.get()});
    {
        std::vector<std::jthread> threads;
        for (char c = 'a'; c < 'e'; ++c) {
            threads.emplace_back([&log, c] {
                for (int i = 0; i < 50; ++i) log.info("", std::string(100, c));
            });
        }
    }
    const std::string all = drain(pipe);
    int lines = 0;
    for (std::size_t at = 0; at < all.size(); at += 107, ++lines) {
        REQUIRE(at + 107 <= all.size());
        CHECK(all.substr(at, 107) == "info: " + std::string(100, all[at + 6]) + "\n");
    }
    CHECK(lines == 200);
}

TEST_CASE("log: each level reads back from its name") {
    for (int i = 0; i <= static_cast<int>(LogLevel::trace); ++i) {
        const auto level = static_cast<LogLevel>(i);
        CHECK(log_level(to_string(level)) == level);
    }
    CHECK_FALSE(log_level("loud"));
}

}  // namespace
}  // namespace parallax
