// A format that changes while it plays: what was under way arrives, and no frame is lost.
#include <algorithm>
#include <atomic>
#include <bit>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "parallax/pipeline.h"
#include "support/known_elements.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

// Plays to the end; the first error, or nothing.
std::string play_out(Pipeline& pipeline) {
    std::string first;
    for (;;) {
        const auto message = pipeline.wait(std::chrono::seconds(1));
        if (!message) continue;
        if (message->kind == Pipeline::Message::Kind::error && first.empty()) first = message->text;
        if (message->kind == Pipeline::Message::Kind::ended) return first;
    }
}

void play_until(Pipeline& pipeline, const std::atomic<int>& seen, int frames) {
    REQUIRE(pipeline.play());
    while (seen < frames) {
        if (const auto message = pipeline.wait(std::chrono::milliseconds(1))) {
            REQUIRE(message->kind != Pipeline::Message::Kind::ended);
        }
    }
}

TEST_CASE("run: a filter that is set anew while it plays changes the size and loses no frame") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=300 ! capsfilter name=f caps=video/x-raw,width=64,height=48 ! "
        "queue ! identity sleep-time=200 ! appsink name=out",
        registry);
    REQUIRE(made);
    Pipeline& pipeline = **made;
    std::atomic<int> seen = 0;
    std::set<int> widths;
    pipeline.element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        widths.insert(view.image()->width());
        ++seen;
        return true;
    });
    play_until(pipeline, seen, 20);
    REQUIRE(pipeline.set_property("f", "caps", "video/x-raw,width=128,height=96"));
    CHECK(play_out(pipeline).empty());
    CHECK(seen == 300);
    CHECK(widths == std::set<int>{64, 128});
}

TEST_CASE("run: a converter that becomes necessary while it plays is put in, no frame is lost") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=300 ! capsfilter name=f "
        "caps=video/x-raw,format=RGB,width=64,height=48 ! queue ! identity sleep-time=200 ! "
        "video/x-raw,format=RGB ! appsink name=out",
        registry);
    REQUIRE(made);
    Pipeline& pipeline = **made;
    std::atomic<int> seen = 0;
    std::set<PixelFormat> formats;
    pipeline.element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        formats.insert(view.image()->format());
        ++seen;
        return true;
    });
    play_until(pipeline, seen, 20);
    CHECK(pipeline.report().converters.empty());
    REQUIRE(pipeline.set_property("f", "caps", "video/x-raw,format=NV12,width=64,height=48"));
    CHECK(play_out(pipeline).empty());
    CHECK(seen == 300);
    CHECK(formats == std::set<PixelFormat>{PixelFormat::rgb});
    const RunReport report = pipeline.report();
    REQUIRE(report.converters.size() == 1);
    CHECK(report.converters[0].factory == "videoconvert");
    for (const ElementReport& element : report.elements) {
        if (element.factory != "videoconvert") continue;
        CHECK(element.frames_in > 0);
        CHECK(element.frames_in <= 280);  // Those before it was there went without.
        CHECK(element.frames_out == element.frames_in);
    }
}

// The inode of the memory file that is mapped there.
std::string memory_of(const std::byte* place) {
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::uintptr_t begin = 0;
        std::uintptr_t end = 0;
        char dash = 0;
        std::string rights;
        std::string offset;
        std::string device;
        std::string inode;
        words >> std::hex >> begin >> dash >> end >> rights >> offset >> device >> inode;
        const auto at = std::bit_cast<std::uintptr_t>(place);
        if (begin <= at && at < end) return inode;
    }
    return {};
}

// Hands frames on, and counts how often it was told its formats.
class Told final : public ElementWith<NoOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .forwards = true,
                .allocates = false};
    }
    Result<> configure(const Negotiated& /*formats*/) override {
        ++times;
        return {};
    }
    Result<Flow> process(Context& context) override { return context.forward(); }
    int times = 0;
};

struct Heard {
    std::vector<std::byte> samples;
    std::set<std::string> memories;
    int told_beside = 0;
    int told_behind = 0;
};

