#include "graph/process_borders.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/memory_caps.h"
#include "parallax/pipeline.h"
#include "support/known_elements.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

Caps picture(const std::vector<MemoryKind>& kinds) {
    return in_memory(
        unwrap(parse_caps("video/x-raw,format=GRAY8,width=16,height=16,framerate=1/1")), kinds);
}

// Frames in memory that no other process can map, if it may be; or in nothing else.
template <bool kOnly>
class HeapSource final : public ElementWith<NoOptions> {
  public:
    static Pads pads() { return {.pads = {{"src", PadDirection::src}}}; }
    Caps pad_caps(const Pad&) const override {
        if (kOnly) return picture({MemoryKind::heap});
        return picture({MemoryKind::heap, MemoryKind::memfd});
    }
    Result<Flow> process(Context&) override { return Flow::eos; }
};

class AnySink final : public ElementWith<NoOptions> {
  public:
    static Pads pads() {
        Caps all = in_memory(unwrap(parse_caps("video/x-raw,format=GRAY8")), MemoryPreset::any);
        return {.pads = {{"sink", PadDirection::sink, std::move(all)}}};
    }
    Result<Flow> process(Context&) override { return Flow::more; }
};

// From the heap to memory of ours, the bytes as they are.
class Download final : public ElementWith<NoOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink, in_kind(MemoryKind::heap)},
                         {"src", PadDirection::src, in_kind(MemoryKind::memfd)}},
                .relation = Relation::transform};
    }
    Caps transform(const Pad& from, const Caps& caps, const Pad&) const override {
        const bool down = from.direction == PadDirection::sink;
        Caps moved;
        for (Structure structure : caps.structures()) {
            structure.set_features(features_of(down ? MemoryKind::memfd : MemoryKind::heap));
            moved.append(std::move(structure));
        }
        return moved;
    }
    Result<Flow> process(Context&) override { return Flow::more; }

  private:
    static Caps in_kind(MemoryKind kind) {
        return in_memory(unwrap(parse_caps("video/x-raw")), std::vector{kind});
    }
};

Graph drawn(std::string_view line, const Registry& known) {
    auto graph = parse_launch(line, known);
    if (!graph) FAIL(graph.error().front().text);
    return *std::move(graph);
}

Registry registry(bool with_download) {
    Registry all = known_elements();
    all.add<HeapSource<false>>(
        {.name = "heapsource", .family = "test", .doc = "on the heap", .example = ""});
    all.add<HeapSource<true>>(
        {.name = "heaponly", .family = "test", .doc = "nowhere else", .example = ""});
    all.add<AnySink>(
        {.name = "anysink", .family = "test", .doc = "takes what lies anywhere", .example = ""});
    if (!with_download) return all;
    all.add<Download>({.name = "download",
                       .family = "test",
                       .doc = "from the heap",
                       .example = "",
                       .converter = ConverterPrice{.cost = 5}});
    return all;
}

// The plan of a line, or what is wrong with it.
struct Agreed {
    PlanReport plan;
    Problem error;

    explicit Agreed(std::string_view line, bool with_download = false) {
        const Registry known = registry(with_download);
        auto made = Pipeline::from_text(line, known);
        if (!made) FAIL(made.error().front().text);
        if ((*made)->agree()) {
            plan = (*made)->plan();
        } else {
            error = (*made)->report().errors.front();
        }
    }
    // "..x": which links run from one process to another.
    std::string crossing() const {
        std::string marks;
        for (const LinkPlan& link : plan.links) marks += link.crosses_process ? 'x' : '.';
        return marks;
    }
};

TEST_CASE("process borders: a link crosses where its ends run in two processes") {
    CHECK(Agreed("fakesrc ! identity ! fakesink").crossing() == "..");
    CHECK(Agreed("fakesrc ! identity isolate=process ! fakesink").crossing() == "xx");
    CHECK(Agreed("fakesrc ! identity isolate=process ! identity isolate=process ! fakesink")
              .crossing() == "xxx");
    CHECK(Agreed("fakesrc ! identity isolate=g ! identity isolate=g ! fakesink").crossing() ==
          "x.x");
    CHECK(Agreed("fakesrc ! identity isolate=g ! identity isolate=h ! fakesink").crossing() ==
          "xxx");
}

