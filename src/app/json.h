// JSON of plans, reports, problems and elements, with the names that the contract fixes.
#pragma once

#include <string>
#include <vector>

#include "parallax/registry.h"
#include "parallax/report.h"

namespace parallax::app {

std::string report_json(const RunReport& report);
// `errors` instead of a plan when there are any.
std::string plan_json(const PlanReport& plan, const std::vector<Problem>& errors);
std::string elements_json(const Registry& registry);
std::string element_json(const Factory& factory);

}  // namespace parallax::app
