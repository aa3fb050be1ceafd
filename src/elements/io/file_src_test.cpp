#include <doctest/doctest.h>

#include "elements/io/media_type.h"
#include "support/coder_files.h"
#include "support/run_line.h"

namespace parallax::elements {
namespace {

std::string bayer_caps(int width, int height, const std::string& format = "bggr10p") {
    return "video/x-bayer,format=" + format + ",width=" + std::to_string(width) +
           ",height=" + std::to_string(height) + ",framerate=1/1";
}

TEST_CASE("filesrc: raw caps make frames of whole pictures, with times") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::bggr10p, 16, 4));
    put_noise(folder.file("in"), layout, 3);
    const LineRun ran =
        run_line("filesrc location=" + folder.file("in") + " ! " + bayer_caps(16, 4) +
                 " ! multifilesink location=" + folder.file("%d"));
    CHECK(ran.error == "");
    CHECK(ran["multifilesink0"].frames_in == 3);
    CHECK(bytes_of_file(folder.file("2")).size() == layout.size_bytes);
}

TEST_CASE("filesrc: a file that is no whole number of pictures is refused with both sizes") {
    const TempFolder folder;
    const std::string path = folder.file("in");
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{79}, std::size_t{81}, std::size_t{159}}) {
        put_bytes(path, std::vector<std::byte>(bytes));
        const LineRun ran =
            run_line("filesrc location=" + path + " ! " + bayer_caps(16, 4) + " ! fakesink");
        CAPTURE(ran.error);
        CHECK(ran.fails_with(path));
        CHECK(ran.fails_with("expected 80 bytes"));
        CHECK(ran.fails_with("found " + std::to_string(bytes)));
        CHECK(ran["filesrc0"].frames_out == 0);
    }
}

TEST_CASE("filesrc: huge dimensions are an error, not an allocation") {
    const TempFolder folder;
    put_bytes(folder.file("in"), std::vector<std::byte>(100));
    const LineRun ran = run_line("filesrc location=" + folder.file("in") + " ! " +
                                 bayer_caps(65536, 65536, "rggb16le") + " ! fakesink");
    CHECK(ran.fails_with("found 100"));
    CHECK_FALSE(run_line("filesrc location=" + folder.file("in") + " ! " + bayer_caps(65537, 2) +
                         " ! fakesink")
                    .error.empty());
}

TEST_CASE("filesrc: missing, unreadable and odd files are refused by name before anything flows") {
    const TempFolder folder;
    for (const std::string& path : {folder.file("missing"), folder.path(), std::string("/dev/zero"),
                                    folder.file("missing/in")}) {
        for (const std::string source : {"filesrc", "rawsrc"}) {
            const LineRun ran = run_line(source + " location=" + path + " ! fakesink");
            CAPTURE(ran.error);
            CHECK(ran.fails_with(path));
            CHECK(ran.report.errors.at(0).kind == "io");
        }
    }
    CHECK(run_line("filesrc ! fakesink").fails_with("no location"));
    CHECK(run_line("rawsrc ! fakesink").fails_with("no location"));
}

TEST_CASE("filesrc: num-buffers bounds blocks and pictures") {
    const TempFolder folder;
    put_bytes(folder.file("in"), std::vector<std::byte>(100));
    const auto frames = [&](const std::string& number) {
        const LineRun ran = run_line("filesrc blocksize=10 num-buffers=" + number +
                                     " location=" + folder.file("in") + " ! fakesink");
        CHECK(ran.error == "");
        return ran["fakesink0"].frames_in;
    };
    CHECK(frames("0") == 0);
    CHECK(frames("3") == 3);
    CHECK(frames("11") == 10);
    CHECK(frames("-1") == 10);
}

TEST_CASE("media type: contents tell kind, format and size; a name tells nothing") {
    const TempFolder folder;
    const ImageLayout layout = unwrap(image_layout(PixelFormat::gray16le, 9, 5));
    put_noise(folder.file("in"), layout);
    const std::pair<std::string_view, std::string_view> cases[] = {
        {"pngenc", "image/png,format=GRAY16_LE,width=9,height=5"},
        {"tiffenc", "image/tiff,format=GRAY16_LE,width=9,height=5"},
        {"pnmenc", "image/x-portable-anymap,format=GRAY16_LE,width=9,height=5"},
    };
    for (const auto& [encoder, type] : cases) {
        const LineRun ran =
            run_line(headerless_line(folder.file("in"), layout) + " ! " + std::string(encoder) +
                     " ! filesink location=" + folder.file("x.jpg"));
        REQUIRE(ran.error == "");
        const auto bytes = bytes_of_file(folder.file("x.jpg"));
        const auto found = media_type_of(bytes);
        REQUIRE(found);
        CHECK(Caps(*found) == unwrap(parse_caps(type)));
        const auto read =
            unwrap(read_media_type(unwrap(codec::InputFile::open(folder.file("x.jpg")))));
        CHECK(read == found);
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            const auto of_prefix = media_type_of(std::span(bytes).first(size));
            CHECK((!of_prefix || of_prefix == found));  // Never another one.
        }
    }
}

}  // namespace
}  // namespace parallax::elements
