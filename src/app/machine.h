// What `parallax inspect machine` prints.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "exec/hardware_profile.h"

namespace parallax::app {

std::string machine_text(const HardwareProfile& machine);
// Numbers of CPUs as lists; what is not known or not limited is null.
std::string machine_json(const HardwareProfile& machine);

}  // namespace parallax::app
