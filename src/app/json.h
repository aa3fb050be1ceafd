// JSON of elements, with the names that the contract fixes; that of reports: parallax/report.h.
#pragma once

#include <string>

#include "parallax/registry.h"

namespace parallax::app {

std::string elements_json(const Registry& registry);
std::string element_json(const Factory& factory);

}  // namespace parallax::app
