#include "trace/trace.h"

#include <fstream>
#include <map>
#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

nlohmann::json read_json(const std::string& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file, nullptr, false);
}

TEST_CASE("trace: calls are slices, and arrows go from who gave a frame to who took it") {
    const TempFolder folder;
    const auto trace = unwrap(Trace::open(folder.file("t.json")));
    const auto first = std::make_unique<TraceRing>();
    const auto second = std::make_unique<TraceRing>();
    trace->add({.pid = 10, .process = "a \"b\"", .elements = {"src"}, .inputs = {}, .outputs = {7}},
               *first);
    const std::uint64_t number = trace->add(
        {.pid = 11, .process = "x", .elements = {"sink"}, .inputs = {7}, .outputs = {}}, *second);
    using Kind = TraceEvent::Kind;
    for (std::uint64_t i = 0; i < 5; ++i) {
        const auto at = static_cast<std::int64_t>(i) * 1000;
        first->write({.start_ns = at, .duration_ns = 500, .position = i, .thread = 1});
        first->write({.position = i, .kind = Kind::given});
        second->write({.position = i, .kind = Kind::taken});
        second->write({.start_ns = at + 600, .duration_ns = 50, .position = i, .thread = 2});
    }
    // Who is not trusted may say anything.
    second->write({.kind = Kind::taken, .number = 99});
    second->write({.kind = Kind::call, .number = 99});
    second->write({.kind = static_cast<Kind>(77)});
    trace->remove(number);
    CHECK(trace->close());
    CHECK(trace->lost() == 0);

    const auto json = read_json(folder.file("t.json"));
    REQUIRE(json.is_object());
    std::map<std::string, int> count;
    std::map<std::uint64_t, int> arrows;
    for (const auto& event : json["traceEvents"]) {
        const std::string phase = event["ph"];
        ++count[phase];
        if (phase == "s") arrows[event["id"]] += 1;
        if (phase == "f") arrows[event["id"]] -= 1;
        if (phase == "f") CHECK(event["pid"] == 11);
    }
    CHECK(count["X"] == 10);
    CHECK(count["s"] == 5);
    CHECK(count["f"] == 5);
    CHECK(count["M"] == 4);  // Two processes, two threads.
    CHECK(arrows.size() == 5);
    for (const auto& [id, open] : arrows) CHECK(open == 0);
    CHECK(json["otherData"]["lost_events"] == 0);
}

TEST_CASE("trace: a reader that is overtaken has whole events only, and counts the others") {
    const auto ring = std::make_unique<TraceRing>();
    constexpr std::uint64_t kEvents = 400'000;
    const std::jthread writer([&] {
        for (std::uint64_t i = 1; i <= kEvents; ++i) {
            const auto n = static_cast<std::int64_t>(i);
            ring->write({.start_ns = n, .duration_ns = n * 3, .position = i * 7});
        }
    });
    TraceReader reader(*ring);
    std::uint64_t seen = 0;
    std::uint64_t lost = 0;
    std::int64_t last = 0;
    bool whole = true;
    std::vector<TraceEvent> events;
    while (seen + lost < kEvents) {
        events.clear();
        lost += reader.take(events);
        seen += events.size();
        for (const TraceEvent& event : events) {
            whole = whole && event.duration_ns == event.start_ns * 3 &&
                    event.position == static_cast<std::uint64_t>(event.start_ns) * 7 &&
                    event.start_ns > last;
            last = event.start_ns;
        }
    }
    CHECK(whole);
    CHECK(seen + lost == kEvents);
    CHECK(last == kEvents);
}

TEST_CASE("trace: a file that cannot be written is an error, at once or at the end") {
    CHECK(!Trace::open("/missing/folder/t.json"));
    const auto trace = unwrap(Trace::open("/dev/full"));
    const Result<> closed = trace->close();
    REQUIRE(!closed);
    CHECK(closed.error().message.contains("No space left"));
}

TEST_CASE("trace: one without any event is valid too") {
    const TempFolder folder;
    CHECK(unwrap(Trace::open(folder.file("t.json")))->close());
    CHECK(read_json(folder.file("t.json"))["traceEvents"].empty());
}

}  // namespace
}  // namespace parallax
