#include "isp/chroma_median.h"

#include <algorithm>
#include <array>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/developed.h"
#include "support/each_target.h"

namespace parallax::isp {
namespace {

constexpr std::int16_t kLimit = 30000;

constexpr BayerOrder kOrder = BayerOrder::gbrg;

std::int16_t limited(int v) { return static_cast<std::int16_t>(std::clamp(v, 0, int{kLimit})); }

// Red, green and blue, each width × height.
using Planes = std::array<std::vector<std::int16_t>, 3>;

struct Size {
    int width;
    int height;
    std::size_t at(int x, int y) const {
        return static_cast<std::size_t>(mirror(y, height)) * static_cast<std::size_t>(width) +
               static_cast<std::size_t>(mirror(x, width));
    }
};

Planes random_planes(const Size& size) {
    std::mt19937 random(static_cast<unsigned>(size.width * 100 + size.height));
    Planes planes;
    for (auto& plane : planes) {
        plane.resize(size.at(size.width - 1, size.height - 1) + 1);
        for (auto& v : plane) v = static_cast<std::int16_t>(random() % (kLimit + 1));
    }
    return planes;
}

// By sorting nine values for each pixel.
std::vector<int> median_of_nine(const std::vector<int>& in, const Size& size) {
    std::vector<int> out(in.size());
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            std::array<int, 9> nine{};
            for (int i = 0; i < 9; ++i)
                nine[static_cast<std::size_t>(i)] = in[size.at(x + i % 3 - 1, y + i / 3 - 1)];
            std::ranges::sort(nine);
            out[size.at(x, y)] = nine[4];
        }
    return out;
}

Planes plainly_suppressed(const Planes& in, const Size& size, int passes) {
    std::array<std::vector<int>, 3> difference;
    for (std::size_t c = 0; c < 3; ++c) {
        for (std::size_t i = 0; i < in[c].size(); ++i) {
            difference[c].push_back(in[c][i] - in[1][i]);
        }
        for (int pass = 0; pass < passes; ++pass) {
            difference[c] = median_of_nine(difference[c], size);
        }
    }
    Planes out = in;
    for (int y = 0; y < size.height; ++y)
        for (int x = 0; x < size.width; ++x) {
            const std::size_t i = size.at(x, y);
            const RowPhase phase = row_phase(kOrder, y);
            const std::size_t measured = x % 2 != phase.column ? 1 : phase.red ? 0 : 2;
            const int green = limited(in[measured][i] - difference[measured][i]);
            for (std::size_t c = 0; c < 3; ++c) {
                out[c][i] = c == measured ? in[c][i] : limited(green + difference[c][i]);
            }
        }
    return out;
}

// Calls body(range, x of the pixel, half, lane) for each block of a row and each pixel in it.
template <class Begin, class Pixel, class End>
void over_row(int width, const Begin& begin, const Pixel& pixel, const End& end) {
    for (int first = 0; first < (width + 1) / 2; first += kBlock) {
        const BlockRange range{first, std::min(kBlock, (width + 1) / 2 - first)};
        begin(range);
        for (int x = 2 * first; x < std::min(width, 2 * (first + range.count)); ++x) {
            pixel(x, static_cast<std::size_t>(x & 1), static_cast<std::size_t>(x / 2 - first));
        }
        end(range);
    }
}

// Rows from `first` on go in; rows from `from` on come out, the ones before it are left as they
// are.
Planes suppressed(const Planes& in, const Size& size, ChromaMedian& median, int first, int from) {
    Planes out = in;
    LinearBlock block{};
    median.start(first);
    int next = from;
    for (int y = first; y < size.height; ++y) {
        over_row(
            size.width, [](const BlockRange&) {},
            [&](int x, std::size_t half, std::size_t lane) {
                for (std::size_t c = 0; c < 3; ++c)
                    block.plane[c][half][lane] = in[c][size.at(x, y)];
            },
            [&](const BlockRange& range) { median.put(y, range, block); });
        median.close_row(y);
        for (; next < median.ready_end(); ++next) {
            over_row(
                size.width,
                [&](const BlockRange& range) {
                    median.read(next, range, {row_phase(kOrder, next), kLimit}, block);
                },
                [&](int x, std::size_t half, std::size_t lane) {
                    for (std::size_t c = 0; c < 3; ++c)
                        out[c][size.at(x, next)] = block.plane[c][half][lane];
                },
                [](const BlockRange&) {});
        }
    }
    CHECK(next == size.height);
    return out;
}

}  // namespace

TEST_CASE("chroma median: every instruction set gives the median of nine differences") {
    for (const Size& size : {Size{2, 2}, {3, 2}, {2, 5}, {33, 9}, {64, 4}, {601, 12}}) {
        const Planes in = random_planes(size);
        for (int passes = 1; passes <= ChromaMedian::kMaxPasses; ++passes) {
            CAPTURE(size.width);
            CAPTURE(passes);
            const Planes expected = plainly_suppressed(in, size, passes);
            each_target([&] {
                ChromaMedian median({size.width, size.height, passes});
                CHECK(suppressed(in, size, median, 0, 0) == expected);
            });
        }
    }
}

TEST_CASE("chroma median: rows do not depend on where a band began, nor on the one before") {
    const Size size{40, 21};
    const Planes in = random_planes(size);
    for (int passes = 1; passes <= ChromaMedian::kMaxPasses; ++passes) {
        ChromaMedian median({size.width, size.height, passes});
        const Planes whole = suppressed(in, size, median, 0, 0);
        for (int from = passes; from < size.height; ++from) {
            const Planes band = suppressed(in, size, median, from - passes, from);
            for (std::size_t c = 0; c < 3; ++c)
                CHECK(std::equal(whole[c].begin() + from * size.width, whole[c].end(),
                                 band[c].begin() + from * size.width));
        }
    }
}

TEST_CASE("isp: suppression does not depend on slices, and leaves superpixels alone") {
    for (const auto& [width, height] : {std::array{2, 2}, {3, 5}, {601, 131}, {130, 600}})
        for (const Demosaic demosaic : kDemosaics)
            for (int passes = 1; passes <= ChromaMedian::kMaxPasses; ++passes) {
                CAPTURE(width);
                CAPTURE(to_string(demosaic));
                CAPTURE(passes);
                const Picture raw = noise(PixelFormat::grbg10le, width, height);
                const Settings settings{.demosaic = demosaic, .false_color_suppression = passes};
                const Picture one = developed(settings, raw, sensor(10));
                CHECK(developed(settings, raw, sensor(10), PixelFormat::rgb, threads(2)).bytes ==
                      one.bytes);
                Settings off = settings;
                off.false_color_suppression = 0;
                const bool same = developed(off, raw, sensor(10)).bytes == one.bytes;
                CHECK((same || demosaic != Demosaic::superpixel));
                CHECK((!same || demosaic == Demosaic::superpixel || width < 4));
            }
}

}  // namespace parallax::isp
