// Each kernel against the formula that it says, and with the same bits in every instruction set.
#include "isp/burst/tile_kernels.h"

#include <cmath>
#include <random>
#include <vector>

#include <doctest/doctest.h>

#include "support/each_target.h"

namespace parallax::isp::tile {
namespace {

std::vector<float> noise(std::size_t count, unsigned seed) {
    std::mt19937 random(seed);
    std::vector<float> samples(count);
    for (float& sample : samples) sample = static_cast<float>(random() % 4096) / 4096;
    return samples;
}

Tile tile_of(unsigned seed) {
    const auto samples = noise(kSide * kSide, seed);
    Tile tile;
    for (std::size_t i = 0; i < samples.size(); ++i) tile[i / kSide][i % kSide] = samples[i];
    return tile;
}

// The sixteen around a place, added up in double precision.
double sixteen(const float* at, std::ptrdiff_t right, std::ptrdiff_t down, const Resampling& by) {
    double sum = 0;
    for (std::ptrdiff_t y = 0; y < 4; ++y) {
        for (std::ptrdiff_t x = 0; x < 4; ++x) {
            sum += static_cast<double>(at[x * right + y * down]) *
                   static_cast<double>(by.across[static_cast<std::size_t>(x)]) *
                   static_cast<double>(by.down[static_cast<std::size_t>(y)]);
        }
    }
    return sum;
}

template <class Made>
void same_everywhere(const Made& make) {
    const auto expected = make();
    each_target([&] { CHECK(make() == expected); });
}

// A green row of `count` photosites and its differences, out of random neighbours.
std::vector<float> greens(int count, const NoiseModel& model) {
    const auto n = static_cast<std::size_t>(count);
    std::vector<std::vector<float>> rows;
    for (unsigned seed = 0; seed < 6; ++seed) rows.push_back(noise(n + 2, seed));
    std::vector<float> out(2 * n + 1, -7);
    green_row({.own = rows[0].data() + 1,
               .own_above = rows[1].data(),
               .own_below = rows[2].data(),
               .left = rows[3].data(),
               .above = rows[4].data(),
               .below = rows[5].data(),
               .gain = 1.5F,
               .green = out.data(),
               .difference = out.data() + n},
              model, count);
    return out;
}

constexpr NoiseModel kModel{.scale = 1e-4F, .offset = 1e-6F};

}  // namespace

TEST_CASE("tile kernels: convolving is the sum of sixteen samples, also over halved rows") {
    const auto samples = noise(40 * 40, 1);
    const Resampling by = resampling({0.3F, -0.8F});
    Tile whole;
    convolve({samples.data(), 40}, by, whole);
    Window wide;
    convolve({samples.data(), 40}, by, wide);
    // The same plane, its even and odd columns apart: every second sample of every second row.
    std::vector<float> first(20 * 40);
    std::vector<float> second(20 * 40);
    for (std::size_t i = 0; i < samples.size(); ++i)
        (i % 2 == 0 ? first : second)[i / 2] = samples[i];
    Tile sparse;
    convolve_second({first.data(), second.data(), 20}, by, sparse);
    for (std::size_t y = 0; y < kSide; ++y) {
        for (std::size_t x = 0; x < kSide; ++x) {
            const float* const at = samples.data() + y * 40 + x;
            REQUIRE(static_cast<double>(whole[y][x]) == doctest::Approx(sixteen(at, 1, 40, by)));
            REQUIRE(wide[y][x] == whole[y][x]);
            const float* const second_at = samples.data() + 2 * y * 40 + 2 * x;
            REQUIRE(static_cast<double>(sparse[y][x]) ==
                    doctest::Approx(sixteen(second_at, 1, 40, by)));
        }
    }
    same_everywhere([&] {
        Tile out;
        convolve_second({first.data(), second.data(), 20}, by, out);
        return out;
    });
}

TEST_CASE("tile kernels: differences and normal equations are sums over the tile") {
    const Tile a = tile_of(1);
    const Tile b = tile_of(2);
    double expected = 0;
    for (std::size_t i = 0; i < kSide * kSide; ++i) {
        const auto d = static_cast<double>(a[i / kSide][i % kSide] - b[i / kSide][i % kSide]);
        expected += d * d;
    }
    const auto found = [&] { return difference({a[0].data(), kSide}, {b[0].data(), kSide}); };
    CHECK(static_cast<double>(found()) == doctest::Approx(expected));
    same_everywhere(found);

    Windows windows{};
    windows.across[3][4] = 2;
    windows.down[3][4] = -1;
    windows.here[3][4] = 5;
    windows.there[3][4] = 2;
    const Normal sums = normal_equations(windows);
    CHECK(sums.xx == 4);
    CHECK(sums.xy == -2);
    CHECK(sums.yy == 1);
    CHECK(sums.x_error == 6);
    CHECK(sums.y_error == -3);
}

TEST_CASE("tile kernels: what differs by more than noise is counted, and left out with its cell") {
    Tile here;
    for (auto& row : here) row.fill(0.25F);
    Tile there = here;
    const float deviation = std::sqrt(kNoiseOfBoth * kModel.variance(0.25F));
    there[5][6] = 0.25F + deviation;  // In block 1, 1: as much as is expected.
    there[9][0] = 0.9F;               // In block 2, 0: more than ever.
    there[15][15] = std::nanf("");
    const auto compared = [&] {
        Likeness likeness;
        compare(here, there, kModel, likeness);
        return likeness;
    };
    const Likeness likeness = compared();
    CHECK(likeness.kept[5][6] == 1);
    CHECK(likeness.ratio[1][6] == doctest::Approx(1).epsilon(1e-2));
    CHECK(likeness.kept[9][0] == 0);
    CHECK(likeness.ratio[2][0] == kOutlier);
    CHECK(likeness.kept[15][15] == 0);
    CHECK(likeness.ratio[3][15] == kOutlier);
    CHECK(likeness.ratio[0][0] == 0);
    same_everywhere([&] { return compared().ratio; });
    same_everywhere([&] { return compared().kept; });
}

TEST_CASE("tile kernels: a part of a tile is added, and nothing beside it") {
    const Tile weight = tile_of(3);
    const Tile samples = tile_of(4);
    for (const Part part : {Part{}, Part{0, 16, 3, 4}, Part{5, 16, 0, 16}, Part{0, 1, 15, 16}}) {
        const auto added = [&] {
            std::vector<float> plane(20 * 20, 1);
            add(weight, samples, {plane.data() + 21, 20}, part);
            return plane;
        };
        const std::vector<float> plane = added();
        for (int i = 0; i < 400; ++i) {
            const int x = i % 20 - 1 + part.first_x;
            const int y = i / 20 - 1 + part.first_y;
            const bool in = i % 20 > 0 && i / 20 > 0 && x < part.last_x && y < part.last_y;
            const auto ty = static_cast<std::size_t>(y);
            const auto tx = static_cast<std::size_t>(x);
            const float expected = in ? 1 + weight[ty][tx] * samples[ty][tx] : 1;
            REQUIRE(plane[static_cast<std::size_t>(i)] == doctest::Approx(expected));
        }
        same_everywhere(added);
    }
}

TEST_CASE("tile kernels: green rows of any length are made alike, and end where they end") {
    for (const int count : {1, 2, 7, 8, 15, 16, 17, 37}) {
        CAPTURE(count);
        const std::vector<float> out = greens(count, kModel);
        CHECK(out.back() == -7);
        for (int i = 0; i < count; ++i) REQUIRE(std::isfinite(out[static_cast<std::size_t>(i)]));
        same_everywhere([&] { return greens(count, kModel); });
    }
    // Where all is alike, green is what lies around, and the difference is the colour less that.
    const std::vector<float> flat(8, 0.5F);
    float green = 0;
    float difference = 0;
    green_row({.own = flat.data() + 1,
               .own_above = flat.data(),
               .own_below = flat.data(),
               .left = flat.data(),
               .above = flat.data(),
               .below = flat.data(),
               .gain = 2,
               .green = &green,
               .difference = &difference},
              kModel, 1);
    CHECK(green == 0.5F);
    CHECK(difference == 0.5F);
}

}  // namespace parallax::isp::tile
