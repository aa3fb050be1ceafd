#include "graph/plan.h"

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>
#include <fmt/core.h>

#include "base/clock.h"
#include "graph/assemble.h"
#include "parallax/pipeline.h"
#include "support/known_elements.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

// Placement by a launch line. `frame_bytes` is the size of every frame, 0 if unknown.
struct Placed {
    Assembly assembly;
    PlanInput input;
    Result<Plan> plan = Plan{};

    explicit Placed(std::string_view line, std::size_t frame_bytes = 0,
                    std::string_view caps = {}) {
        static const Registry registry = known_elements();
        const auto graph = parse_launch(line, registry);
        if (!graph) FAIL(graph.error().front().text);
        assembly = assemble(*graph, registry);
        if (!assembly.problems.empty()) FAIL(assembly.problems.front().text);
        input.links = assembly.links;
        for (PlannedLink& link : input.links) {
            link.frame_bytes = frame_bytes;
            if (!caps.empty()) link.caps = unwrap(parse_caps(caps)).structures().front();
        }
        for (std::size_t n = 0; n < assembly.elements.size(); ++n) {
            const Graph::Node& node = graph->nodes()[n];
            input.nodes.push_back({assembly.elements[n].get(), node.group, node.isolate});
        }
        plan = make_plan(input);
    }

    // "fakesrc0 identity0 | fakesink0", stages in their order.
    std::string stages() const {
        std::string text;
        for (const PlannedStage& stage : plan->stages) {
            if (!text.empty()) text += " |";
            for (const std::size_t e : stage.elements) {
                text += (text.empty() ? "" : " ") + assembly.elements[e]->name;
            }
        }
        return text;
    }
    const PlannedLink& into(std::string_view element) const {
        for (const PlannedLink& link : plan->links) {
            if (assembly.elements[link.to]->name == element) return link;
        }
        FAIL("nothing goes into " << std::string(element));
        return plan->links.front();
    }
};

TEST_CASE("plan: a ring between processes has room for all that is held beyond it") {
    const Placed placed(
        "fakesrc ! identity name=f isolate=process ! identity name=x ! queue name=q "
        "max-size-buffers=100 ! fakesink",
        1000);
    CHECK(placed.into("x").held >= placed.into("x").capacity + 100);
    CHECK(placed.into("f").held >= placed.into("x").held);
    CHECK(placed.into("q").held == 0);  // Within this process nobody reads it again.
}

TEST_CASE("plan: a chain is one stage, and nothing in it a channel") {
    const Placed placed("fakesrc ! identity ! identity ! fakesink");
    REQUIRE(placed.plan);
    CHECK(placed.stages() == "fakesrc0 identity0 identity1 fakesink0");
    for (const PlannedLink& link : placed.plan->links) CHECK_FALSE(link.channel);
}

TEST_CASE("plan: a queue begins a stage; what stands before it ends one") {
    const Placed placed("fakesrc ! identity ! queue ! identity ! fakesink");
    REQUIRE(placed.plan);
    CHECK(placed.stages() == "fakesrc0 identity0 | queue0 identity1 fakesink0");
    CHECK(placed.into("queue0").channel);
    CHECK_FALSE(placed.into("identity1").channel);
}

TEST_CASE("plan: branches begin where they part and end where they meet") {
    const Placed placed(
        "fakesrc ! tee name=t  t. ! identity ! funnel name=f ! fakesink  t. ! identity ! f.");
    REQUIRE(placed.plan);
    CHECK(placed.stages() == "fakesrc0 t | identity0 | identity1 | f fakesink0");
    CHECK(std::ranges::count_if(placed.plan->links, &PlannedLink::channel) == 4);
}

TEST_CASE("plan: two groups never share a stage") {
    const Placed placed("fakesrc group=a ! identity group=b ! fakesink group=b");
    REQUIRE(placed.plan);
    CHECK(placed.stages() == "fakesrc0 | identity0 fakesink0");
    CHECK(placed.plan->stages[0].group == "a");
    CHECK(placed.plan->stages[1].group == "b");
}

