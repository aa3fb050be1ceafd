#include <algorithm>

#include <fcntl.h>

#include <doctest/doctest.h>

#include "elements/codec/png.h"
#include "parallax/app.h"
#include "parallax/fd.h"
#include "support/coder_files.h"
#include "support/run_line.h"

namespace parallax::elements {
namespace {

using codec::testing::Canvas;

// One picture of noise as a file of that kind.
void put_picture(const std::string& path, const std::string& encoder, const ImageLayout& layout,
                 unsigned seed = 1) {
    const TempFolder folder;
    Canvas canvas(layout.format, layout.width, layout.height);
    codec::testing::fill_noise(canvas.view, seed);
    put_bytes(folder.file("raw"), canvas.bytes);
    const LineRun ran = run_line(headerless_line(folder.file("raw"), layout) + " ! " + encoder +
                                 " ! filesink location=" + path);
    REQUIRE(ran.error == "");
}

TEST_CASE("decoders: files become the pictures that they were made from, without any caps") {
    const TempFolder folder;
    using enum PixelFormat;
    for (const std::string kind : {"png", "tiff", "pnm"}) {
        for (const PixelFormat format : {rgb, gray8, gray16le}) {
            const ImageLayout layout = unwrap(image_layout(format, 20, 9));
            put_picture(folder.file("in"), kind + "enc", layout);
            for (const std::string source : {"filesrc", "multifilesrc"}) {
                const LineRun ran =
                    run_line(source + " location=" + folder.file("in") + " ! " + kind +
                             "dec ! filesink location=" + folder.file("out"));
                CAPTURE(kind);
                REQUIRE(ran.error == "");
                Canvas wanted(format, 20, 9);
                codec::testing::fill_noise(wanted.view);
                auto bytes = bytes_of_file(folder.file("out"));
                CHECK(codec::testing::same_rows(
                    wanted.picture(),
                    unwrap(view_image(layout, std::span<const std::byte>(bytes)))));
            }
        }
    }
}

TEST_CASE("decoders: gray files are mosaics of any order and depth where the user says so") {
    const TempFolder folder;
    using enum PixelFormat;
    const std::pair<PixelFormat, std::string> cases[] = {{rggb8, "bayer=rggb"},
                                                         {grbg10le, "bayer=grbg bits=10"},
                                                         {gbrg12le, "bayer=gbrg bits=12"},
                                                         {bggr16le, "bayer=bggr"}};
    for (const std::string kind : {"png", "tiff", "pnm"}) {
        for (const auto& [format, options] : cases) {
            const ImageLayout layout = unwrap(image_layout(format, 20, 10));
            put_picture(folder.file("in"), kind + "enc", layout);
            const LineRun ran =
                run_line("filesrc location=" + folder.file("in") + " ! " + kind + "dec " + options +
                         " ! filesink location=" + folder.file("out"));
            REQUIRE(ran.error == "");
            CHECK(ran.report.links.back().caps.find(traits(format).name) != std::string::npos);
            Canvas wanted(format, 20, 10);
            codec::testing::fill_noise(wanted.view);
            CHECK(bytes_of_file(folder.file("out")) == wanted.bytes);
        }
    }
}

TEST_CASE("decoders: options that make no sense, and files that are no mosaic, are refused") {
    const TempFolder folder;
    put_picture(folder.file("rgb"), "pngenc", unwrap(image_layout(PixelFormat::rgb, 8, 8)));
    put_picture(folder.file("16"), "pngenc", unwrap(image_layout(PixelFormat::gray16le, 8, 8)));
    const auto error = [&](const std::string& file, const std::string& options) {
        return run_line("filesrc location=" + folder.file(file) + " ! pngdec " + options +
                        " ! fakesink")
            .error;
    };
    CHECK(error("rgb", "bits=10").find("bits without bayer") != std::string::npos);
    CHECK(error("rgb", "bayer=rggb bits=11").find("bits=11") != std::string::npos);
    CHECK_FALSE(error("rgb", "bayer=rggb").empty());
    CHECK_FALSE(error("16", "bayer=rggb bits=8").empty());
    // Noise of 16 bits is no mosaic of 10.
    CHECK(error("16", "bayer=rggb bits=10").find(folder.file("16")) != std::string::npos);
}

TEST_CASE("decoders: every proper prefix of a file is refused by name, and nothing is written") {
    const TempFolder folder;
    using enum PixelFormat;
    const std::string path = folder.file("cut");
    for (const std::string kind : {"png", "jpeg", "tiff", "pnm"}) {
        put_picture(path, kind + "enc", unwrap(image_layout(rgb, 5, 4)));
        const auto whole = bytes_of_file(path);
        const std::size_t step = 1 + whole.size() / 60;
        for (std::size_t size = 0; size < whole.size(); size += step) {
            put_bytes(path, std::span(whole).first(size));
            const LineRun ran = run_line("multifilesrc location=" + path + " ! " + kind +
                                         "dec ! filesink location=" + folder.file("out"));
            CAPTURE(kind);
            CAPTURE(size);
            REQUIRE(ran.fails_with(path));
        }
    }
    CHECK(folder.names() == std::vector<std::string>{"cut"});
}

TEST_CASE("jpegdec: gives any RGB that the graph asks for") {
    const TempFolder folder;
    put_picture(folder.file("in"), "jpegenc", unwrap(image_layout(PixelFormat::rgb, 16, 16)));
    for (const std::string format : {"RGB", "BGRx", "RGBA", "GRAY8"}) {
        const LineRun ran = run_line("filesrc location=" + folder.file("in") +
                                     " ! jpegdec ! video/x-raw,format=" + format + " ! fakesink");
        CHECK(ran.error == "");
        CHECK(ran["fakesink0"].frames_in == 1);
    }
}

TEST_CASE("jpegdec: the camera's orientation survives a decode and an encode") {
    const TempFolder folder;
    put_picture(folder.file("in"), "jpegenc orientation=8",
                unwrap(image_layout(PixelFormat::rgb, 16, 16)));
    const LineRun ran = run_line(
        "filesrc location=" + folder.file("in") +
        " ! jpegdec ! tiffenc ! tiffdec ! jpegenc ! filesink location=" + folder.file("out"));
    REQUIRE(ran.error == "");
    const LineRun again = run_line("filesrc location=" + folder.file("out") + " ! fakesink");
    CHECK(again.error == "");
    const auto bytes = bytes_of_file(folder.file("out"));
    CHECK(std::ranges::search(bytes, std::as_bytes(std::span("Exif", 4))).begin() != bytes.end());
}

TEST_CASE("multifilesrc: numbers run from index to stop-index, and loops begin at start-index") {
    const TempFolder folder;
    for (int i = 3; i < 8; ++i) {
        put_bytes(folder.file("f" + std::to_string(i)),
                  std::vector<std::byte>(static_cast<std::size_t>(i)));
    }
    const auto sizes = [&](const std::string& options) {
        const LineRun ran = run_line("multifilesrc location=" + folder.file("f%d") + " " + options +
                                     " ! filesink location=" + folder.file("all"));
        if (!ran.error.empty()) return -1;
        return static_cast<int>(bytes_of_file(folder.file("all")).size());
    };
    CHECK(sizes("index=3") == 3 + 4 + 5 + 6 + 7);
    CHECK(sizes("start-index=3") == 3 + 4 + 5 + 6 + 7);
    CHECK(sizes("start-index=4 stop-index=5") == 4 + 5);
    CHECK(sizes("start-index=3 index=6") == 6 + 7);
    CHECK(sizes("start-index=3 index=6 loop=true num-buffers=4") == 6 + 7 + 3 + 4);
    CHECK(sizes("index=3 num-buffers=2") == 3 + 4);
    CHECK(sizes("") == -1);                            // f0 is missing.
    CHECK(sizes("start-index=3 stop-index=9") == -1);  // f8 is missing.
    CHECK(sizes("start-index=3 index=9") == -1);
    CHECK(sizes("start-index=5 stop-index=4") == -1);
}

TEST_CASE("multifilesrc: headerless files must each be exactly one picture") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::rggb12p, 8, 4));
    const std::string caps = to_string(caps_of(layout, Fraction(25, 1)));
    put_noise(folder.file("f0"), layout);
    put_noise(folder.file("f1"), layout, 2);
    for (const std::string& line :
         {"multifilesrc location=" + folder.file("f%d") + " ! " + caps + " ! fakesink",
          "multifilesrc location=" + folder.file("f%d") + " caps=\"" + caps + "\" ! fakesink"}) {
        const LineRun ran = run_line(line);
        CHECK(ran.fails_with(folder.file("f1")));
        CHECK(ran.fails_with("expected one picture, found 2"));
        CHECK(ran["fakesink0"].frames_in == 1);
    }
}

