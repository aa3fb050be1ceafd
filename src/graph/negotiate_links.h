// negotiate_links: one format for every link of a graph of live elements.
//
// Elements say what their pads can have and how pads hang together; media's solver finds the
// formats. This is the bridge between the two.
// Threads: pure, given that the elements are not running.
#pragma once

#include <expected>
#include <vector>

#include "graph/element_run.h"
#include "graph/plan.h"
#include "media/negotiate.h"

namespace parallax {

// Fills `caps` of each link. The conflict names the elements that disagree, the field and both
// sides' values.
std::expected<void, Conflict> negotiate_links(const std::vector<const ElementRun*>& elements,
                                              std::vector<PlannedLink>& links);

Error error_of(const Conflict& conflict);

}  // namespace parallax