// What is heard of a resampled sound while a picture beside it changes its size, or does not.
Heard hear_beside_pictures(bool changes) {
    Registry registry = known_elements();
    registry.add<Told>({.name = "told", .family = "flow", .doc = "counts", .example = {}});
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=300 ! capsfilter name=f caps=video/x-raw,width=64,height=48 ! "
        "told name=behind ! identity sleep-time=200 ! appsink name=pictures "
        "audiotestsrc num-buffers=300 wave=white-noise ! audio/x-raw,rate=44100 ! queue ! "
        "audioresample ! audio/x-raw,rate=48000 ! told name=beside ! identity sleep-time=200 ! "
        "appsink name=sound",
        registry);
    if (!made) FAIL(made.error().front().text);
    Pipeline& pipeline = **made;
    std::atomic<int> seen = 0;
    Heard heard;
    pipeline.element<AppSink>("pictures")->on_frame([&](const AppSink::View& /*view*/) { ++seen; });
    pipeline.element<AppSink>("sound")->on_frame([&](const AppSink::View& view) {
        heard.samples.insert(heard.samples.end(), view.bytes.begin(), view.bytes.end());
        heard.memories.insert(memory_of(view.bytes.data()));
    });
    play_until(pipeline, seen, 20);
    if (changes) REQUIRE(pipeline.set_property("f", "caps", "video/x-raw,width=128,height=96"));
    CHECK(play_out(pipeline).empty());
    CHECK(seen == 300);
    heard.told_beside = pipeline.element<Told>("beside")->times;
    heard.told_behind = pipeline.element<Told>("behind")->times;
    return heard;
}

TEST_CASE("run: what a change of format does not touch keeps its state and its memory") {
    const Heard still = hear_beside_pictures(false);
    const Heard changed = hear_beside_pictures(true);
    CHECK(still.told_behind == 1);
    CHECK(changed.told_behind == 2);
    CHECK(changed.told_beside == 1);
    CHECK(changed.samples == still.samples);
    CHECK(still.memories.size() == 1);
    CHECK(changed.memories.size() == 1);
}

// Pushes frames of three sizes in turns, each frame with a pts of its own, and ends the stream.
void push_sizes(AppSrc& source, int turns, int frames_per_turn) {
    std::int64_t pts_ns = 0;
    for (int turn = 0; turn < turns; ++turn) {
        const int width = 32 << (turn % 3);
        source.set_caps(unwrap(parse_caps(
            "video/x-raw,format=GRAY8,height=16,framerate=100/1,width=" + std::to_string(width))));
        const std::vector<std::byte> frame(static_cast<std::size_t>(width) * 16);
        for (int i = 0; i < frames_per_turn; ++i, pts_ns += 10'000'000) {
            Meta meta;
            meta.pts_ns = pts_ns;
            if (source.push(frame, meta, std::chrono::seconds(20)) != AppSrc::Push::taken) return;
        }
    }
    source.end_of_stream();
}

// How many frames of each width came out where a source changes its size six times.
std::map<int, int> widths_through(const std::string& branches) {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "appsrc name=in caps=video/x-raw,format=GRAY8,height=16,framerate=100/1,width=32 ! "
        "tee name=t  " +
            branches + " ! appsink name=out",
        registry);
    if (!made) FAIL(made.error().front().text);
    Pipeline& pipeline = **made;
    std::map<int, int> seen;
    pipeline.element<AppSink>("out")->on_frame([&](const AppSink::View& view) {
        ++seen[view.image()->width()];
        return true;
    });
    REQUIRE(pipeline.play());
    std::jthread pusher([&] { push_sizes(*pipeline.element<AppSrc>("in"), 6, 40); });
    CHECK(play_out(pipeline).empty());
    return seen;
}

TEST_CASE("run: a source that changes its size before a tee and a join loses no frame") {
    CHECK(widths_through("t. ! queue ! funnel name=j  t. ! queue ! identity ! j.  j.") ==
          std::map<int, int>{{32, 160}, {64, 160}, {128, 160}});
}

