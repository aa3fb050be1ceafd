#include "memory/pressure.h"

#include <fstream>

#include <doctest/doctest.h>

#include "base/clock.h"
#include "support/temp_folder.h"

namespace parallax {
namespace {

TEST_CASE("pressure: the share is that of the time between two looks") {
    const TempFolder folder;
    const auto stalled = [&](std::uint64_t total_us) {
        std::ofstream(folder.file("memory"))
            << "some avg10=99.00 avg60=99.00 avg300=99.00 total=" << total_us
            << "\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=77\n";
    };
    PressureGauge gauge(folder.file("memory"));
    stalled(1'000'000);
    CHECK_FALSE(gauge.stalled_share(1'000'000'000));  // Since when?
    stalled(1'500'000);
    CHECK(gauge.stalled_share(2'000'000'000) == 0.5);
    CHECK(gauge.stalled_share(3'000'000'000) == 0.0);
    stalled(90'000'000);
    CHECK(gauge.stalled_share(4'000'000'000) == 1.0);  // Several may stand still at a time.
    CHECK_FALSE(gauge.stalled_share(4'000'000'000));   // No time has passed.
    stalled(5);
    CHECK_FALSE(gauge.stalled_share(5'000'000'000));  // Another kernel's, or cgroup's.
    CHECK(gauge.stalled_share(6'000'000'000) == 0.0);
}

TEST_CASE("pressure: a look that finds nothing makes the next one the first") {
    const TempFolder folder;
    PressureGauge gauge(folder.file("memory"));
    CHECK_FALSE(gauge.stalled_share(1));
    std::ofstream(folder.file("memory")) << "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
    CHECK_FALSE(gauge.stalled_share(2));
    CHECK(gauge.stalled_share(3) == 0.0);
}

TEST_CASE("pressure: this machine's is read, where its kernel tells it") {
    PressureGauge gauge;
    const bool told = std::ifstream(PressureGauge::kWholeMachine).good();
    CHECK_FALSE(gauge.stalled_share(monotonic_ns() - 1'000'000));
    CHECK(gauge.stalled_share(monotonic_ns()).has_value() == told);
}

}  // namespace
}  // namespace parallax
