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

// The same element after a rest: in what it was, counted where `counters` are.
Result<std::unique_ptr<ElementRun>> renew_piece(const Blueprint::Piece& piece,
                                                std::unique_ptr<ElementRun> rested,
                                                ElementCounters& counters);

// Before a stage ends whose elements go on: the frames that they keep take their memory along.
void leave(Stage& stage, const std::vector<std::unique_ptr<ElementRun>>& runs, ArenaTable& arenas);

// After open(): formats, unless it has them already, and memory out of the `own` arenas, which are
// those of `arenas` that say so, in order.
Result<> configure_piece(const Blueprint::Piece& piece, const std::vector<CpuArena>& own,
                         const std::vector<Blueprint::Arena>& arenas, ElementRun& run);

}  // namespace parallax
