// Modes of execution, and what exact and live delivery make of crashes and refuse.
#include "parallax/isolation.h"

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

Graph graph_of(const std::string& line, const Registry& registry) {
    auto graph = parse_launch(line, registry);
    if (!graph) FAIL(graph.error().front().text);
    return *std::move(graph);
}

std::vector<std::string> placed(const ExecutionMode& mode) {
    const Registry registry = testing::evil_registry();
    Graph graph =
        graph_of("fakesrc name=a ! tee name=t ! evilfilter name=b ! fakesink name=c", registry);
    place(mode, registry, graph);
    std::vector<std::string> where;
    for (const Graph::Node& node : graph.nodes()) where.push_back(node.name + ":" + node.isolate);
    return where;
}

using Places = std::vector<std::string>;

TEST_CASE("execution modes: each element in the program, by itself, or with others") {
    CHECK(placed(ExecutionMode::InProcess{}) == Places{"a:no", "t:no", "b:no", "c:no"});
    CHECK(placed(ExecutionMode::Isolated{}) ==
          Places{"a:process", "t:no", "b:process", "c:process"});
    CHECK(placed(ExecutionMode::Grouped{.patterns = {"evil*"}}) ==
          Places{"a:no", "t:no", "b:process", "c:no"});
    CHECK(
        placed(ExecutionMode::Grouped{
            .patterns = {"*"},
            .groups = {{"a", GroupId::supervisor}, {"fakesink", GroupId{7}}, {"b", GroupId{7}}}}) ==
        Places{"a:no", "t:no", "b:group7", "c:group7"});
}

TEST_CASE("execution modes: a run in processes reports what they did") {
    const Registry registry = testing::evil_registry();
    const auto report = run_with_mode(
        graph_of("fakesrc num-buffers=9 ! evilfilter name=b ! fakesink name=c", registry), registry,
        ExecutionMode::Isolated{});
    if (!report) FAIL(to_string(report.error()));
    REQUIRE(report->elements.size() == 3);
    for (const ElementReport& element : report->elements) CHECK(element.isolated);
    CHECK(report->elements[2].frames_in == 9);
    CHECK_FALSE(run_with_mode(graph_of("fakesrc ! identity error-after=1 ! fakesink", registry),
                              registry, ExecutionMode::InProcess{}));
}

TEST_CASE("execution modes: stages may be run by another program, if it is one that does so") {
    const Registry registry = testing::evil_registry();
    const auto with = [&](const std::string& host) {
        SupervisorOptions options;
        options.stage_host = host;
        return run_with_mode(graph_of("fakesrc num-buffers=9 ! identity ! fakesink", registry),
                             registry, ExecutionMode::Isolated{}, std::move(options));
    };
    CHECK(with(PARALLAX_STAGE));
    const auto refused = with("/bin/true");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().hint.find("stage_main_if_requested") != std::string::npos);
    CHECK_FALSE(with("/nowhere/stage"));
}

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
    const Graph graph = graph_of(line, registry);
    auto pipeline = Pipeline::create(graph, registry, {});
    REQUIRE(pipeline);
    const Result<> checked = check_exact(graph, registry, **pipeline);
    return checked ? "" : to_string(checked.error());
}

TEST_CASE("delivery: exact is refused where the graph cannot promise it") {
    CHECK(refusal("fakesrc ! queue name=q leaky=downstream ! fakesink").starts_with("q drops"));
    CHECK(refusal("audiotestsrc ! forgetful name=r isolate=process ! fakesink")
              .starts_with("r has state"));
}

TEST_CASE("delivery: exact is kept by elements of known state, and by those in the program") {
    CHECK(refusal("fakesrc ! queue ! identity isolate=process ! filesink location=/dev/null "
                  "isolate=process") == "");
    CHECK(refusal("audiotestsrc isolate=process ! forgetful ! fakesink isolate=process") == "");
    CHECK(refusal("audiotestsrc ! audioresample isolate=process ! fakesink") == "");
}

}  // namespace
}  // namespace parallax
