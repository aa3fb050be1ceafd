#include "graph/bus.h"

#include <array>
#include <limits>
#include <map>
#include <thread>

#include <doctest/doctest.h>

namespace parallax {
namespace {

constexpr std::int64_t kForEver = std::numeric_limits<std::int64_t>::max();

Message text(std::string words, Severity severity = Severity::info) {
    return {.severity = severity, .element = "e", .text = std::move(words)};
}
Message error(std::string words) {
    return {.kind = Message::Kind::error, .severity = Severity::error, .text = std::move(words)};
}

TEST_CASE("bus: messages come in the order they were posted, then none") {
    Bus bus;
    CHECK_FALSE(bus.wait(0));
    CHECK_FALSE(bus.wait(-1));
    for (const char* words : {"a", "b", "c"}) bus.post(text(words));
    for (const char* words : {"a", "b", "c"}) CHECK(bus.wait(0)->text == words);
    CHECK_FALSE(bus.wait(1000));
    CHECK(bus.lost() == 0);
}

// The longest wait, added to now, ran over: it was none at all.
TEST_CASE("bus: who waits for ever is woken by the next message") {
    Bus bus;
    const std::jthread poster([&] { bus.post(text("here")); });
    const auto message = bus.wait(kForEver);
    REQUIRE(message);
    CHECK(message->text == "here");
}

TEST_CASE("bus: full of chatter, it lets the oldest go and keeps what matters") {
    Bus bus;
    bus.post(text("oldest"));
    bus.post(text("a warning", Severity::warning));
    bus.post(error("an error"));
    for (std::size_t i = 3; i < Bus::kMostKept; ++i) bus.post(text("chatter"));
    CHECK(bus.lost() == 0);
    bus.post(text("newest"));
    CHECK(bus.lost() == 1);
    CHECK(bus.wait(0)->text == "a warning");
    CHECK(bus.wait(0)->text == "an error");
    std::string last;
    std::size_t count = 2;
    for (auto message = bus.wait(0); message; message = bus.wait(0), ++count) last = message->text;
    CHECK(last == "newest");
    CHECK(count == Bus::kMostKept);
}

TEST_CASE("bus: full of warnings, it refuses text but never an error or the end") {
    Bus bus;
    for (std::size_t i = 0; i < Bus::kMostKept; ++i) bus.post(text("w", Severity::warning));
    bus.post(text("one more", Severity::warning));
    bus.post(text("chatter"));
    CHECK(bus.lost() == 2);
    bus.post(error("an error"));
    bus.post({.kind = Message::Kind::ended});
    for (std::size_t i = 0; i < Bus::kMostKept; ++i) CHECK(bus.wait(0)->text == "w");
    CHECK(bus.wait(0)->text == "an error");
    CHECK(bus.wait(0)->kind == Message::Kind::ended);
    CHECK_FALSE(bus.wait(0));
}

TEST_CASE("bus: from many threads everything arrives, and each thread's own in order") {
    constexpr int kThreads = 4;
    constexpr int kEach = 500;
    Bus bus;
    std::array<std::jthread, kThreads> posters;
    for (int t = 0; t < kThreads; ++t) {
        posters.at(static_cast<std::size_t>(t)) = std::jthread([&bus, t] {
            for (int i = 0; i < kEach; ++i) {
                Message message = text(std::to_string(t));
                message.time_ns = i;
                bus.post(std::move(message));
            }
        });
    }
    std::map<std::string, std::int64_t> next;
    for (int i = 0; i < kThreads * kEach; ++i) {
        const auto message = bus.wait(kForEver);
        REQUIRE(message);
        CHECK(message->time_ns == next[message->text]++);
    }
    CHECK(next.size() == kThreads);
    CHECK(bus.lost() == 0);
}

}  // namespace
}  // namespace parallax
