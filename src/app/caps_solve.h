// caps solve: an abstract negotiation as JSON, for debugging and for tests.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "parallax/result.h"

namespace parallax::app {

// Takes
// {"nodes":[{"name","kind","formats"}],"links":[["a","b"]],"converters":[{"from","to","cost"}]} and
// answers {"sat","cost","nodes","inserted","conflict"} on one line. Fails on what is no such
// problem, naming the place.
Result<std::string> solve_json(std::string_view text);

}  // namespace parallax::app
