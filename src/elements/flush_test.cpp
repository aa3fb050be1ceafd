// What elements make of a flush: files stay whole, and sound before it does not ring on after it.
#include <cmath>
#include <cstring>
#include <filesystem>
#include <numbers>

#include <doctest/doctest.h>

#include "parallax/app.h"
#include "parallax/builtin.h"
#include "parallax/pipeline.h"
#include "support/run_line.h"
#include "support/temp_folder.h"

namespace parallax::elements {
namespace {

using std::chrono::operator""s;

// Plays it to the end, and flushes it all the while.
RunReport play_flushed(const std::string& line) {
    Registry registry;
    add_builtin_elements(registry);
    auto made = Pipeline::from_text(line, registry);
    if (!made) FAIL(made.error().front().text);
    Pipeline& pipeline = **made;
    REQUIRE(pipeline.play());
    for (;;) {
        const auto message = pipeline.wait(500'000);
        if (message && message->kind == Pipeline::Message::Kind::error) FAIL_CHECK(message->text);
        if (message && message->kind == Pipeline::Message::Kind::ended) return pipeline.report();
        pipeline.flush();
    }
}

std::uint64_t frames_into(const RunReport& report, std::string_view name) {
    for (const ElementReport& element : report.elements) {
        if (element.name == name) return element.frames_in;
    }
    return 0;
}

TEST_CASE(
    "flush: a film that is written meanwhile is whole, and has each frame that it was given") {
    const TempFolder folder;
    const std::string file = folder.file("film.y4m");
    const RunReport written = play_flushed(
        "videotestsrc num-buffers=300 pattern=ball ! video/x-raw,format=I420,width=64,height=48 ! "
        "queue max-size-buffers=3 ! identity sleep-time=200 ! y4menc name=e ! queue ! "
        "identity sleep-time=300 ! filesink location=" +
        file);
    const LineRun read = run_line("filesrc location=" + file + " ! y4mdec ! fakesink name=end");
    CHECK(read.error == "");
    CHECK(read["end"].frames_in == frames_into(written, "e"));
    CHECK(read["end"].frames_in < 300);
    CHECK(read["end"].frames_in > 0);
}

TEST_CASE("flush: sound that is written meanwhile is whole, with its true length in the header") {
    const TempFolder folder;
    const std::string file = folder.file("sound.wav");
    const RunReport written = play_flushed(
        "audiotestsrc num-buffers=300 samplesperbuffer=441 ! "
        "audio/x-raw,format=S16LE,rate=44100,channels=1 ! queue max-size-buffers=3 ! "
        "identity sleep-time=200 ! wavenc name=e ! queue ! identity sleep-time=300 ! "
        "filesink location=" +
        file);
    const LineRun read = run_line("filesrc location=" + file + " ! wavparse ! fakesink name=end");
    CHECK(read.error == "");
    CHECK(std::filesystem::file_size(file) == 44 + frames_into(written, "e") * 882);
    CHECK(frames_into(written, "e") < 300);
    CHECK(frames_into(written, "e") > 0);
}

TEST_CASE("flush: a file that is read meanwhile is read to its end, whatever is dropped behind") {
    const TempFolder folder;
    const std::string film = folder.file("film.y4m");
    CHECK(run_line("videotestsrc num-buffers=100 ! video/x-raw,format=I420,width=64,height=48 ! "
                   "y4menc ! filesink location=" +
                   film)
              .error == "");
    const RunReport report =
        play_flushed("filesrc blocksize=1000 location=" + film +
                     " ! queue max-size-buffers=3 ! identity sleep-time=20 ! y4mdec name=d ! "
                     "queue ! identity sleep-time=100 ! fakesink name=end");
    CHECK(frames_into(report, "d") > 400);  // All blocks of the file.
    CHECK(frames_into(report, "end") < 100);
}

TEST_CASE("flush: a change of rate fills no gap that a flush left, and goes on at the next time") {
    Registry registry;
    add_builtin_elements(registry);
    auto made = Pipeline::from_text(
        "appsrc name=in caps=video/x-raw,format=GRAY8,width=4,height=2,framerate=30/1 ! videorate "
        "! video/x-raw,framerate=60/1 ! appsink name=out max-buffers=100",
        registry);
    if (!made) FAIL(made.error().front().text);
    Pipeline& pipeline = **made;
    auto& in = *pipeline.element<AppSrc>("in");
    auto& out = *pipeline.element<AppSink>("out");
    REQUIRE(pipeline.play());
    const std::vector<std::byte> picture(8);
    const auto give = [&](std::int64_t pts_ns) {
        Meta meta;
        meta.pts_ns = pts_ns;
        REQUIRE(in.push(picture, meta, 20s) == AppSrc::Push::taken);
        std::vector<std::pair<std::int64_t, bool>> got;
        for (int i = 0; i < 2; ++i) {
            const auto sample = out.pull(20s);
            REQUIRE(sample);
            const bool gap = (sample->meta.flags & frame_flag::discont) != 0;
            got.emplace_back(sample->meta.pts_ns, gap);
        }
        return got;
    };
    using Got = std::vector<std::pair<std::int64_t, bool>>;
    CHECK(give(0) == Got{{0, false}, {16'666'666, false}});
    pipeline.flush();
    CHECK(give(10'000'000'000) == Got{{10'000'000'000, true}, {10'016'666'666, false}});
    pipeline.flush();
    CHECK(give(kNoTimeNs) == Got{{10'033'333'333, true}, {10'049'999'999, false}});
    in.end_of_stream();
    CHECK_FALSE(out.pull(20s));
}

TEST_CASE("flush: a burst that was begun is forgotten, and another one begun") {
    Registry registry;
    add_builtin_elements(registry);
    auto made = Pipeline::from_text(
        "appsrc name=in caps=video/x-bayer,format=rggb16le,width=64,height=48 ! "
        "burstfusion frames=3 reference=first ! appsink name=out",
        registry);
    if (!made) FAIL(made.error().front().text);
    auto& in = *(*made)->element<AppSrc>("in");
    auto& out = *(*made)->element<AppSink>("out");
    REQUIRE((*made)->play());
    const std::vector<std::byte> mosaic(std::size_t{64} * 48 * 2);
    const auto push = [&](std::int64_t pts_ns) {
        Meta meta;
        meta.pts_ns = pts_ns;
        REQUIRE(in.push(mosaic, meta, 20s) == AppSrc::Push::taken);
    };
    for (const int pts_ns : {0, 1, 2, 3}) push(pts_ns);
    REQUIRE(out.pull(20s));  // Of the first three; one waits.
    (*made)->flush();
    for (const int pts_ns : {100, 101, 102}) push(pts_ns);
    in.end_of_stream();
    const auto second = out.pull(20s);
    REQUIRE(second);
    CHECK(second->meta.pts_ns == 100);
    CHECK_FALSE(out.pull(20s));
}

// Loud, then a flush, then silence: a filter's memory of the loud part would be heard in it.
TEST_CASE("flush: a resampler does not let what came before ring on") {
    Registry registry;
    add_builtin_elements(registry);
    auto made = Pipeline::from_text(
        "appsrc name=in caps=audio/x-raw,format=F64LE,rate=48000,channels=1,layout=interleaved ! "
        "audioresample quality=10 ! audio/x-raw,rate=44100 ! appsink name=out max-buffers=100",
        registry);
    if (!made) FAIL(made.error().front().text);
    Pipeline& pipeline = **made;
    auto& in = *pipeline.element<AppSrc>("in");
    auto& out = *pipeline.element<AppSink>("out");
    REQUIRE(pipeline.play());
    std::vector<double> sound(4800);
    for (std::size_t i = 0; i < sound.size(); ++i) {
        sound[i] = std::sin(static_cast<double>(i) * std::numbers::pi / 24);
    }
    Meta meta;
    meta.pts_ns = 0;
    REQUIRE(in.push(std::as_bytes(std::span(sound)), meta, 20s) == AppSrc::Push::taken);
    REQUIRE(out.pull(20s));
    pipeline.flush();
    std::ranges::fill(sound, 0.0);
    meta.pts_ns = 5'000'000'000;
    REQUIRE(in.push(std::as_bytes(std::span(sound)), meta, 20s) == AppSrc::Push::taken);
    in.end_of_stream();
    std::size_t samples = 0;
    double loudest = 0;
    std::int64_t first_ns = -1;
    while (const auto sample = out.pull(20s)) {
        if (first_ns < 0) first_ns = sample->meta.pts_ns;
        for (std::size_t at = 0; at < sample->bytes.size(); at += sizeof(double)) {
            double value = 0;
            std::memcpy(&value, sample->bytes.data() + at, sizeof value);
            loudest = std::max(loudest, std::abs(value));
            ++samples;
        }
    }
    CHECK(first_ns == 5'000'000'000);
    CHECK(samples == 4410);
    CHECK(loudest == 0);
}

}  // namespace
}  // namespace parallax::elements
