// Strides, edges and instruction sets of convert().
#include <cstring>
#include <vector>

#include <doctest/doctest.h>

#include "compute/image/convert.h"
#include "support/each_target.h"
#include "support/exact_convert.h"
#include "support/picture.h"
#include "support/spaced.h"

namespace parallax::compute {
namespace {

constexpr std::array kSizes{std::array{1, 1},  std::array{2, 1},  std::array{3, 3},
                            std::array{31, 2}, std::array{33, 3}, std::array{67, 2},
                            std::array{130, 1}};

// Pairs that take each of the ways there are.
constexpr std::array kPairs{
    std::array{PixelFormat::nv12, PixelFormat::rgb},
    std::array{PixelFormat::nv21, PixelFormat::bgra},
    std::array{PixelFormat::i420, PixelFormat::xrgb},
    std::array{PixelFormat::y42b, PixelFormat::rgba},
    std::array{PixelFormat::nv61, PixelFormat::bgr},
    std::array{PixelFormat::uyvy, PixelFormat::rgb},
    std::array{PixelFormat::yvyu, PixelFormat::abgr},
    std::array{PixelFormat::rgb, PixelFormat::nv12},
    std::array{PixelFormat::bgrx, PixelFormat::yv12},
    std::array{PixelFormat::argb, PixelFormat::nv16},
    std::array{PixelFormat::rgb, PixelFormat::yuy2},
    std::array{PixelFormat::rgba, PixelFormat::gray8},
    std::array{PixelFormat::rgb, PixelFormat::argb},
    std::array{PixelFormat::bgra, PixelFormat::rgb},
    std::array{PixelFormat::nv12, PixelFormat::i420},
    std::array{PixelFormat::i420_10le, PixelFormat::p010_10le},
    std::array{PixelFormat::gbr, PixelFormat::rgbx},
    std::array{PixelFormat::y444, PixelFormat::ayuv},
    std::array{PixelFormat::uyvy, PixelFormat::uyvy},
    std::array{PixelFormat::p010_10le, PixelFormat::rgba64le},
    std::array{PixelFormat::rgba64le, PixelFormat::i422_12le},
    std::array{PixelFormat::gray16le, PixelFormat::nv24},
};

TEST_CASE("convert: any strides give the same samples, and nothing between rows is touched") {
    for (const auto& [from, to] : kPairs) {
        for (const auto& [w, h] : kSizes) {
            const Picture src = random_picture(from, w, h, static_cast<std::uint64_t>(w));
            Picture plain(to, w, h);
            REQUIRE(convert(src.view(), plain.edit()));
            Spaced in(from, w, h);
            in.take(src.view());
            Spaced out(to, w, h);
            REQUIRE(convert(in.view(), out.edit()));
            CAPTURE(traits(from).name);
            CAPTURE(traits(to).name);
            CAPTURE(w);
            CHECK(out.gaps_untouched());
            for (const int c : channels_in(to))
                for (int y = 0; y < h; ++y)
                    for (int x = 0; x < w; ++x)
                        REQUIRE(code_at(out.view(), c, x, y) == code_at(plain.view(), c, x, y));
        }
    }
}

TEST_CASE("convert: every instruction set gives the same bytes") {
    for (const auto& [from, to] : kPairs) {
        for (const bool general : {false, true}) {
            for (const auto& [w, h] : kSizes) {
                const Picture src = random_picture(from, w, h, static_cast<std::uint64_t>(h));
                std::vector<std::byte> first;
                each_target([&] {
                    Picture dst(to, w, h);
                    const ConvertOptions options{.color = {YuvMatrix::bt709, YuvRange::limited},
                                                 .general_only = general};
                    REQUIRE(convert(src.view(), dst.edit(), options));
                    if (first.empty()) first = dst.bytes();
                    CAPTURE(traits(from).name);
                    CAPTURE(traits(to).name);
                    CHECK(dst.bytes() == first);
                });
            }
        }
    }
}

// Wide enough for every kind of vector, with all codes of one channel beside extremes of another.
TEST_CASE("convert: the short ways keep their bound over all codes") {
    for (const auto& [matrix, range] : {std::pair{YuvMatrix::bt601, YuvRange::limited},
                                        {YuvMatrix::bt709, YuvRange::full},
                                        {YuvMatrix::bt2020, YuvRange::limited},
                                        {YuvMatrix::bt2020, YuvRange::full}}) {
        const ColorOptions color{matrix, range};
        for (const PixelFormat from : {PixelFormat::nv12, PixelFormat::rgb}) {
            Picture src = random_picture(from, 512, 128, 3);
            // Quarters of the picture are pushed to the ends of the codes.
            for (std::size_t i = 0; i < src.bytes().size(); ++i) {
                if (i % 7 == 1) src.bytes()[i] = std::byte{255};
                if (i % 5 == 1) src.bytes()[i] = std::byte{0};
            }
            const PixelFormat to = from == PixelFormat::rgb ? PixelFormat::nv12 : PixelFormat::rgb;
            Picture dst(to, 512, 128);
            REQUIRE(convert(src.view(), dst.edit(), {.color = color}));
            const double error = convert_error(src.view(), dst.view(), {color, color});
            CHECK(error > 0.4);  // The measure sees rounding.
            CHECK(error < kFastConvertErrorCodes);
        }
    }
}

}  // namespace
}  // namespace parallax::compute
