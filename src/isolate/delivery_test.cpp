// What exact and live delivery make of crashes, and what they refuse.
#include "isolate/delivery.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "support/isolated.h"

namespace parallax {
namespace {

using testing::Isolated;

constexpr std::uint64_t kFrames = 12;
constexpr std::uint64_t kDeadly = 5;

SupervisorOptions quick(Delivery delivery) {
    SupervisorOptions options;
    options.restart.delay = std::chrono::milliseconds(1);
    options.restart.longest_delay = std::chrono::milliseconds(2);
    apply_delivery(delivery, options);
    return options;
}

const std::string kCrashes =
    "fakesrc num-buffers=12 sizetype=fixed sizemax=64 ! evilfilter name=evil isolate=process "
    "mischief=abort at=5 ! appsink name=out";

TEST_CASE("delivery: exact never passes a frame over, and says when it cannot go on") {
    Isolated run(kCrashes, quick(Delivery::exact));
    const auto errors = run.run();
    REQUIRE(errors.size() == 1);
    CHECK(errors.front().find("evil: its process ended") == 0);
    CHECK(run.report("evil").poisoned == 0);
    CHECK(run.report("evil").restarts == 5);
    const auto got = run.sequences();
    CHECK(got.size() == kDeadly);
    for (std::size_t n = 0; n < got.size(); ++n) CHECK(got[n] == n);
}

TEST_CASE("delivery: live passes over what crashes an element at once, and the gap is counted") {
    Isolated run(kCrashes, quick(Delivery::live));
    CHECK(run.run().empty());
    CHECK(run.report("evil").restarts == 1);
    CHECK(run.report("evil").poisoned == 1);
    const auto got = run.sequences();
    CHECK(got.size() + run.report("evil").poisoned == kFrames);
    CHECK(std::ranges::find(got, kDeadly) == got.end());
}

std::string refusal(const std::string& line) {
    const Registry registry = testing::evil_registry();
    auto graph = parse_launch(line, registry);
    REQUIRE(graph);
    auto pipeline = Pipeline::create(*graph, registry, {});
    REQUIRE(pipeline);
    const Result<> checked = check_exact(*graph, registry, **pipeline);
    return checked ? "" : to_string(checked.error());
}

TEST_CASE("delivery: exact is refused where the graph cannot promise it") {
    CHECK(refusal("fakesrc ! queue name=q leaky=downstream ! fakesink").starts_with("q drops"));
    CHECK(refusal("audiotestsrc ! audioresample name=r isolate=process ! fakesink")
              .starts_with("r has state"));
}

TEST_CASE("delivery: exact is kept by elements of known state, and by those in the program") {
    CHECK(refusal("fakesrc ! queue ! identity isolate=process ! filesink location=/dev/null "
                  "isolate=process") == "");
    CHECK(refusal("audiotestsrc isolate=process ! audioresample ! fakesink isolate=process") == "");
}

}  // namespace
}  // namespace parallax
