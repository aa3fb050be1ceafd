#include "trace/telemetry.h"

#include <atomic>
#include <string>
#include <thread>

#include <doctest/doctest.h>

namespace parallax {
namespace {

// As a run of so many elements counts after so many frames.
std::vector<TelemetrySample> counted(std::size_t elements, std::uint64_t frames) {
    std::vector<TelemetrySample> samples(elements);
    for (std::size_t n = 0; n < elements; ++n) {
        samples[n].call("element" + std::to_string(n), "default");
        samples[n].frames_in = frames;
    }
    return samples;
}

// All of one moment, in order.
bool whole(const TelemetryLook& look) {
    for (std::size_t n = 0; n < look.elements.size(); ++n) {
        const TelemetrySample& sample = look.elements[n];
        if (sample.name() != "element" + std::to_string(n)) return false;
        if (sample.frames_in != look.elements[0].frames_in) return false;
        if (sample.elements != look.elements.size()) return false;
    }
    return !look.elements.empty();
}

TEST_CASE("telemetry: who listens gets each look whole, from the next one on, then the end") {
    TelemetryHub hub;
    hub.publish(counted(3, 1), 0);
    auto feed = hub.subscribe();
    CHECK_FALSE(feed.try_next());
    hub.publish(counted(3, 2), 0);
    hub.publish(counted(4, 3), 0);  // A converter was put in.
    hub.publish({}, 0);
    hub.close();
    hub.publish(counted(3, 4), 0);
    auto look = feed.next();
    REQUIRE(look);
    CHECK(whole(*look));
    CHECK(look->elements[0].frames_in == 2);
    look = feed.try_next();
    REQUIRE(look);
    CHECK(look->elements.size() == 4);
    CHECK(look->lost == 0);
    CHECK_FALSE(feed.next());
}

TEST_CASE("telemetry: the next look is due a period after the one before") {
    TelemetryHub hub(std::chrono::milliseconds(20));
    CHECK(hub.next_ns() <= 0);
    hub.publish(counted(1, 1), 5'000'000);
    CHECK(hub.next_ns() == 25'000'000);
}

TEST_CASE("telemetry: who is slow loses whole looks and knows how many") {
    TelemetryHub hub;
    auto feed = hub.subscribe();
    hub.publish(counted(100, 1), 0);
    REQUIRE(feed.try_next());
    for (std::uint64_t n = 2; n <= 50; ++n) hub.publish(counted(100, n), 0);
    std::uint64_t seen = 1;
    while (const auto look = feed.try_next()) {
        CHECK(whole(*look));
        CHECK(look->elements[0].frames_in == seen + look->lost + 1);
        seen = look->elements[0].frames_in;
    }
    CHECK(seen == 50);
}

TEST_CASE("telemetry: of more elements than fit the first are told of, and long names are cut") {
    TelemetryHub hub;
    auto feed = hub.subscribe();
    auto samples = counted(TelemetryHub::kMostElements + 10, 1);
    samples[0].call(std::string(200, 'n'), std::string(200, 'g'));
    hub.publish(samples, 0);
    const auto look = feed.try_next();
    REQUIRE(look);
    CHECK(look->elements.size() == TelemetryHub::kMostElements);
    CHECK(look->elements[0].name() == std::string(63, 'n'));
    CHECK(look->elements[0].group() == std::string(31, 'g'));
}

TEST_CASE("telemetry: looks stay whole while others come and go") {
    TelemetryHub hub;
    std::atomic<int> torn{0};
    std::atomic<int> heard{0};
    {
        std::vector<std::jthread> listeners;
        for (int n = 0; n < 3; ++n) {
            listeners.emplace_back([&] {
                auto feed = hub.subscribe();
                std::uint64_t before = 0;
                while (const auto look = feed.next()) {
                    if (!whole(*look) || look->elements[0].look <= before) ++torn;
                    before = look->elements[0].look;
                    ++heard;
                }
            });
        }
        for (std::uint64_t n = 1; n <= 5000; ++n) hub.publish(counted(7, n), 0);
        while (heard == 0) {  // On one core nobody may have come yet.
            hub.publish(counted(7, 1), 0);
            std::this_thread::yield();
        }
        hub.close();
    }
    CHECK(torn == 0);
}

}  // namespace
}  // namespace parallax
