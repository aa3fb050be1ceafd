// What a program sees of a flush: nothing more of before, and all that it pushes afterwards.
#include <atomic>
#include <random>
#include <thread>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"
#include "support/until.h"

namespace parallax {
namespace {

using std::chrono::operator""s;
using std::chrono::operator""ms;

struct Playing {
    Registry registry;
    std::unique_ptr<Pipeline> pipeline;
    AppSrc* in = nullptr;
    AppSink* out = nullptr;

    explicit Playing(std::string_view line) {
        add_builtin_elements(registry);
        auto made = Pipeline::from_text(line, registry);
        if (!made) FAIL(made.error().front().text);
        pipeline = *std::move(made);
        in = pipeline->element<AppSrc>("in");
        out = pipeline->element<AppSink>("out");
    }
    AppSrc::Push push(std::int64_t number, std::chrono::nanoseconds patience = 20s) const {
        Meta meta;
        meta.pts_ns = number;
        return in->push(std::as_bytes(std::span(&number, 1)), meta, patience);
    }
    void end() const {
        for (;;) {
            const auto message = pipeline->wait(1s);
            if (!message) continue;
            if (message->kind == Pipeline::Message::Kind::error) FAIL_CHECK(message->text);
            if (message->kind == Pipeline::Message::Kind::ended) return;
        }
    }
    std::uint64_t dropped() const {
        std::uint64_t sum = 0;
        for (const ElementReport& element : pipeline->report().elements) sum += element.dropped;
        return sum;
    }
};

TEST_CASE("flush: what a program pulls next is what it pushed next, however full all was") {
    for (const char* line :
         {"appsrc name=in ! appsink name=out max-buffers=1",
          "appsrc name=in ! queue max-size-buffers=2 ! identity ! queue ! appsink name=out",
          "appsrc name=in ! queue ! identity sleep-time=3600000000 name=i ! queue ! "
          "appsink name=out"}) {
        CAPTURE(line);
        Playing app(line);
        REQUIRE(app.pipeline->play());
        std::int64_t pushed = 0;
        while (app.push(pushed, 50ms) == AppSrc::Push::taken) ++pushed;  // Until all is full.
        const bool waits = std::string_view(line).find("sleep") != std::string_view::npos;
        if (waits) REQUIRE(app.pipeline->set_property("i", "sleep-time", "0"));
        app.pipeline->flush();
        CHECK_FALSE(app.out->pull());
        REQUIRE(app.push(pushed) == AppSrc::Push::taken);
        const auto next = app.out->pull(20s);
        REQUIRE(next);
        CHECK(next->meta.pts_ns == pushed);
        CHECK((next->meta.flags & frame_flag::discont) != 0);
        app.in->end_of_stream();
        CHECK_FALSE(app.out->pull(20s));
        CHECK(app.out->ended());
        app.end();
        CHECK(app.dropped() == static_cast<std::uint64_t>(pushed));
    }
}

TEST_CASE("flush: after the end was said it takes what waits, and leaves the end") {
    Playing app("appsrc name=in ! queue ! appsink name=out max-buffers=1");
    REQUIRE(app.pipeline->play());
    for (int i = 0; i < 5; ++i) REQUIRE(app.push(i) == AppSrc::Push::taken);
    app.in->end_of_stream();
    app.pipeline->flush();
    CHECK_FALSE(app.out->pull(20s));
    CHECK(app.out->ended());
    app.end();
}

TEST_CASE("flush: views that wait are forgotten, those that the program has are not") {
    Playing app("appsrc name=in ! queue ! appsink name=out max-buffers=2");
    app.out->view_frames(1);
    REQUIRE(app.pipeline->play());
    for (int i = 0; i < 8; ++i) REQUIRE(app.push(i) == AppSrc::Push::taken);
    auto mine = app.out->pull_view(20s);
    REQUIRE(mine);
    app.pipeline->flush();
    REQUIRE(app.push(100) == AppSrc::Push::taken);
    const auto next = app.out->pull_view(20s);
    REQUIRE(next);
    CHECK(next->frame.meta.pts_ns == 100);
    std::int64_t held = -1;
    std::memcpy(&held, mine->frame.bytes.data(), sizeof held);
    CHECK(held == 0);
    mine.reset();
    app.in->end_of_stream();
    app.end();
}

TEST_CASE("flush: a change of format that waits stays, and the run agrees on it") {
    Playing app("appsrc name=in caps=video/x-raw,format=GRAY8,width=4,height=2 ! appsink name=out");
    REQUIRE(app.pipeline->play());
    const std::vector<std::byte> small(8);
    const std::vector<std::byte> large(64);
    for (int i = 0; i < 4; ++i) REQUIRE(app.in->push(small, {}, 20s) == AppSrc::Push::taken);
    app.in->set_caps(*parse_caps("video/x-raw,format=GRAY8,width=8,height=8"));
    app.pipeline->flush();
    REQUIRE(app.in->push(large, {}, 20s) == AppSrc::Push::taken);
    app.in->end_of_stream();
    app.end();
    const auto next = app.out->pull();
    REQUIRE(next);
    CHECK(next->bytes.size() == 64);
    CHECK_FALSE(app.out->pull());
}

TEST_CASE("flush: a source that fills the graph's memory goes on after it") {
    Playing app("appsrc name=in max-frame-bytes=8 ! queue ! appsink name=out max-buffers=1");
    std::atomic<std::int64_t> made = 0;
    app.in->on_fill([&](MemoryViewMut out, Meta& meta) -> std::optional<std::size_t> {
        meta.pts_ns = made++;
        return out.size();
    });
    REQUIRE(app.pipeline->play());
    REQUIRE(app.out->pull(20s));
    for (int i = 0; i < 20; ++i) {
        const std::int64_t before = made;
        app.pipeline->flush();
        const auto next = app.out->pull(20s);
        REQUIRE(next);
        CHECK(next->meta.pts_ns >= before - 1);  // One may have been under the brush.
        CHECK((next->meta.flags & frame_flag::discont) != 0);
    }
    app.pipeline->stop();
    app.pipeline->flush();  // Nobody pulls any more.
    app.end();
}

// One thread pushes and flushes at any moment, another pulls; lines of one stage and of many.
void flush_often(const std::string& line, unsigned seed, int times = 1) {
    CAPTURE(line);
    CAPTURE(seed);
    constexpr std::int64_t kFrames = 3000;
    Playing app(line);
    REQUIRE(app.pipeline->play());
    std::atomic<std::int64_t> floor = 0;  // All below were pushed before the last flush.
    std::thread pusher([&] {
        std::minstd_rand dice(seed);
        for (std::int64_t i = 0; i < kFrames; ++i) {
            if (app.push(i) != AppSrc::Push::taken) break;
            if (dice() % 30 != 0) continue;
            app.pipeline->flush();
            floor = i + 1;
        }
        app.in->end_of_stream();
    });
    std::vector<std::int64_t> got;
    int stale = 0;
    for (;;) {
        const std::int64_t least = floor;
        const auto sample = app.out->pull(20s);
        if (!sample) break;
        if (sample->meta.pts_ns < least) ++stale;
        got.push_back(sample->meta.pts_ns);
    }
    pusher.join();
    app.end();
    CHECK(app.out->ended());
    CHECK(stale == 0);
    std::vector<std::int64_t> wanted;
    for (std::int64_t i = floor; i < kFrames; ++i) wanted.insert(wanted.end(), times, i);
    std::vector<std::int64_t> last;
    std::ranges::copy_if(got, std::back_inserter(last), [&](auto n) { return n >= floor; });
    if (times > 1) std::ranges::sort(last);  // Branches overtake each other.
    CHECK(last == wanted);
    if (times > 1) return;
    CHECK(std::ranges::adjacent_find(got, std::greater_equal<>()) == got.end());
    CHECK(got.size() + app.dropped() == static_cast<std::size_t>(kFrames));
}

TEST_CASE("flush: many at any moment; nothing of before is pulled, nothing of after is missing") {
    for (unsigned seed = 1; seed <= 3; ++seed) {
        flush_often("appsrc name=in max-buffers=2 ! appsink name=out max-buffers=2", seed);
        flush_often(
            "appsrc name=in ! queue max-size-buffers=1 ! identity ! "
            "queue max-size-buffers=3 ! identity ! appsink name=out max-buffers=1",
            seed);
        flush_often(
            "appsrc name=in ! tee name=t  t. ! queue max-size-buffers=2 ! identity ! "
            "funnel name=f ! appsink name=out  t. ! queue ! f.",
            seed, 2);
    }
}

}  // namespace
}  // namespace parallax
