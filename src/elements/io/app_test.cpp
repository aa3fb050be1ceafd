#include "parallax/app.h"

#include <thread>

#include <doctest/doctest.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using std::chrono::operator""s;
using std::chrono::operator""ms;

// A playing graph, and its two ends.
struct Playing {
    Registry registry;
    std::unique_ptr<Pipeline> pipeline;
    AppSrc* in = nullptr;
    AppSink* out = nullptr;

    explicit Playing(std::string_view line) {
        add_builtin_elements(registry);
        auto graph = parse_launch(line, registry);
        if (!graph) FAIL(graph.error().front().text);
        auto made = Pipeline::create(*std::move(graph), registry);
        if (!made) FAIL(made.error().front().text);
        pipeline = *std::move(made);
        in = pipeline->element<AppSrc>("appsrc0");
        out = pipeline->element<AppSink>("appsink0");
    }
    void play() { REQUIRE(pipeline->play()); }
    // The first error, once the pipeline is over.
    std::string end() {
        std::string error;
        for (;;) {
            const auto message = pipeline->wait(1'000'000'000);
            if (!message) continue;
            if (message->kind == Pipeline::Message::Kind::error && error.empty()) {
                error = message->text;
            }
            if (message->kind == Pipeline::Message::Kind::ended) return error;
        }
    }
};

std::vector<std::byte> frame_of(int number, std::size_t size_bytes = 100) {
    return std::vector<std::byte>(size_bytes, static_cast<std::byte>(number));
}

TEST_CASE("app: what is pushed is pulled, in order, with its time and entries") {
    Playing app("appsrc ! queue ! identity ! appsink");
    app.play();
    std::thread pusher([&] {
        for (int i = 0; i < 1000; ++i) {
            Meta meta;
            meta.pts_ns = i * 10;
            (void)meta.set("test.number", {static_cast<std::byte>(i)});
            REQUIRE(app.in->push(frame_of(i), meta, 10s) == AppSrc::Push::taken);
        }
        app.in->end_of_stream();
    });
    int count = 0;
    while (const auto sample = app.out->pull(10s)) {
        CHECK(sample->bytes == frame_of(count));
        CHECK(sample->meta.pts_ns == count * 10);
        CHECK(sample->meta.sequence == static_cast<std::uint64_t>(count));
        CHECK(sample->meta.find("test.number").has_value());
        ++count;
    }
    pusher.join();
    CHECK(count == 1000);
    CHECK(app.out->ended());
    CHECK(app.end().empty());
    CHECK(app.in->push(frame_of(1)) == AppSrc::Push::ended);
}

TEST_CASE("app: what is pulled is seen as a picture where it is one") {
    Playing app("videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=16,height=8 ! appsink");
    CHECK(app.in == nullptr);
    app.play();
    const auto sample = app.out->pull(10s);
    REQUIRE(sample);
    const auto image = sample->image();
    REQUIRE(image);
    CHECK(image->width() == 16);
    CHECK(image->height() == 8);
    CHECK(image->row(0) == sample->bytes.data());

    Playing bytes("fakesrc num-buffers=1 sizetype=fixed ! appsink");
    bytes.play();
    const auto other = bytes.out->pull(10s);
    REQUIRE(other);
    CHECK(!other->image());
}

TEST_CASE("app: a graph that takes nothing fills up, and says so instead of growing") {
    Playing app("appsrc max-buffers=3 ! appsink max-buffers=2");
    app.play();
    int taken = 0;
    while (app.in->push(frame_of(taken), {}, 200ms) == AppSrc::Push::taken) ++taken;
    CHECK(taken >= 5);
    CHECK(taken < 50);  // And what the links hold.
    app.in->end_of_stream();
    int pulled = 0;
    while (app.out->pull(10s)) ++pulled;
    CHECK(pulled == taken);
    CHECK(app.end().empty());
}

TEST_CASE("app: before anything flows nothing can be pulled, and waiting ends") {
    Playing app("appsrc ! appsink");
    CHECK_FALSE(app.out->pull());
    CHECK_FALSE(app.out->pull(1ms));
    CHECK_FALSE(app.out->ended());
    CHECK(app.in->push(frame_of(1)) == AppSrc::Push::taken);  // Waits for play().
    app.in->end_of_stream();
    CHECK(app.in->push(frame_of(2)) == AppSrc::Push::ended);
    app.play();
    CHECK(app.out->pull(10s));
    CHECK_FALSE(app.out->pull(10s));
    CHECK(app.end().empty());
}

TEST_CASE("app: a sink that drops keeps the newest frames") {
    Playing app("fakesrc num-buffers=100 ! appsink max-buffers=4 drop=true");
    app.play();
    CHECK(app.end().empty());
    for (std::uint64_t i = 96; i < 100; ++i) CHECK(app.out->pull()->meta.sequence == i);
    CHECK(app.out->ended());
}

TEST_CASE("app: callbacks fill the graph's memory and see its frames without a copy") {
    Playing app("appsrc caps=video/x-raw,format=GRAY8,width=8,height=2,framerate=5/1 ! appsink");
    int made = 0;
    app.in->on_fill([&](MemoryViewMut out, Meta& meta) -> std::optional<std::size_t> {
        if (made == 10) return std::nullopt;
        meta.pts_ns = made;
        std::ranges::fill(out, static_cast<std::byte>(made++));
        return out.size();
    });
    int seen = 0;
    app.out->on_frame([&](const AppSink::View& view) {
        CHECK(view.bytes.size() == 16);
        CHECK(view.format.image->width == 8);
        CHECK(view.meta.pts_ns == seen);
        CHECK(view.bytes[15] == static_cast<std::byte>(seen++));
    });
    app.play();
    CHECK(app.end().empty());
    CHECK(seen == 10);
    CHECK(app.pipeline->report().links.at(0).bytes_copied == 0);
}

TEST_CASE("app: a frame of the wrong size is an error with both sizes") {
    {
        Playing app(
            "appsrc caps=video/x-raw,format=GRAY8,width=8,height=2,framerate=5/1 ! "
            "appsink");
        app.play();
        CHECK(app.in->push(frame_of(1, 15)) == AppSrc::Push::taken);
        const std::string error = app.end();
        CHECK(error.find("15 bytes was pushed, expected 16") != std::string::npos);
    }
    Playing app("appsrc max-frame-bytes=10 ! appsink");
    app.play();
    CHECK(app.in->push(frame_of(1, 11)) == AppSrc::Push::taken);
    CHECK(app.end().find("11 bytes was pushed, expected at most 10") != std::string::npos);
    CHECK_FALSE(app.out->pull(10s));
    CHECK(app.out->ended());
}

TEST_CASE("app: stop() ends a stream that nobody ends, and waiters wake") {
    Playing app("appsrc ! appsink");
    app.play();
    std::thread puller([&] { CHECK_FALSE(app.out->pull(60s)); });
    app.pipeline->stop();
    CHECK(app.end().empty());
    puller.join();
    CHECK(app.in->push(frame_of(1)) == AppSrc::Push::ended);
}

TEST_CASE("pipeline: from text, its elements are found as what they are") {
    Registry registry;
    add_builtin_elements(registry);
    const auto wrong = Pipeline::from_text("appsrc ! appsnik", registry);
    REQUIRE(!wrong);
    CHECK(to_string(wrong.error().front()).contains("did you mean appsink"));

    const auto pipeline = Pipeline::from_text("fakesrc num-buffers=3 ! appsink", registry);
    REQUIRE(pipeline);
    CHECK((*pipeline)->element<AppSink>("appsink0") == (*pipeline)->element("appsink0"));
    CHECK((*pipeline)->element<AppSrc>("appsink0") == nullptr);
    CHECK((*pipeline)->element<AppSink>("appsink1") == nullptr);
}

TEST_CASE("pipeline: played twice is played once, and what has ended says so") {
    Playing app("appsrc ! appsink name=appsink0");
    app.play();
    app.play();
    REQUIRE(app.in->push(frame_of(1), {}, 10s) == AppSrc::Push::taken);
    app.in->end_of_stream();
    CHECK(app.pipeline->run());
    CHECK(app.out->pull().has_value());
    CHECK(!app.pipeline->play());
}

TEST_CASE("pipeline: what is not live is refused once it plays") {
    Playing app("appsrc ! valve ! appsink");
    CHECK(app.pipeline->set_property("appsink0", "max-buffers", "2"));
    app.play();
    CHECK(!app.pipeline->set_property("appsink0", "max-buffers", "3"));
    CHECK(app.pipeline->property("appsink0", "max-buffers").value() ==
          PropertyValue(std::int64_t{2}));
    CHECK(app.pipeline->set_property("valve0", "drop", "true"));
    app.in->end_of_stream();
    CHECK(app.pipeline->run());
    CHECK(app.pipeline->set_property("appsink0", "max-buffers", "3"));
}

std::uint64_t bytes_copied(const Playing& app) {
    std::uint64_t bytes = 0;
    for (const LinkReport& link : app.pipeline->report().links) bytes += link.bytes_copied;
    return bytes;
}

TEST_CASE("app: memory of the program goes through and comes back, and nothing is copied") {
    for (const char* line : {"appsrc ! appsink", "appsrc ! queue ! identity ! queue ! appsink",
                             "appsrc ! tee name=t t. ! queue ! appsink t. ! fakesink"}) {
        CAPTURE(line);
        Playing app(line);
        CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 4096, .slot_count = 64}));
        app.out->view_frames();
        app.play();
        std::thread pusher([&] {
            for (int i = 0; i < 500; ++i) {
                std::optional<Slot> slot = arena.acquire();
                while (!slot) {  // All are under way.
                    std::this_thread::yield();
                    slot = arena.acquire();
                }
                std::ranges::fill(slot->bytes(), static_cast<std::byte>(i));
                Meta meta;
                meta.pts_ns = i;
                if (app.in->push(*std::move(slot), 1000, meta, 10s) != AppSrc::Push::taken) return;
            }
            app.in->end_of_stream();
        });
        int count = 0;
        while (const auto view = app.out->pull_view(10s)) {
            CHECK(view->frame.bytes.size() == 1000);
            CHECK(view->frame.bytes[999] == static_cast<std::byte>(count));
            CHECK(view->frame.meta.pts_ns == count++);
        }
        pusher.join();
        CHECK(count == 500);
        CHECK(app.end().empty());
        CHECK(bytes_copied(app) == 0);
        CHECK(arena.slots_free() == 64);
    }
}

