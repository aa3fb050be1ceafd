// delivery: what becomes of frames across crashes, as one word.
//
//     apply_delivery(Delivery::exact, options);
//     PX_TRY(check_exact(graph, registry, pipeline));
//
// exact: every frame of the source comes out once, in order, or the run ends with an error.
// live:  the stream goes on as soon as it can; what is passed over is counted and leaves a gap.
//
// Threads: pure.
#pragma once

#include "isolate/supervisor.h"
#include "parallax/pipeline.h"
#include "parallax/registry.h"

namespace parallax {

enum class Delivery : std::uint8_t { exact, live };

// How often a frame that crashes an element is tried: again and again until the restarts are spent,
// or not again.
void apply_delivery(Delivery delivery, SupervisorOptions& options);

// Fails where the graph itself cannot promise it, and says what stands against it: an isolated
// element whose state dies with its process, or a queue that is told to drop.
Result<> check_exact(const Graph& graph, const Registry& registry, Pipeline& pipeline);

}  // namespace parallax
