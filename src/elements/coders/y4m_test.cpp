#include <doctest/doctest.h>

#include "support/coder_files.h"
#include "support/run_line.h"

namespace parallax::elements {
namespace {

std::string y4m_file(const TempFolder& folder, PixelFormat format, int width, int height) {
    const ImageLayout layout = unwrap(image_layout(format, width, height));
    put_noise(folder.file("raw"), layout, 3);
    const LineRun ran = run_line(headerless_line(folder.file("raw"), layout) +
                                 " ! y4menc ! filesink location=" + folder.file("y4m"));
    REQUIRE(ran.error == "");
    return folder.file("y4m");
}

TEST_CASE("y4m: a stream comes back from blocks of any size") {
    using enum PixelFormat;
    for (const PixelFormat format : {i420, nv12, yv12, nv21, y42b, y444, gray8}) {
        const TempFolder folder;
        const std::string path = y4m_file(folder, format, 8, 6);
        for (const std::size_t block : {1, 7, 60, 100000}) {
            const LineRun ran =
                run_line("filesrc blocksize=" + std::to_string(block) + " location=" + path +
                         " ! y4mdec ! video/x-raw,format=" + std::string(traits(format).name) +
                         " ! filesink location=" + folder.file("back"));
            REQUIRE(ran.error == "");
            CHECK(ran["filesink0"].frames_in == 3);
            CHECK(bytes_of_file(folder.file("back")) == bytes_of_file(folder.file("raw")));
        }
    }
}

TEST_CASE("y4m: the header tells size and rate, so that the graph agrees without caps") {
    const TempFolder folder;
    const std::string path = y4m_file(folder, PixelFormat::i420, 16, 10);
    const LineRun ran = run_line("filesrc location=" + path + " ! y4mdec ! fakesink");
    REQUIRE(ran.error == "");
    CHECK(ran.report.links.back().caps ==
          "video/x-raw,format=I420,width=16,height=10,framerate=30/1");
}

TEST_CASE("y4m: every proper prefix of a file is refused by name, unless it ends with a frame") {
    const TempFolder folder;
    const std::string path = y4m_file(folder, PixelFormat::gray8, 4, 3);
    const auto whole = bytes_of_file(path);
    const std::size_t frame = std::string_view("FRAME\n").size() + 12;
    int good = 0;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        put_bytes(path, std::span(whole).first(size));
        const LineRun ran = run_line("filesrc blocksize=11 location=" + path +
                                     " ! application/x-yuv4mpeg,format=GRAY8,width=4,height=3 ! "
                                     "y4mdec ! fakesink");
        const bool at_frame =
            size + 3 * frame >= whole.size() && (whole.size() - size) % frame == 0;
        CAPTURE(size);
        CHECK(ran.error.empty() == at_frame);
        if (at_frame) {
            ++good;
        } else {
            CHECK(ran.fails_with(path));
        }
    }
    CHECK(good == 3);  // After 0, 1 and 2 frames.
}

TEST_CASE("y4m: several files make one stream, where they agree, and each must be whole") {
    const TempFolder folder;
    const std::string path = y4m_file(folder, PixelFormat::i420, 16, 10);
    const auto whole = bytes_of_file(path);
    put_bytes(folder.file("f0"), whole);
    put_bytes(folder.file("f1"), whole);
    const std::string line =
        "multifilesrc location=" + folder.file("f%d") + " ! y4mdec ! y4menc ! y4mdec ! fakesink";
    const LineRun ran = run_line(line);
    CHECK(ran.error == "");
    CHECK(ran["fakesink0"].frames_in == 6);
    put_bytes(folder.file("f0"), std::span(whole).first(whole.size() - 1));
    CHECK(run_line(line).fails_with(folder.file("f0") + ": y4m: frame 2 is cut short"));
}

TEST_CASE("y4menc: a stream has one format; a second one is an error, and says what to do") {
    const TempFolder folder;
    const ImageLayout small = unwrap(image_layout(PixelFormat::gray8, 8, 8));
    const ImageLayout large = unwrap(image_layout(PixelFormat::gray8, 16, 8));
    for (const auto& [name, layout] : {std::pair("p0.pgm", small), std::pair("p1.pgm", large)}) {
        put_noise(folder.file("raw"), layout);
        REQUIRE(run_line(headerless_line(folder.file("raw"), layout) +
                         " ! pnmenc ! filesink location=" + folder.file(name))
                    .error == "");
    }
    const LineRun ran = run_line("multifilesrc location=" + folder.file("p%d.pgm") +
                                 " ! pnmdec ! y4menc ! filesink location=" + folder.file("out"));
    CHECK(ran.fails_with("only one"));
    CHECK(ran["y4menc0"].frames_out == 1);
}

}  // namespace
}  // namespace parallax::elements