TEST_CASE("run: where two branches meet frame by frame, both change size at the same frame") {
    CHECK(widths_through("t. ! queue ! metrics name=j  t. ! queue ! identity ! j.reference  j.") ==
          std::map<int, int>{{32, 80}, {64, 80}, {128, 80}});
}

TEST_CASE("run: a branch that wants one size gets it from every size that comes") {
    CHECK(widths_through("t. ! queue ! fakesink  t. ! queue ! video/x-raw,width=48,height=16") ==
          std::map<int, int>{{48, 240}});
}

TEST_CASE("run: a branch that wants another format gets a converter, and the report says why") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=3 ! video/x-raw,format=RGB,width=64,height=48 ! tee name=t "
        "t. ! queue ! video/x-raw,format=NV12 ! fakesink name=a t. ! queue ! fakesink name=b",
        registry);
    REQUIRE(made);
    REQUIRE((*made)->run());
    const RunReport report = (*made)->report();
    REQUIRE(report.converters.size() == 1);
    CHECK(report.converters[0].factory == "videoconvert");
    CHECK(report.converters[0].link == "queue0.src -> capsfilter1.sink");
    CHECK(report.converters[0].links ==
          std::vector<std::string>{"queue0.src -> videoconvert-auto0.sink",
                                   "videoconvert-auto0.src -> capsfilter1.sink"});
    CHECK(report.converters[0].reason == "queue0 gives format RGB, capsfilter1 takes NV12");
    for (const ElementReport& element : report.elements) {
        if (element.factory == "fakesink") CHECK(element.frames_in == 3);
    }
}

TEST_CASE("run: a plan lists links in the order of the data, those of a converter too") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc ! video/x-raw,format=RGB,width=64,height=48 ! tee name=t "
        "t. ! queue ! video/x-raw,format=NV12,width=32 ! fakesink name=a t. ! queue ! fakesink",
        registry);
    REQUIRE(made);
    REQUIRE((*made)->agree());
    const PlanReport plan = (*made)->plan();
    std::vector<std::string> names;
    for (const LinkPlan& link : plan.links) names.push_back(link.from + " -> " + link.to);
    REQUIRE(plan.converters.size() == 2);
    for (const ConverterPlan& converter : plan.converters) {
        REQUIRE(converter.links.size() == 2);
        const auto first = std::ranges::find(names, converter.links[0]);
        REQUIRE(first != names.end());
        REQUIRE(std::next(first) != names.end());
        CHECK(*std::next(first) == converter.links[1]);
    }
    // Formats are agreed, nothing is placed yet.
    CHECK(plan.links[0].caps == "video/x-raw,format=RGB,width=64,height=48,framerate=30/1");
    CHECK(plan.stages.empty());
    CHECK(plan.arenas.empty());
    REQUIRE((*made)->prepare());
    CHECK((*made)->plan().stages.size() == 3);
    CHECK((*made)->plan().converters.size() == 2);
}

TEST_CASE("run: where pictures are compared none is converted on the way") {
    const Registry registry = known_elements();
    auto made = Pipeline::from_text(
        "videotestsrc num-buffers=1 ! video/x-raw,width=64,height=48 ! queue ! metrics name=m "
        "videotestsrc num-buffers=1 ! video/x-raw,width=32,height=48 ! queue ! m.reference",
        registry);
    REQUIRE(made);
    const Result<> prepared = (*made)->prepare();
    REQUIRE_FALSE(prepared);
    CHECK(prepared.error().code == Errc::no_common_format);
    const RunReport report = (*made)->report();
    REQUIRE(report.errors.size() == 1);
    CHECK(report.errors[0].field == "width");
    CHECK(report.errors[0].path.size() >= 3);
    // The caps that ask for it stand there in the text.
    CHECK(report.errors[0].line == 1);
    CHECK(report.errors[0].column == 115);
}

}  // namespace
}  // namespace parallax
