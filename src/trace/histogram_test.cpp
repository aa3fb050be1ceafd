#include "trace/histogram.h"

#include <algorithm>
#include <cstdint>

#include <doctest/doctest.h>

namespace parallax {
namespace {

TEST_CASE("histogram: a quantile is at most an eighth above the exact one") {
    Histogram histogram;
    constexpr std::uint64_t kMany = 10'000;
    for (std::uint64_t value = 1; value <= kMany; ++value) histogram.record(value);
    for (const double fraction : {0.01, 0.5, 0.9, 0.99, 1.0}) {
        const double exact = fraction * static_cast<double>(kMany);
        const auto found = static_cast<double>(histogram.quantile(fraction));
        CHECK(found >= exact);
        CHECK(found <= exact * 1.126);
    }
    CHECK(histogram.max() == kMany);
}

TEST_CASE("histogram: counts below powers of two are exact, and the sum is") {
    Histogram histogram;
    std::uint64_t sum = 0;
    for (std::uint64_t value = 0; value < 5000; ++value) {
        histogram.record(value);
        sum += value;
    }
    const auto below = histogram.below_powers<14>(0);
    for (std::size_t n = 0; n < below.size(); ++n) {
        CHECK(below[n] == std::min<std::uint64_t>(5000, std::uint64_t{1} << n));
    }
    CHECK(histogram.sum() == sum);
    Histogram twice;
    twice.add_all_of(histogram);
    twice.add_all_of(histogram);
    CHECK(twice.sum() == 2 * sum);
}

TEST_CASE("histogram: small values are exact, huge ones do not overflow") {
    Histogram histogram;
    histogram.record(3);
    CHECK(histogram.quantile(0.5) == 3);
    histogram.record(~std::uint64_t{0});
    CHECK(histogram.quantile(1.0) == ~std::uint64_t{0});
    CHECK(Histogram().quantile(0.5) == 0);
}

}  // namespace
}  // namespace parallax
