#include "compute/image/geometry.h"

#include <doctest/doctest.h>

#include "compute/image/samples.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

std::vector<PixelFormat> picture_formats() {
    std::vector<PixelFormat> all;
    for (const PixelFormat f : all_pixel_formats())
        if (traits(f).family != PixelFamily::bayer) all.push_back(f);
    return all;
}

Picture flipped(const Picture& src, FlipMethod method) {
    const bool turned = transposes(method);
    Picture dst(src.layout().format, turned ? src.layout().height : src.layout().width,
                turned ? src.layout().width : src.layout().height);
    REQUIRE(flip(src.view(), dst.edit(), method));
    return dst;
}

// Samples of all grids, without padding.
std::vector<int> samples_of(const Picture& p) {
    std::vector<int> all;
    const SampleMap map = sample_map(p.layout());
    for (std::size_t g = 0; g < static_cast<std::size_t>(map.grid_count); ++g) {
        const SampleGrid& grid = map.grids[g];
        for (int y = 0; y < grid.height; ++y)
            for (int x = 0; x < grid.width; ++x)
                for (int c = 0; c < grid.components; ++c) {
                    const int i = x * grid.step + c;
                    all.push_back(map.sample_bytes == 2
                                      ? grid_row<std::uint16_t>(p.view(), grid, y)[i]
                                      : grid_row<std::uint8_t>(p.view(), grid, y)[i]);
                }
    }
    return all;
}