TEST_CASE("process borders: what is put in runs in the program, unless a rule says otherwise") {
    const Registry known = registry(true);
    const Converters converters(known);
    std::vector<PlannedLink> links(1);
    links[0].to = 1;
    Graph graph = drawn("heapsource isolate=process ! anysink", known);
    CHECK(process_borders(graph, links, converters).front() ==
          ProcessBorders{.on_link = true, .before_converter = true});
    graph = drawn("heapsource ! anysink isolate=process", known);
    CHECK(process_borders(graph, links, converters).front() ==
          ProcessBorders{.on_link = true, .behind_converter = true});
    graph.isolate_added({"download"}, "process");
    CHECK(process_borders(graph, links, converters).front() ==
          ProcessBorders{.on_link = true, .before_converter = true, .behind_converter = true});
    graph = drawn("heapsource ! anysink", known);
    CHECK(process_borders(graph, links, converters).front() == ProcessBorders{});
}

TEST_CASE("process borders: memory that both ends prefer is kept where both run in one process") {
    for (const std::string isolate : {"", " isolate=g"}) {
        const Agreed agreed("heapsource" + isolate + " ! anysink" + isolate);
        CHECK(agreed.plan.links[0].memory == "memory:Heap");
        CHECK(agreed.plan.notes.empty());
    }
}

TEST_CASE("process borders: memory that no other process can map is given up, and that is said") {
    const Agreed agreed("heapsource ! queue ! anysink isolate=process");
    REQUIRE(agreed.plan.links.size() == 2);
    CHECK(agreed.plan.links[0].memory == "MemFd");  // What a queue hands on lies where it lay.
    CHECK(agreed.plan.links[1].memory == "MemFd");
    REQUIRE(agreed.plan.notes.size() == 1);
    CHECK(agreed.plan.notes[0].link == "queue0.src -> anysink0.sink");
    CHECK(agreed.plan.notes[0].text ==
          "memory:MemFd: queue0 and anysink0 run in two processes, which cannot share memory:Heap");
}

TEST_CASE("process borders: who has no other memory is told so, and what would help") {
    const Agreed refused("heaponly ! queue ! anysink isolate=process");
    CHECK(refused.error.reason == "no-common-memory");
    CHECK(refused.error.names == std::vector<std::string>{"heaponly0"});
    CHECK(refused.error.text ==
          "heaponly0 has no memory that another process can map: video/x-raw(memory:Heap)");
    CHECK(refused.error.hint ==
          "nothing here makes video/x-raw of video/x-raw(memory:Heap); else run queue0 and "
          "anysink0 in one process: give both the same isolate");
    CHECK(Agreed("heaponly isolate=g ! identity isolate=g ! anysink isolate=g").error.text == "");
}

TEST_CASE("process borders: a copy is put in where it can run beside what it copies from") {
    const Agreed agreed("heaponly ! anysink isolate=process", true);
    REQUIRE(agreed.plan.converters.size() == 1);
    CHECK(agreed.plan.converters[0].reason ==
          "heaponly0 gives memory:Heap, anysink0 takes memory:MemFd");
    REQUIRE(agreed.plan.notes.size() == 1);
    CHECK(agreed.plan.notes[0].link == "heaponly0.src -> anysink0.sink");
    CHECK(agreed.plan.notes[0].text ==
          "copied from memory:Heap to memory:MemFd by download: heaponly0 and anysink0 run in "
          "two processes, which cannot share memory:Heap");
    CHECK(agreed.crossing() == ".x");
    // In the program it would not see the heap of another process.
    const Agreed refused("heaponly isolate=process ! anysink", true);
    CHECK(refused.error.reason == "no-common-memory");
}

}  // namespace
}  // namespace parallax