TEST_CASE("app: views stay as they are while the graph goes on, ends, and is gone") {
    std::vector<AppSink::Viewed> held;
    {
        Playing app("appsrc ! queue ! appsink max-buffers=4");
        app.out->view_frames(6);
        app.play();
        for (int i = 0; i < 10; ++i) {
            REQUIRE(app.in->push(frame_of(i), {}, 10s) == AppSrc::Push::taken);
            if (i < 6) held.push_back(*app.out->pull_view(10s));
        }
        app.in->end_of_stream();
        CHECK(app.end().empty());
        while (auto view = app.out->pull_view()) held.push_back(*std::move(view));
        CHECK(app.out->ended());
    }
    REQUIRE(held.size() == 10);
    for (int i = 0; i < 10; ++i) {
        const MemoryView bytes = held[static_cast<std::size_t>(i)].frame.bytes;
        CHECK(std::vector(bytes.begin(), bytes.end()) == frame_of(i));
    }
}

TEST_CASE("app: slots of the program that are still viewed at the end are not given back before") {
    CpuArena arena = unwrap(CpuArena::create({.slot_bytes = 100, .slot_count = 4}));
    std::optional<AppSink::Viewed> last;
    {
        Playing app("appsrc ! queue ! appsink");
        app.out->view_frames();
        app.play();
        std::optional<Slot> slot = arena.acquire();
        std::ranges::fill(slot->bytes(), std::byte{9});
        REQUIRE(app.in->push(*std::move(slot), 100, {}, 10s) == AppSrc::Push::taken);
        app.in->end_of_stream();
        last = app.out->pull_view(10s);
        REQUIRE(last);
        CHECK(app.end().empty());
        CHECK(arena.slots_free() == 3);
    }
    CHECK(arena.slots_free() == 3);
    CHECK(last->frame.bytes[99] == std::byte{9});
    last.reset();
    CHECK(arena.slots_free() == 4);
}

