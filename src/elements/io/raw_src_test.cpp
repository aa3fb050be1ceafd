#include <algorithm>

#include <doctest/doctest.h>

#include "elements/codec/dng.h"
#include "elements/codec/raw_file.h"
#include "support/coder_files.h"
#include "support/run_line.h"
#include "support/shared_data.h"

#ifdef PARALLAX_HAVE_LIBRAW

namespace parallax::elements {
namespace {

using codec::testing::Canvas;

// LibRaw takes nothing smaller than 22 rows for a camera's file.
std::vector<std::byte> dng_of(PixelFormat format, int width, int height, unsigned seed) {
    Canvas mosaic(format, width, height);
    codec::testing::fill_noise(mosaic.view, seed);
    std::vector<std::byte> file(codec::dng_bound(mosaic.view.layout));
    RawInfo info;
    info.white_level = 1023;
    info.make = "Parallax";
    file.resize(unwrap(codec::dng_encode(mosaic.picture(), info, {}, file)));
    return file;
}

TEST_CASE("rawsrc: files of a pattern come in order of names, samples as they were") {
    const TempFolder folder;
    put_bytes(folder.file("b.dng"), dng_of(PixelFormat::rggb10le, 32, 24, 2));
    put_bytes(folder.file("a.dng"), dng_of(PixelFormat::rggb10le, 32, 24, 1));
    put_bytes(folder.file("c.txt"), std::vector<std::byte>(3));
    const LineRun ran = run_line("rawsrc location=\"" + folder.file("*.dng") +
                                 "\" ! multifilesink location=" + folder.file("out_%d"));
    REQUIRE(ran.error == "");
    CHECK(ran["rawsrc0"].frames_out == 2);
    for (unsigned i = 0; i < 2; ++i) {
        Canvas wanted(PixelFormat::rggb10le, 32, 24);
        codec::testing::fill_noise(wanted.view, i + 1);
        CHECK(bytes_of_file(folder.file("out_" + std::to_string(i))) == wanted.bytes);
    }
}

TEST_CASE("rawsrc: a file of another size or format makes the run agree anew, and none is lost") {
    const TempFolder folder;
    put_bytes(folder.file("1.dng"), dng_of(PixelFormat::rggb10le, 32, 24, 1));
    put_bytes(folder.file("2.dng"), dng_of(PixelFormat::rggb10le, 48, 32, 2));
    put_bytes(folder.file("3.dng"), dng_of(PixelFormat::grbg10le, 48, 32, 3));
    put_bytes(folder.file("4.dng"), dng_of(PixelFormat::grbg10le, 48, 32, 4));
    const LineRun ran = run_line("rawsrc location=\"" + folder.file("?.dng") +
                                 "\" ! queue ! multifilesink location=" + folder.file("out_%d"));
    REQUIRE(ran.error == "");
    CHECK(ran["multifilesink0"].frames_in == 4);
    CHECK(bytes_of_file(folder.file("out_0")).size() == 32 * 24 * 2);
    CHECK(bytes_of_file(folder.file("out_3")).size() == 48 * 32 * 2);
}

TEST_CASE("rawsrc: where the graph cannot take the next format, the run ends with an error") {
    const TempFolder folder;
    put_bytes(folder.file("1.dng"), dng_of(PixelFormat::rggb10le, 32, 24, 1));
    put_bytes(folder.file("2.dng"), dng_of(PixelFormat::rggb10le, 48, 32, 2));
    const LineRun ran = run_line("rawsrc location=\"" + folder.file("?.dng") +
                                 "\" ! video/x-bayer,width=32 ! fakesink");
    CHECK(ran.fails_with("width"));
    CHECK(ran["fakesink0"].frames_in == 1);
}

TEST_CASE("rawsrc: num-buffers and loop bound the pictures") {
    const TempFolder folder;
    put_bytes(folder.file("1.dng"), dng_of(PixelFormat::rggb10le, 32, 24, 1));
    put_bytes(folder.file("2.dng"), dng_of(PixelFormat::rggb10le, 32, 24, 2));
    const auto frames = [&](const std::string& options) {
        const LineRun ran =
            run_line("rawsrc location=\"" + folder.file("?.dng") + "\" " + options + " ! fakesink");
        CHECK(ran.error == "");
        return ran["fakesink0"].frames_in;
    };
    CHECK(frames("") == 2);
    CHECK(frames("num-buffers=0") == 0);
    CHECK(frames("num-buffers=1") == 1);
    CHECK(frames("num-buffers=9") == 2);
    CHECK(frames("loop=true num-buffers=5") == 5);
}

TEST_CASE("rawsrc: a pattern that matches nothing is an error with the pattern") {
    const TempFolder folder;
    const LineRun ran = run_line("rawsrc location=\"" + folder.file("*.dng") + "\" ! fakesink");
    CHECK(ran.fails_with(folder.file("*.dng")));
    CHECK(ran.report.errors.at(0).kind == "io");
}

TEST_CASE("rawsrc: every proper prefix of a file is refused by name, and nothing is written") {
    const TempFolder folder;
    const auto whole = dng_of(PixelFormat::rggb10le, 32, 24, 1);
    const std::string path = folder.file("cut.dng");
    put_bytes(path, whole);
    REQUIRE(run_line("rawsrc location=" + path + " ! fakesink").error == "");
    for (std::size_t size = 0; size < whole.size(); size += size < 300 ? 13 : 97) {
        put_bytes(path, std::span(whole).first(size));
        const LineRun ran =
            run_line("rawsrc location=" + path + " ! filesink location=" + folder.file("out"));
        CAPTURE(size);
        REQUIRE(ran.fails_with(path));
    }
    CHECK(folder.names() == std::vector<std::string>{"cut.dng"});
}

TEST_CASE("rawsrc: a damaged file in the middle keeps the pictures before it") {
    const TempFolder folder;
    const auto whole = dng_of(PixelFormat::rggb10le, 32, 24, 1);
    put_bytes(folder.file("1.dng"), whole);
    put_bytes(folder.file("2.dng"), std::span(whole).first(whole.size() - 1));
    put_bytes(folder.file("3.dng"), whole);
    const LineRun ran = run_line("rawsrc location=\"" + folder.file("?.dng") +
                                 "\" ! multifilesink location=" + folder.file("out_%d"));
    CHECK(ran.fails_with(folder.file("2.dng")));
    auto names = folder.names();
    std::ranges::sort(names);
    CHECK(names == std::vector<std::string>{"1.dng", "2.dng", "3.dng", "out_0"});
}

TEST_CASE("rawsrc: a hole of zeros in a real file is an error with its name, and writes nothing") {
    const auto path = shared_file("raw/photoprism_canon_eos_6d.dng");
    if (!path) return;
    const TempFolder folder;
    auto bytes = bytes_of_file(*path);
    std::fill_n(bytes.begin() + 250'000, 20'000, std::byte{0});
    const std::string holed = folder.file("holed.dng");
    put_bytes(holed, bytes);
    const LineRun ran = run_line("rawsrc location=" + holed +
                                 " ! softisp ! pngenc ! filesink location=" + folder.file("out"));
    CHECK(ran.fails_with(holed));
    CHECK(ran.fails_with("tile 2 of 6"));
    CHECK(ran.report.errors.at(0).kind == "io");
    CHECK(folder.names() == std::vector<std::string>{"holed.dng"});
}

TEST_CASE("rawsrc: real files of any make become DNGs that read back the same") {
    for (const char* name : {"raw/sample1.dng", "raw/IMG_5952.CR2"}) {
        const auto path = shared_file(name);
        if (!path) continue;
        const TempFolder folder;
        const LineRun ran = run_line("rawsrc location=" + *path +
                                     " ! dngenc ! filesink location=" + folder.file("copy.dng"));
        REQUIRE(ran.error == "");
        codec::RawFile before = unwrap(codec::RawFile::open(*path));
        codec::RawFile after = unwrap(codec::RawFile::open(folder.file("copy.dng")));
        CHECK(after.shape() == before.shape());
        CHECK(after.info().orientation == before.info().orientation);
    }
}

}  // namespace
}  // namespace parallax::elements

#endif
