#include "isp/chroma_median.h"

#include <algorithm>
#include <array>
#include <cmath>
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

// What of a residual is within two standard deviations of the measured value.
int noise_in(int residual, int measured, const LinearNoise& noise) {
    const float light = static_cast<float>(std::max(measured, 0)) + noise.offset;
    const int threshold = static_cast<int>(std::sqrt(light) * (2.0F * noise.scale));
    return std::clamp(residual, -threshold, threshold);
}

Planes plainly_suppressed(const Planes& in, const Size& size, int passes,
                          const LinearNoise& noise) {
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
            const int residual =  // In 16 bits.
                std::clamp(in[measured][i] - in[1][i] - difference[measured][i], -32768, 32767);
            const int taken = measured == 1 ? 0 : noise_in(residual, in[measured][i], noise);
            const int green = limited(in[1][i] + (measured == 1 ? 0 : residual - taken));
            for (std::size_t c = 0; c < 3; ++c) {
                out[c][i] =
                    c == measured ? limited(in[c][i] - taken) : limited(green + difference[c][i]);
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
struct Rows {
    int first;
    int from;
    LinearNoise noise;
};
Planes suppressed(const Planes& in, const Size& size, ChromaMedian& median, const Rows& rows) {
    const auto& [first, from, noise] = rows;
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
                    median.read(next, range, {row_phase(kOrder, next), kLimit, noise}, block);
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
            for (const LinearNoise& noise : {LinearNoise{}, {.scale = 30.0F, .offset = 12.5F}}) {
                const Planes expected = plainly_suppressed(in, size, passes, noise);
                each_target([&] {
                    ChromaMedian median({size.width, size.height, passes});
                    CHECK(suppressed(in, size, median, {0, 0, noise}) == expected);
                });
            }
        }
    }
}

TEST_CASE("chroma median: rows do not depend on where a band began, nor on the one before") {
    const Size size{40, 21};
    const Planes in = random_planes(size);
    for (int passes = 1; passes <= ChromaMedian::kMaxPasses; ++passes) {
        ChromaMedian median({size.width, size.height, passes});
        const Planes whole = suppressed(in, size, median, {0, 0, {}});
        for (int from = passes; from < size.height; ++from) {
            const Planes band = suppressed(in, size, median, {from - passes, from, {}});
            for (std::size_t c = 0; c < 3; ++c)
                CHECK(std::equal(whole[c].begin() + from * size.width, whole[c].end(),
                                 band[c].begin() + from * size.width));
        }
    }
}

// Variance of green over a field of one colour, whose photosites differ by shot noise alone.
double green_variance(const Settings& settings, bool told) {
    constexpr int width = 128;
    constexpr int height = 96;
    constexpr float middle = 0.12F;
    constexpr float per_electron = 1.0F / 2000;
    RawInfo info = sensor(12);
    if (told) info.noise_profile = {per_electron, 0.0F};
    Picture raw(PixelFormat::rggb12le, width, height);
    std::mt19937 random(7);
    std::normal_distribution<float> light(middle, std::sqrt(middle * per_electron));
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            raw.edit().samples<std::uint16_t>(y)[x] =
                static_cast<std::uint16_t>(std::lround(64 + light(random) * 3936));
    const Picture out = developed(settings, raw, info);
    double sum = 0;
    double squares = 0;
    int count = 0;
    for (int y = 8; y < height - 8; ++y)
        for (int x = 8; x < width - 8; ++x, ++count) {
            const double green = pixel(out, x, y)[1];
            sum += green;
            squares += green * green;
        }
    return squares / count - sum / count * (sum / count);
}

TEST_CASE(
    "isp: suppression leaves green at least as quiet as it found it, where the noise is known") {
    Settings settings{.demosaic = Demosaic::rcd, .color_matrix = false};
    const double off = green_variance(settings, true);
    settings.false_color_suppression = 1;
    CHECK(green_variance(settings, true) < 1.05 * off);
    CHECK(green_variance(settings, false) > 1.2 * off);  // Else there was nothing to keep quiet.
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
