// PressureGauge: how much of the time somebody stood still for want of memory.
//
// The kernel adds up such time (PSI: Documentation/accounting/psi.rst of Linux); between two looks
// it is exact, where the averages beside it still tell of what is over. The kernel brings its sum
// up to date every two seconds, so that to look more often tells nothing.
//
// Threads: one at a time. Lifetime: a plain value; no descriptor stays open.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace parallax {

class PressureGauge {
  public:
    static constexpr const char* kWholeMachine = "/proc/pressure/memory";

    // A file of this kind: the machine's, or memory.pressure of a cgroup.
    explicit PressureGauge(std::string file = kWholeMachine) : file_(std::move(file)) {}

    // 0 … 1, since the last look. Nothing at the first look, and where the kernel tells nothing.
    std::optional<double> stalled_share(std::int64_t now_ns);

  private:
    struct Look {
        std::int64_t at_ns = 0;
        std::uint64_t stalled_us = 0;
    };
    std::string file_;
    std::optional<Look> last_;
};

}  // namespace parallax
