#include "graph/assemble.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "support/known_elements.h"

namespace parallax {
namespace {

// Inputs and outputs of every kind: listed, optional, and requested.
class Hub final : public ElementWith<NoOptions> {
  public:
    static Pads pads() {
        using enum PadDirection;
        return {.pads = {{"main", sink},
                         {"side", sink, Caps::any(), true},
                         {"in_%u", sink},
                         {"out", src},
                         {"out_%u", src}}};
    }
    Result<Flow> process(Context&) override { return Flow::more; }
};

Registry registry_with_hub() {
    Registry registry = known_elements();
    registry.add<Hub>({.name = "hub", .family = "test", .doc = "many pads", .example = ""});
    return registry;
}

Assembly assembled(const Graph& graph) {
    static const Registry registry = registry_with_hub();
    return assemble(graph, registry);
}

std::vector<std::string> kinds(const Assembly& assembly) {
    std::vector<std::string> all;
    for (const Problem& problem : assembly.problems) all.push_back(problem.kind);
    return all;
}

std::string input_name(const Assembly& assembly, std::size_t link) {
    const PlannedLink& planned = assembly.links.at(link);
    return pad_name(*assembly.elements.at(planned.to), PadDirection::sink, planned.to_pad);
}

// A graph of a hub and so many sources, each linked to the pad of that name.
Assembly into_hub(const std::vector<std::string>& pads) {
    Graph graph;
    const auto hub = graph.add("hub");
    for (const std::string& pad : pads) {
        graph.link({.from = graph.add("fakesrc"), .from_pad = {}, .to = hub, .to_pad = pad});
    }
    return assembled(graph);
}

TEST_CASE("assemble: elements stand as the graph's nodes do, with their properties set") {
    Graph graph;
    const auto src = graph.add("fakesrc", {{"num-buffers", "3"}, {"num-buffers", "5"}});
    const auto sink = graph.add("fakesink", {{"name", "end"}});
    graph.link(src, sink);
    const Assembly assembly = assembled(graph);
    REQUIRE(assembly.problems.empty());
    REQUIRE(assembly.elements.size() == 2);
    CHECK(assembly.elements[0]->name == "fakesrc0");
    CHECK(assembly.elements[1]->name == "end");
    CHECK(assembly.elements[0]->element->property("num-buffers") ==
          PropertyValue(std::int64_t{5}));  // The last of a repeated property.
    REQUIRE(assembly.links.size() == 1);
    CHECK(pad_name(*assembly.elements[0], PadDirection::src, assembly.links[0].from_pad) ==
          "fakesrc0.src");
}

TEST_CASE("assemble: all that is wrong with elements is told at once, with what is nearest") {
    Graph graph;
    graph.add("fakesrk", {}, {.line = 1, .column = 1});
    graph.add("fakesrc", {{"num-bufers", "3"}, {"sizemax", "-1"}}, {.line = 2, .column = 5});
    graph.add("fakesink", {{"name", "twice"}});
    graph.add("fakesink", {{"name", "twice"}, {"last-message", "x"}});
    const Assembly assembly = assembled(graph);
    CHECK(kinds(assembly) == std::vector<std::string>{"no-such-element", "no-such-property",
                                                      "bad-value", "duplicate-name", "bad-value"});
    const Problem& unknown = assembly.problems[0];
    CHECK(unknown.line == 1);
    REQUIRE_FALSE(unknown.names.empty());
    CHECK(unknown.names[0] == "fakesrc");
    const Problem& property = assembly.problems[1];
    CHECK(property.column == 5);
    CHECK(property.hint == "did you mean num-buffers?");
    CHECK(assembly.problems[3].names == std::vector<std::string>{"twice"});
}

TEST_CASE("assemble: a name unlike any other is refused without a guess") {
    Graph graph;
    graph.add("qqqqqqqqqqqq");
    const Assembly assembly = assembled(graph);
    REQUIRE(assembly.problems.size() == 1);
    CHECK(assembly.problems[0].names.empty());
    CHECK_FALSE(assembly.problems[0].hint.empty());
}

TEST_CASE("assemble: an unnamed link takes listed pads first, then requests new ones") {
    const Assembly assembly = into_hub({"", "", "", ""});
    REQUIRE(assembly.problems.empty());
    CHECK(input_name(assembly, 0) == "hub0.main");
    CHECK(input_name(assembly, 1) == "hub0.side");
    CHECK(input_name(assembly, 2) == "hub0.in_0");
    CHECK(input_name(assembly, 3) == "hub0.in_1");
}

TEST_CASE("assemble: a requested number that is taken is passed over") {
    const Assembly assembly = into_hub({"main", "side", "in_0", "in_2", "", "", ""});
    REQUIRE(assembly.problems.empty());
    CHECK(input_name(assembly, 4) == "hub0.in_1");
    CHECK(input_name(assembly, 5) == "hub0.in_3");
    CHECK(input_name(assembly, 6) == "hub0.in_4");
}

// They were numbered as they were linked, so that `selector active=0` took from sink_1 when that
// came first in the text.
TEST_CASE("assemble: requested pads are numbered by their names, whichever was linked first") {
    std::vector<std::string> pads{"in_10", "in_2", "in_0", "main"};
    std::ranges::sort(pads);
    do {
        const Assembly assembly = into_hub(pads);
        REQUIRE(assembly.problems.empty());
        for (std::size_t l = 0; l < pads.size(); ++l) {
            const std::size_t number = assembly.links[l].to_pad;
            CHECK(input_name(assembly, l) == "hub0." + pads[l]);
            if (pads[l] == "main") CHECK(number == 0);
            if (pads[l] == "in_0") CHECK(number == 2);  // `side` is listed and keeps its number.
            if (pads[l] == "in_2") CHECK(number == 3);
            if (pads[l] == "in_10") CHECK(number == 4);
        }
    } while (std::ranges::next_permutation(pads).found);
}

TEST_CASE("assemble: a pad that is not there, or no more, is named with those that are") {
    for (const char* bad : {"nothing", "in_", "in_x", "in_1x", "out", "IN_1"}) {
        CAPTURE(bad);
        const Assembly assembly = into_hub({"main", bad});
        REQUIRE(kinds(assembly) == std::vector<std::string>{"link"});
        CHECK(assembly.problems[0].text.find(std::string("has no free pad called ") + bad) !=
              std::string::npos);
        CHECK(assembly.problems[0].hint.find("main, side, in_%u") != std::string::npos);
    }
    CHECK(kinds(into_hub({"main", "main"})) == std::vector<std::string>{"link"});
    CHECK(kinds(into_hub({"main", "in_3", "in_3"})) == std::vector<std::string>{"link"});
    CHECK(into_hub({"main", "in_99999999999999999999999"}).problems.empty());
    // The pattern itself asks for the next of its pads, as in GStreamer.
    CHECK(into_hub({"main", "in_%u", "in_%u"}).problems.empty());
}

TEST_CASE("assemble: what must be linked and is not is a problem, what may be is none") {
    Graph graph;
    graph.add("hub");
    const Assembly assembly = assembled(graph);
    REQUIRE(kinds(assembly) == std::vector<std::string>{"link"});
    CHECK(assembly.problems[0].text == "nothing is linked to hub0.main");
}

TEST_CASE("assemble: links that cannot be say which side has nothing to offer") {
    Graph graph;
    const auto sink = graph.add("fakesink");
    const auto hub = graph.add("hub");
    const auto src = graph.add("fakesrc");
    graph.link(sink, hub);
    graph.link(hub, src);
    graph.link(src, sink);
    const Assembly assembly = assembled(graph);
    REQUIRE(assembly.problems.size() >= 2);
    CHECK(assembly.problems[0].text == "cannot link fakesink0 to hub0: fakesink0 has no output");
    CHECK(assembly.problems[1].text == "cannot link hub0 to fakesrc0: fakesrc0 has no input");
}

TEST_CASE("assemble: pads that have nothing in common say what each has") {
    Graph graph;
    const auto encoder = graph.add("jpegenc");
    const auto isp = graph.add("softisp");
    graph.link(encoder, isp);
    const Assembly assembly = assembled(graph);
    REQUIRE_FALSE(assembly.problems.empty());
    CHECK(assembly.problems[0].text ==
          "cannot link jpegenc0 to softisp0: image/jpeg and video/x-bayer have nothing in common");
    CHECK(assembly.problems[0].hint == "nothing here makes video/x-bayer of image/jpeg");
}

TEST_CASE("assemble: pads that have nothing in common tell the remedy where there is one") {
    Graph graph;
    const auto raw = graph.add("rawtestsrc");
    const auto encoder = graph.add("jpegenc");
    graph.link(raw, encoder);
    const Assembly assembly = assembled(graph);
    REQUIRE_FALSE(assembly.problems.empty());
    CHECK(assembly.problems[0].text ==
          "cannot link rawtestsrc0 to jpegenc0: video/x-bayer and video/x-raw have nothing in "
          "common");
    CHECK(assembly.problems[0].hint == "put softisp between rawtestsrc0 and jpegenc0");
}

TEST_CASE("assemble: nothing at all is nothing wrong") {
    const Assembly assembly = assembled(Graph());
    CHECK(assembly.problems.empty());
    CHECK(assembly.elements.empty());
}

TEST_CASE("nearest names: three at most, nearest first, none that is far") {
    const std::vector<std::string> names{"queue", "queue2", "quell", "tee", "que", "identity"};
    CHECK(nearest_names("queue", names)[0] == "queue");
    CHECK(nearest_names("queeu", names).size() <= 3);
    CHECK(nearest_names("zzzzzzzz", names).empty());
    CHECK(nearest_names("", {}).empty());
    CHECK(nearest_names(std::string(100'000, 'q'), names).empty());
}

}  // namespace
}  // namespace parallax