TEST_CASE("multifilesrc: pictures of several sizes pass one after another") {
    const TempFolder folder;
    put_picture(folder.file("a.png"), "pngenc", unwrap(image_layout(PixelFormat::rgb, 8, 8)));
    put_picture(folder.file("b.png"), "pngenc", unwrap(image_layout(PixelFormat::rgb, 9, 5)));
    put_picture(folder.file("c.png"), "pngenc", unwrap(image_layout(PixelFormat::gray8, 9, 5)));
    const LineRun ran = run_line("multifilesrc location=\"" + folder.file("*.png") +
                                 "\" ! pngdec ! multifilesink location=" + folder.file("out%d"));
    REQUIRE(ran.error == "");
    CHECK(bytes_of_file(folder.file("out0")).size() == 8 * 24);
    CHECK(bytes_of_file(folder.file("out1")).size() == 5 * 28);
    CHECK(bytes_of_file(folder.file("out2")).size() == 5 * 12);
}

TEST_CASE("multifilesrc: caps that contradict a file are an error with both") {
    const TempFolder folder;
    put_picture(folder.file("a.png"), "pngenc", unwrap(image_layout(PixelFormat::rgb, 8, 8)));
    const LineRun ran = run_line("multifilesrc caps=image/jpeg location=" + folder.file("a.png") +
                                 " ! jpegdec ! fakesink");
    CHECK(ran.fails_with(folder.file("a.png")));
    CHECK(ran.fails_with("expected image/jpeg, found image/png"));
}