Picture numbered(int width, int height) {
    Picture p(PixelFormat::gray8, width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            p.edit().samples<std::uint8_t>(y)[x] = static_cast<std::uint8_t>(y * width + x);
    return p;
}

TEST_CASE("flip: does what each word says") {
    const Picture p = numbered(3, 2);  // 0 1 2 / 3 4 5
    using Samples = std::vector<int>;
    CHECK(samples_of(flipped(p, FlipMethod::none)) == Samples{0, 1, 2, 3, 4, 5});
    CHECK(samples_of(flipped(p, FlipMethod::clockwise)) == Samples{3, 0, 4, 1, 5, 2});
    CHECK(samples_of(flipped(p, FlipMethod::rotate_180)) == Samples{5, 4, 3, 2, 1, 0});
    CHECK(samples_of(flipped(p, FlipMethod::counterclockwise)) == Samples{2, 5, 1, 4, 0, 3});
    CHECK(samples_of(flipped(p, FlipMethod::horizontal_flip)) == Samples{2, 1, 0, 5, 4, 3});
    CHECK(samples_of(flipped(p, FlipMethod::vertical_flip)) == Samples{3, 4, 5, 0, 1, 2});
    CHECK(samples_of(flipped(p, FlipMethod::upper_left_diagonal)) == Samples{0, 3, 1, 4, 2, 5});
    CHECK(samples_of(flipped(p, FlipMethod::upper_right_diagonal)) == Samples{5, 2, 4, 1, 3, 0});
}

TEST_CASE("flip: names are GStreamer's") {
    CHECK(flip_method("rotate-180") == FlipMethod::rotate_180);
    CHECK(flip_method("upper-right-diagonal") == FlipMethod::upper_right_diagonal);
    CHECK_FALSE(flip_method("Clockwise"));
}

// The eight methods are the symmetries of a rectangle: each has its inverse among them.
TEST_CASE("flip: every method is undone by its inverse, in every format and size") {
    for (const PixelFormat f : picture_formats()) {
        const bool half_columns = traits(f).chroma_shift_x != traits(f).chroma_shift_y;
        for (const auto& [w, h] : {std::pair{70, 38}, {7, 5}, {1, 1}, {1, 4}, {33, 2}}) {
            Picture src(f, w, h);
            src.randomize(7);
            for (std::size_t m = 0; m < 8; ++m) {
                const auto method = static_cast<FlipMethod>(m);
                if (half_columns && transposes(method)) continue;
                FlipMethod inverse = method;
                if (method == FlipMethod::clockwise) inverse = FlipMethod::counterclockwise;
                if (method == FlipMethod::counterclockwise) inverse = FlipMethod::clockwise;
                CAPTURE(traits(f).name);
                CAPTURE(kFlipMethodNames[m]);
                CHECK(samples_of(flipped(flipped(src, method), inverse)) == samples_of(src));
            }
        }
    }
}

TEST_CASE("flip: two quarter turns are a half turn") {
    for (const PixelFormat f : {PixelFormat::rgb, PixelFormat::nv12, PixelFormat::rgba64le}) {
        Picture src(f, 10, 6);
        src.randomize(8);
        CHECK(samples_of(flipped(flipped(src, FlipMethod::clockwise), FlipMethod::clockwise)) ==
              samples_of(flipped(src, FlipMethod::rotate_180)));
        CHECK(samples_of(flipped(flipped(src, FlipMethod::horizontal_flip),
                                 FlipMethod::upper_left_diagonal)) ==
              samples_of(flipped(src, FlipMethod::counterclockwise)));
    }
}

TEST_CASE("flip: half-column chroma can be turned as well") {
    for (const PixelFormat f : {PixelFormat::y42b, PixelFormat::yuy2, PixelFormat::uyvy}) {
        Picture src(f, 9, 5);
        src.randomize(9);
        const Picture turned = flipped(src, FlipMethod::upper_left_diagonal);
        const SampleMap map = sample_map(turned.layout());
        const SampleMap from = sample_map(src.layout());
        for (int y = 0; y < 9; ++y) {
            for (int x = 0; x < 5; ++x) {
                CHECK(
                    grid_row<std::uint8_t>(turned.view(), map.grids[0], y)[x * map.grids[0].step] ==
                    grid_row<std::uint8_t>(src.view(), from.grids[0], x)[y * map.grids[0].step]);
            }
        }
        const SampleGrid& chroma = map.grids[1];
        CHECK(grid_row<std::uint8_t>(turned.view(), chroma, 6)[2 * chroma.step] ==
              grid_row<std::uint8_t>(src.view(), from.grids[1], 4)[3 * chroma.step]);
    }
}

TEST_CASE("crop: takes what is there, in every format") {
    for (const PixelFormat f : picture_formats()) {
        Picture src(f, 12, 9);
        src.randomize(5);
        for (const Point at : {Point{0, 0}, {2, 4}, {5, 3}, {7, 4}}) {
            Picture dst(f, 5, 5);
            CAPTURE(traits(f).name);
            REQUIRE(crop(src.view(), dst.edit(), at));
            const SampleMap from = sample_map(src.layout());
            const SampleMap to = sample_map(dst.layout());
            for (std::size_t g = 0; g < static_cast<std::size_t>(to.grid_count); ++g) {
                const SampleGrid& grid = to.grids[g];
                const auto bytes = static_cast<std::size_t>(to.sample_bytes);
                for (int y = 0; y < grid.height; ++y)
                    for (int x = 0; x < grid.width; ++x)
                        for (std::size_t b = 0;
                             b < bytes * static_cast<std::size_t>(grid.components); ++b) {
                            const auto x_in =
                                static_cast<std::size_t>((x + (at.x >> grid.shift_x)) * grid.step);
                            const auto x_out = static_cast<std::size_t>(x * grid.step);
                            REQUIRE(
                                grid_row<std::byte>(dst.view(), grid, y)[x_out * bytes + b] ==
                                grid_row<std::byte>(src.view(), from.grids[g],
                                                    y + (at.y >> grid.shift_y))[x_in * bytes + b]);
                        }
            }
        }
    }
}

TEST_CASE("crop: a mosaic changes its order with its corner") {
    CHECK(cropped_order(BayerOrder::rggb, {1, 0}) == BayerOrder::grbg);
    CHECK(cropped_order(BayerOrder::rggb, {2, 1}) == BayerOrder::gbrg);
    CHECK(cropped_order(BayerOrder::grbg, {1, 1}) == BayerOrder::gbrg);
    Picture src(PixelFormat::rggb12le, 8, 6);
    src.randomize(1);
    Picture dst(PixelFormat::bggr12le, 4, 3);
    REQUIRE(crop(src.view(), dst.edit(), {1, 3}));
    CHECK(dst.view().samples<std::uint16_t>(2)[3] == src.view().samples<std::uint16_t>(5)[4]);
    Picture wrong(PixelFormat::rggb12le, 4, 3);
    CHECK_FALSE(crop(src.view(), wrong.edit(), {1, 3}));
}

// Sample x of a packed row: MIPI CSI-2, Recommended Memory Storage, RAW10 and RAW12.
unsigned packed_sample(const ImageView& mosaic, int x, int y) {
    const int bits = traits(mosaic.format()).bits;
    const int group = packed_group(mosaic.format());
    const std::byte* start = mosaic.row(y) + x / group * (group + 1);
    const auto low = std::to_integer<unsigned>(start[group]) >> (x % group * (bits - 8));
    return std::to_integer<unsigned>(start[x % group]) << (bits - 8) |
           (low & ((1U << (bits - 8)) - 1));
}

TEST_CASE("crop: packed mosaics begin at a group, and every sample is the one that was there") {
    for (const auto& [from, to] : {std::pair{PixelFormat::grbg10p, PixelFormat::bggr10p},
                                   {PixelFormat::grbg12p, PixelFormat::bggr12p}}) {
        Picture src(from, 27, 9);
        src.randomize(3);
        for (const int width : {1, 4, 7, 15}) {
            Picture dst(to, width, 5);
            REQUIRE(crop(src.view(), dst.edit(), {12, 3}));
            for (int y = 0; y < 5; ++y)
                for (int x = 0; x < width; ++x)
                    CHECK(packed_sample(dst.view(), x, y) ==
                          packed_sample(src.view(), x + 12, y + 3));
        }
        Picture odd(from, 8, 5);
        CHECK(crop(src.view(), odd.edit(), {1, 0}).error().code == Errc::unsupported);
    }
}

TEST_CASE("crop: refuses what is not inside, however far") {
    Picture src(PixelFormat::rgb, 8, 6);
    Picture dst(PixelFormat::rgb, 4, 3);
    CHECK_FALSE(crop(src.view(), dst.edit(), {5, 0}));
    CHECK_FALSE(crop(src.view(), dst.edit(), {0, 4}));
    CHECK_FALSE(crop(src.view(), dst.edit(), {-1, 0}));
    CHECK_FALSE(crop(src.view(), dst.edit(), {2147483647, 0}));
    Picture other(PixelFormat::bgr, 4, 3);
    CHECK_FALSE(crop(src.view(), other.edit(), {0, 0}));
    CHECK_FALSE(flip(src.view(), dst.edit(), FlipMethod::none));
}

}  // namespace
}  // namespace parallax::compute
