// A plan for people: as text, and as a graph that graphviz draws.
#pragma once

#include <string>

#include "parallax/report.h"

namespace parallax::app {

std::string plan_text(const PlanReport& plan);
std::string plan_dot(const PlanReport& plan);

}  // namespace parallax::app
