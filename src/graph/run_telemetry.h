// samples_of: a report as the samples that a telemetry hub publishes.
//
// Threads: a pure function.
#pragma once

#include <vector>

#include "parallax/report.h"
#include "trace/telemetry.h"

namespace parallax {

// One an element, in the report's order.
std::vector<TelemetrySample> samples_of(const RunReport& report);

}  // namespace parallax