TEST_CASE("app: a program that holds more views than it said gets copies, and is told so") {
    Playing app("appsrc ! queue ! appsink max-buffers=2");
    app.out->view_frames(1);
    app.play();
    std::vector<AppSink::Viewed> held;
    for (int i = 0; i < 10; ++i) {
        REQUIRE(app.in->push(frame_of(i), {}, 10s) == AppSrc::Push::taken);
        held.push_back(*app.out->pull_view(10s));
    }
    for (int i = 0; i < 10; ++i) {
        CHECK(held[static_cast<std::size_t>(i)].frame.bytes[0] == static_cast<std::byte>(i));
    }
    app.in->end_of_stream();
    CHECK(app.end().empty());
    CHECK(app.pipeline->report().links.back().bytes_copied == 7 * 100);
}

TEST_CASE("app: a sink of views that drops keeps the newest") {
    Playing app(
        "fakesrc num-buffers=100 sizetype=fixed sizemax=64 ! appsink max-buffers=4 drop=true");
    app.out->view_frames();
    app.play();
    CHECK(app.end().empty());
    for (std::uint64_t i = 96; i < 100; ++i) CHECK(app.out->pull_view()->frame.meta.sequence == i);
    CHECK(app.out->ended());
}

TEST_CASE("app: the format changes in the middle of the stream, and each frame has its own") {
    Playing app(
        "appsrc caps=video/x-raw,format=GRAY8,width=8,height=2,framerate=5/1 ! queue ! "
        "videoconvert ! appsink");
    app.play();
    for (const int width : {8, 12, 4}) {
        if (width != 8) {
            app.in->set_caps(*parse_caps("video/x-raw,format=GRAY8,width=" + std::to_string(width) +
                                         ",height=2,framerate=5/1"));
        }
        for (int i = 0; i < 3; ++i) {
            const auto bytes = static_cast<std::size_t>(width) * 2;
            REQUIRE(app.in->push(frame_of(width, bytes), {}, 10s) == AppSrc::Push::taken);
        }
    }
    app.in->end_of_stream();
    std::string error;
    std::thread driver([&] { error = app.end(); });  // Renegotiation is the driving thread's work.
    std::vector<int> widths;
    while (const auto sample = app.out->pull(10s)) {
        CHECK(sample->bytes[0] == static_cast<std::byte>(sample->format.image->width));
        widths.push_back(sample->format.image->width);
    }
    driver.join();
    CHECK(error.empty());
    CHECK(widths == std::vector<int>{8, 8, 8, 12, 12, 12, 4, 4, 4});
}

}  // namespace
}  // namespace parallax
