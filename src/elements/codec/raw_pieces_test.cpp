#include "elements/codec/raw_pieces.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "elements/codec/dng.h"
#include "elements/codec/file_io.h"
#include "elements/codec/raw_file.h"
#include "elements/codec/raw_signature.h"
#include "elements/codec/tiff_tags.h"
#include "support/codec_testing.h"
#include "support/shared_data.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

std::string verdict(const Result<>& result) {
    return result ? "intact" : to_string(result.error());
}

std::vector<std::byte> dng_of(const ImageView& mosaic, float black) {
    RawInfo info;
    info.black_level.fill(black);
    info.white_level = 1023;
    std::vector<std::byte> dng(dng_bound(mosaic.layout));
    dng.resize(unwrap(dng_encode(mosaic, info, {}, dng)));
    return dng;
}

// Where the n-th strip or tile of the raw picture lies in the file.
struct Place {
    std::size_t at = 0, bytes = 0;
};
Place piece_of(Bytes file, std::size_t n) {
    const auto directories = unwrap(TagReader::open(file)).directories();
    const Directory* picture = raw_directory(directories);
    REQUIRE(picture != nullptr);
    const bool tiled = picture->find(TagId::tile_offsets) != nullptr;
    const Tag* at = picture->find(tiled ? TagId::tile_offsets : TagId::strip_offsets);
    const Tag* bytes = picture->find(tiled ? TagId::tile_byte_counts : TagId::strip_byte_counts);
    REQUIRE(n < at->count);
    return {at->whole(n), bytes->whole(n)};
}

TEST_CASE("raw pieces: an uncompressed strip of zeros is a hole only where zero is no sample") {
    Canvas mosaic(PixelFormat::rggb10le, 40, 30);
    std::ranges::fill(mosaic.bytes, std::byte{0});
    const auto black = dng_of(mosaic.picture(), 64);
    CHECK(verdict(expect_intact_pieces(black, true)) == "raw: strip 1 of 1, 2400 bytes at byte " +
                                                            std::to_string(piece_of(black, 0).at) +
                                                            ": expected samples, found only zeros");
    CHECK(verdict(expect_intact_pieces(black, false)) == "intact");
    CHECK(verdict(expect_intact_pieces({}, true)) == "intact");  // No TIFF: nothing to look at.
    testing::fill_noise(mosaic.view);
    CHECK(verdict(expect_intact_pieces(dng_of(mosaic.picture(), 64), true)) == "intact");
}

TEST_CASE("raw pieces: three rows of zeros in a row are a hole, two are a sensor's") {
    const auto rows = [](int first, int count) {
        Canvas mosaic(PixelFormat::rggb10le, 40, 30);
        std::ranges::fill(mosaic.bytes, std::byte{0x01});
        for (int y = first; y < first + count; ++y) {
            std::fill_n(mosaic.view.samples<std::uint16_t>(y), 40, std::uint16_t{0});
        }
        return verdict(expect_no_blank_rows(mosaic.picture()));
    };
    CHECK(rows(7, 2) == "intact");
    CHECK(rows(28, 2) == "intact");
    CHECK(rows(0, 0) == "intact");
    for (const int first : {0, 11, 27}) {
        CAPTURE(first);
        CHECK(rows(first, 3) ==
              "raw: expected samples near black or above it, found only zeros in the 3 rows from " +
                  std::to_string(first) + " to " + std::to_string(first + 2));
    }
    CHECK(rows(0, 30).ends_with("in the 30 rows from 0 to 29"));
}

#ifdef PARALLAX_HAVE_LIBRAW

std::string developed(const std::vector<std::byte>& bytes) {
    auto file = RawFile::open(bytes);
    if (!file) return to_string(file.error());
    Canvas out(file->shape().format, file->shape().width, file->shape().height);
    const auto info = file->unpack(out.view);
    return info ? "whole" : to_string(info.error());
}

TEST_CASE("raw pieces: a hole in an uncompressed DNG is an error where black is above zero") {
    Canvas mosaic(PixelFormat::rggb10le, 40, 30);
    testing::fill_noise(mosaic.view);
    for (const float black : {0.0F, 64.0F}) {
        auto dng = dng_of(mosaic.picture(), black);
        REQUIRE(developed(dng) == "whole");
        const Place strip = piece_of(dng, 0);
        std::fill_n(dng.begin() + static_cast<long>(strip.at) + 10 * 80, 4 * 80, std::byte{0});
        CHECK(developed(dng) == (black == 0 ? "whole"  // As a lens cap leaves it, for all we know.
                                            : "raw: expected samples near black or above it, found "
                                              "only zeros in the 4 rows from 10 to 13"));
    }
}

TEST_CASE("raw pieces: real files with a hole of zeros, or of other bytes, are refused") {
    for (const char* name : {"raw/sample3.dng", "raw/photoprism_canon_eos_6d.dng"}) {
        const auto path = shared_file(name);
        if (!path) continue;
        const auto whole = unwrap(read_file(*path, 100 << 20));
        REQUIRE(developed(whole) == "whole");
        const Place tile = piece_of(whole, 3);
        for (const int fill : {0, 0xE5}) {
            for (const auto& [from, bytes] : {std::pair<std::size_t, std::size_t>{0, tile.bytes},
                                              {0, 2},
                                              {0, 512},
                                              {tile.bytes / 2, 2048},
                                              {tile.bytes - 1024, 1024}}) {
                CAPTURE(std::string(name));
                CAPTURE(fill);
                CAPTURE(from);
                CAPTURE(bytes);
                auto holed = whole;
                std::fill_n(holed.begin() + static_cast<long>(tile.at + from), bytes,
                            static_cast<std::byte>(fill));
                const std::string said = developed(holed);
                CHECK(said.find("raw: tile 4 of ") == 0);
                CHECK(said.find("expected") != std::string::npos);
                CHECK(said.find("found") != std::string::npos);
            }
        }
    }
}

TEST_CASE("raw pieces: a CR2 with a hole in its samples is refused") {
    const auto path = shared_file("raw/IMG_5952.CR2");
    if (!path) return;
    auto bytes = unwrap(read_file(*path, 100 << 20));
    std::fill_n(bytes.begin() + 4'000'000, 100'000, std::byte{0});
    const std::string said = developed(bytes);
    CHECK(said.find("expected a whole lossless JPEG") != std::string::npos);
}

#endif

}  // namespace
}  // namespace parallax::codec
