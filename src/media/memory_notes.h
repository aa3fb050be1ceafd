// memory_notes: what is to be said of where frames lie: copies that nobody asked for, and memory
// that both ends of a link could have had but for the process between them.
//
// Threads: pure functions.
#pragma once

#include <vector>

#include "media/modifiers.h"
#include "media/negotiate.h"

namespace parallax {

// Whether anybody knows memory that not every process could map, so that borders between processes
// matter at all.
bool speaks_of_memory(const NegotiationProblem& problem);

// By link; `variables` as in modifier_notes().
std::vector<NegotiationNote> memory_notes(const NegotiationProblem& problem,
                                          const LinksAlike& variables,
                                          const NegotiationSolution& solution);

// "memory:MemFd", "any memory" …
std::string memory_word(const Features& features);

}  // namespace parallax
