// parse_group: what --resource-group says.
//
// Threads: a pure function.
#pragma once

#include <string_view>

#include "parallax/group.h"
#include "parallax/result.h"

namespace parallax::app {

// NAME:cores=0-1,threads=2,policy=fifo:10,nice=0,near=DEVICE. Whether the machine has such cores,
// devices and policies is ResourceGroup::check()'s to say.
Result<ResourceGroup::Options> parse_group(std::string_view text);

}  // namespace parallax::app