TEST_CASE("decoders: a size that was agreed blindly and is wrong says how to say it") {
    Registry registry;
    add_builtin_elements(registry);
    const TempFolder folder;
    put_picture(folder.file("a.png"), "pngenc", unwrap(image_layout(PixelFormat::rgb, 8, 6)));
    auto graph = parse_launch("appsrc ! pngdec ! fakesink", registry);
    REQUIRE(graph);
    auto pipeline = Pipeline::create(*std::move(graph), registry);
    REQUIRE(pipeline);
    auto* in = dynamic_cast<AppSrc*>((*pipeline)->element("appsrc0"));
    REQUIRE(in != nullptr);
    CHECK(in->push(bytes_of_file(folder.file("a.png"))) == AppSrc::Push::taken);
    in->end_of_stream();
    const Result<> ran = (*pipeline)->run();
    REQUIRE_FALSE(ran);
    CHECK(to_string(ran.error()).find("found 8x6 RGB") != std::string::npos);
    CHECK(ran.error().hint.find("image/png,format=RGB,width=8,height=6") != std::string::npos);
}

TEST_CASE("decoders: pictures and Y4M that come through a pipe tell their size as files do") {
    const TempFolder folder;
    put_picture(folder.file("a.png"), "pngenc", unwrap(image_layout(PixelFormat::gray8, 300, 200)));
    const LineRun make =
        run_line("filesrc location=" + folder.file("a.png") +
                 " ! pngdec ! tee "
                 "name=t ! y4menc ! filesink location=" +
                 folder.file("a.y4m") + " t. ! filesink location=" + folder.file("a.raw"));
    REQUIRE(make.error == "");
    for (const std::string kind : {"png", "y4m"}) {
        const std::string path = folder.file("a." + kind);
        const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        const LineRun ran = run_line("fdsrc fd=" + std::to_string(fd.get()) + " ! " + kind +
                                     "dec ! filesink location=" + folder.file("out"));
        REQUIRE(ran.error == "");
        CHECK(bytes_of_file(folder.file("out")) == bytes_of_file(folder.file("a.raw")));
    }
}

TEST_CASE("decoders: an empty file is no picture") {
    const TempFolder folder;
    put_bytes(folder.file("empty"), {});
    const UniqueFd fd(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    for (const std::string& source : {"filesrc location=" + folder.file("empty"),
                                      "multifilesrc location=" + folder.file("empty"),
                                      "fdsrc fd=" + std::to_string(fd.get())}) {
        for (const std::string kind : {"png", "jpeg", "tiff", "pnm", "y4m"}) {
            const LineRun ran =
                run_line(source + " ! " + kind + "dec ! filesink location=" + folder.file("out"));
            CAPTURE(source);
            CAPTURE(kind);
            CHECK_FALSE(ran.error.empty());
        }
    }
    CHECK(folder.names() == std::vector<std::string>{"empty"});
}

}  // namespace
}  // namespace parallax::elements
