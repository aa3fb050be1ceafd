#include "isp/simulator/philox.h"

#include <doctest/doctest.h>

namespace parallax::sim {
namespace {

// The answers that the authors publish with their Random123 library.
TEST_CASE("philox: gives the published answers") {
    constexpr std::uint32_t all = 0xFFFFFFFF;
    CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) ==
          PhiloxCounter{0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8});
    CHECK(philox4x32({all, all, all, all}, {all, all}) ==
          PhiloxCounter{0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD});
    CHECK(philox4x32({0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344}, {0xA4093822, 0x299F31D0}) ==
          PhiloxCounter{0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1});
}

TEST_CASE("philox: uniforms never touch 0 or 1") {
    CHECK(uniform(0) > 0.0F);
    CHECK(uniform(0xFFFFFFFF) < 1.0F);
    CHECK(uniform(0) + uniform(0xFFFFFFFF) == 1.0F);
}

TEST_CASE("philox: normals have the moments of normals") {
    double sum = 0, squares = 0, cubes = 0, fourths = 0;
    constexpr int n = 200'000;
    for (std::uint32_t i = 0; i < n / 2; ++i) {
        const PhiloxCounter r = philox4x32({i, 0, 0, 0}, {7, 8});
        for (const float z : normals(r[0], r[1])) {
            sum += z;
            squares += z * z;
            cubes += z * z * z;
            fourths += z * z * z * z;
        }
    }
    // Five standard errors of each moment: √(1, 2, 15, 96) / √n.
    const double error = 5.0 / std::sqrt(n);
    CHECK(std::abs(sum / n) < error);
    CHECK(std::abs(squares / n - 1) < error * std::sqrt(2.0));
    CHECK(std::abs(cubes / n) < error * std::sqrt(15.0));
    CHECK(std::abs(fourths / n - 3) < error * std::sqrt(96.0));
}

}  // namespace
}  // namespace parallax::sim
