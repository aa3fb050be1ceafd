// Modifiers: what becomes of the layouts that devices have of their own, where one end of a link
// does not mention any.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

// Links that carry the same, each list one variable.
using LinksAlike = std::vector<std::vector<std::size_t>>;

bool mentions_modifiers(const NegotiationProblem& problem);

// Lets those who mention modifiers prefer linear to others of what is else the same, where somebody
// on the same variable says what he takes and mentions none.
void prefer_linear(NegotiationProblem& problem, const LinksAlike& variables);

// What was taken on links where one end mentions none; their caps are fixed. `variables`: links
// that carry the same.
std::vector<NegotiationNote> modifier_notes(const NegotiationProblem& problem,
                                            const LinksAlike& variables,
                                            const std::vector<Structure>& link_caps);

}  // namespace parallax
