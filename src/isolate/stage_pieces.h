// stage_pieces: elements of a blueprint, made and configured as the run made and configured them.
//
// Threads: the caller's. Lifetime: counters and arenas outlive what is made.
#pragma once

#include <memory>

#include "graph/element_run.h"
#include "isolate/blueprint.h"

namespace parallax {

// The element with its properties set and its pads as they were linked.
Result<std::unique_ptr<ElementRun>> make_piece(const Blueprint::Piece& piece,
                                               const Registry& registry, ElementCounters& counters);

// In the place of an element that was given up: it is never called with a frame.
std::unique_ptr<ElementRun> make_stand_in(const Blueprint::Piece& piece, ElementCounters& counters);

// After open(): formats, and memory out of the `own` arenas, which are those of `arenas` that say
// so, in order.
Result<> configure_piece(const Blueprint::Piece& piece, const std::vector<CpuArena>& own,
                         const std::vector<Blueprint::Arena>& arenas, ElementRun& run);

}  // namespace parallax
