// launch_graph: from what a launch line says to the graph it means.
//
// Threads: pure functions.
#pragma once

#include <expected>
#include <string_view>
#include <vector>

#include "graph/launch_text.h"
#include "parallax/graph.h"
#include "parallax/report.h"

namespace parallax {

// The text must have been checked: references are resolved. Caps between `!` become capsfilters.
Graph graph_of(const LaunchText& launch);

Problem problem_of(const TextError& error);

}  // namespace parallax
