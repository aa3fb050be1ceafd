#include "isp/cropped_info.h"

#include <doctest/doctest.h>

namespace parallax::isp {
namespace {

// Gains that grow evenly from corner to corner, so that blending is exact.
ShadingGrid slope(int columns, int rows) {
    ShadingGrid grid{.columns = columns, .rows = rows, .gains = {}};
    for (int row = 0; row < rows; ++row) {
        for (int column = 0; column < columns; ++column) {
            for (int position = 0; position < 4; ++position) {
                grid.gains.push_back(static_cast<float>(column) / static_cast<float>(columns - 1) +
                                     2 * static_cast<float>(row) / static_cast<float>(rows - 1) +
                                     10 * static_cast<float>(position));
            }
        }
    }
    return grid;
}

TEST_CASE("cropped_info: levels follow the cell, at each parity of the offset") {
    RawInfo whole;
    whole.black_level = {1, 2, 3, 4};
    const auto black = [&](int left, int top) {
        return cropped_info(whole, {left, top, 10, 10, 100, 100}).black_level;
    };
    CHECK(black(0, 0) == std::array<float, 4>{1, 2, 3, 4});
    CHECK(black(1, 0) == std::array<float, 4>{2, 1, 4, 3});
    CHECK(black(0, 1) == std::array<float, 4>{3, 4, 1, 2});
    CHECK(black(3, 5) == std::array<float, 4>{4, 3, 2, 1});
    CHECK(black(2, 4) == std::array<float, 4>{1, 2, 3, 4});
}

TEST_CASE("cropped_info: gains of the part are those its pixels had in the whole") {
    RawInfo whole;
    whole.shading = slope(5, 3);
    const Part part{11, 20, 41, 21, 101, 61};
    const RawInfo info = cropped_info(whole, part);
    REQUIRE(info.shading);
    const auto gain = [&](std::size_t column, std::size_t row, std::size_t position) {
        return info.shading->gains[(row * 5 + column) * 4 + position];
    };
    // Pixel (x, y) of the whole has x / 100 + 2 y / 60; an odd column exchanges 0 and 1, 2 and 3.
    CHECK(gain(0, 0, 0) == doctest::Approx(0.11 + 2 * 20 / 60.0 + 10));
    CHECK(gain(4, 0, 1) == doctest::Approx(0.51 + 2 * 20 / 60.0));
    CHECK(gain(0, 2, 3) == doctest::Approx(0.11 + 2 * 40 / 60.0 + 20));
    CHECK(gain(2, 1, 2) == doctest::Approx(0.31 + 2 * 30 / 60.0 + 30));
}

TEST_CASE("cropped_info: defects move along, those outside are forgotten, the shot stays") {
    RawInfo whole;
    whole.defects = {{5, 5}, {10, 20}, {19, 29}, {20, 20}, {10, 30}};
    whole.iso = 400;
    whole.model = "One";
    const RawInfo info = cropped_info(whole, {10, 20, 10, 10, 100, 100});
    CHECK(info.defects == std::vector<std::array<int, 2>>{{0, 0}, {9, 9}});
    CHECK(info.iso == 400);
    CHECK(info.model == "One");
    RawInfo back = cropped_info(whole, {0, 0, 100, 100, 100, 100});
    CHECK(back == whole);
}

}  // namespace
}  // namespace parallax::isp
