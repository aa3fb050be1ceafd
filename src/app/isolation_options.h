// isolation_options: what the command line says of processes, as values.
//
// Threads: pure but for reading a policy file.
#pragma once

#include "app/options.h"
#include "parallax/graph.h"
#include "parallax/isolation.h"

namespace parallax::app {

Result<SupervisorOptions> supervisor_options(const Options& options);

// --isolated and --grouped, onto the nodes they match.
Result<> apply_isolation(const Options& options, const Registry& registry, Graph& graph);

}  // namespace parallax::app