TEST_CASE("plan: a queue holds what the tightest of its limits allows, and one frame at least") {
    const auto capacity = [](std::string_view shape, std::size_t frame_bytes,
                             std::string_view caps = {}) {
        const Placed placed("fakesrc ! queue " + std::string(shape) + " ! fakesink", frame_bytes,
                            caps);
        return placed.into("queue0").capacity;
    };
    CHECK(capacity("max-size-buffers=7", 0) == 7);
    CHECK(capacity("max-size-buffers=7 max-size-bytes=3000", 1000) == 3);
    CHECK(capacity("max-size-buffers=7 max-size-bytes=10", 1000) == 1);
    CHECK(capacity("max-size-buffers=7 max-size-bytes=1", 0) == 7);  // Sizes nobody knows.
    const char* const at_10 = "video/x-raw,format=RGB,width=4,height=4,framerate=10/1";
    CHECK(capacity("max-size-buffers=0 max-size-bytes=0 max-size-time=500000000", 1, at_10) == 5);
    CHECK(capacity("max-size-buffers=3 max-size-bytes=0 max-size-time=500000000", 1, at_10) == 3);
    CHECK(capacity("max-size-buffers=0 max-size-bytes=0 max-size-time=1", 1, at_10) == 1);
    // No limit at all is still bounded.
    CHECK(capacity("max-size-buffers=0 max-size-bytes=0 max-size-time=0", 1) == 4096);
    CHECK(capacity("max-size-buffers=18446744073709551615 max-size-bytes=0", 1) == 4096);
}

TEST_CASE("plan: a queue's leakiness is its channel's") {
    for (const auto& [word, leaky] : {std::pair{"no", Leaky::no},
                                      {"upstream", Leaky::upstream},
                                      {"downstream", Leaky::downstream}}) {
        const Placed placed("fakesrc ! queue leaky=" + std::string(word) + " ! fakesink");
        CHECK(placed.into("queue0").leaky == leaky);
    }
}

TEST_CASE("plan: without a queue large frames wait in few places, small ones in more") {
    const auto capacity = [](std::size_t frame_bytes) {
        return Placed("fakesrc group=a ! fakesink", frame_bytes).into("fakesink0").capacity;
    };
    CHECK(capacity(0) == 32);
    CHECK(capacity(1) == 32);
    CHECK(capacity(std::size_t{16} << 20U) == 4);
    CHECK(capacity(std::size_t{1} << 40U) == 2);
}

// Every frame that can be under way at once has a slot: those in each channel, the one that each
// stage at its end works on, and those that the element itself makes.
TEST_CASE(
    "plan: an arena has a slot for all that can be held at once, however far it is handed on") {
    const Placed placed(
        "fakesrc ! tee name=t  t. ! queue max-size-buffers=5 ! fakesink  "
        "t. ! queue max-size-buffers=50 ! identity ! queue max-size-buffers=7 ! fakesink",
        1000);
    REQUIRE(placed.plan);
    REQUIRE(placed.plan->arenas.size() == 1);  // Who only hands on needs no memory.
    const PlannedArena& arena = placed.plan->arenas[0];
    CHECK(placed.assembly.elements[arena.element]->name == "fakesrc0");
    CHECK(arena.slot_bytes == 1000);
    CHECK(arena.slots >= (5 + 1) + (50 + 1) + (7 + 1) + 1);
}

// A tee, a queue and a way beside it, and both come together; again and again.
std::string ladder(int rungs) {
    std::string line = "fakesrc ! tee name=t0";
    for (int r = 0; r < rungs; ++r) {
        line += fmt::format(
            " t{0}. ! queue ! funnel name=f{0} ! tee name=t{1}  t{0}. ! queue ! f{0}.", r, r + 1);
    }
    return line + fmt::format("  t{}. ! fakesink", rungs);
}

