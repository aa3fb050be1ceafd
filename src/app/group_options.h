// parse_group: what --resource-group says.
//
// Threads: a pure function.
#pragma once

#include <string_view>

#include "parallax/group.h"
#include "parallax/result.h"

namespace parallax::app {

// NAME:cores=0-1,threads=2,policy=fifo:10,nice=0. Errc::lacking for what is not built.
Result<ResourceGroup::Options> parse_group(std::string_view text);

}  // namespace parallax::app