// CPU time of placement alone, the least of some rounds.
double placing_s(const PlanInput& input) {
    double least = 1e9;
    for (int round = 0; round < 5; ++round) {
        const std::int64_t start = thread_cpu_ns();
        CHECK(make_plan(input));
        least = std::min(least, static_cast<double>(thread_cpu_ns() - start) / 1e9);
    }
    return least;
}

TEST_CASE("plan: branches that part and meet again many times are not walked way by way") {
    const Placed small(ladder(5), 1000);
    const Placed large(ladder(20), 1000);
    REQUIRE(small.plan);
    REQUIRE(large.plan);
    CHECK(placing_s(large.input) < 40 * placing_s(small.input));
    // So many that the ways between its ends could not be walked in a lifetime.
    CHECK(Placed(ladder(60), 1000).plan);
}

TEST_CASE("plan: sizes that nobody knows get no arena") {
    const Placed placed("fakesrc ! fakesink", 0);
    REQUIRE(placed.plan);
    CHECK(placed.plan->arenas.empty());
}

TEST_CASE("plan: more pads than a stage can have are refused by name") {
    std::string line = "funnel name=f ! fakesink ";
    for (std::size_t i = 0; i < kMaxInputs; ++i) line += " fakesrc ! f.";
    CHECK(Placed(line).plan);
    const Placed over(line + " fakesrc ! f.");
    REQUIRE_FALSE(over.plan);
    CHECK(over.plan.error().code == Errc::unsupported);
    CHECK(over.plan.error().message == "f has 17 inputs; at most 16 can be linked");
    std::string branches = "fakesrc ! identity ! tee name=t";
    for (std::size_t i = 0; i <= kMaxChannels; ++i) branches += " t. ! queue ! fakesink";
    const Placed wide(branches);
    REQUIRE_FALSE(wide.plan);
    CHECK(wide.plan.error().code == Errc::unsupported);
    CHECK(wide.plan.error().message == "t has 65 outputs; at most 64 can be linked");
}

TEST_CASE("plan: a circle is refused, with all that stand in it or behind it") {
    const std::vector<std::string> names{"a", "b", "c", "d"};
    const auto link = [](std::size_t from, std::size_t to) {
        PlannedLink planned;
        planned.from = from;
        planned.to = to;
        return planned;
    };
    const auto order = flow_order(4, {link(0, 1), link(1, 2), link(2, 1), link(2, 3)}, names);
    REQUIRE_FALSE(order);
    CHECK(order.error().code == Errc::cycle);
    CHECK(order.error().message.find("through b, c") != std::string::npos);
    CHECK_FALSE(order.error().hint.empty());
    CHECK_FALSE(flow_order(1, {link(0, 0)}, {"self"}));
}

// Every graph of five elements whose links go up in some order of them.
TEST_CASE("plan: the order of flow has every element once, and each after all that feed it") {
    constexpr std::size_t kElements = 5;
    std::vector<std::size_t> names(kElements);
    std::iota(names.begin(), names.end(), 0U);
    const std::vector<std::string> words(kElements, "e");
    do {
        for (std::uint32_t bits = 0; bits < 1024; bits += 7) {
            std::vector<PlannedLink> links;
            std::uint32_t bit = 1;
            for (std::size_t i = 0; i < kElements; ++i) {
                for (std::size_t j = i + 1; j < kElements; ++j, bit <<= 1U) {
                    if ((bits & bit) == 0) continue;
                    links.emplace_back();
                    links.back().from = names[i];
                    links.back().to = names[j];
                }
            }
            const auto order = flow_order(kElements, links, words);
            REQUIRE(order);
            REQUIRE(std::ranges::is_permutation(*order, names));
            for (const PlannedLink& link : links) {
                REQUIRE(std::ranges::find(*order, link.from) < std::ranges::find(*order, link.to));
            }
        }
    } while (std::ranges::next_permutation(names).found);
}

}  // namespace
}  // namespace parallax
