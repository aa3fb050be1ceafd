// remedy: what would mend a conflict, found by trying it. A hint that does not help costs more than
// none.
//
// Threads: pure functions, as far as the transforms are.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "media/negotiate.h"

namespace parallax {

// A node as it would be with another value of one of its properties.
struct PropertyChange {
    std::string text;                         // "set tone=gamma of isp"
    std::vector<Caps> pads;                   // As the node's.
    const PadTransform* transform = nullptr;  // Borrowed; without one the node's own.
};
// Those of a node that are worth trying.
using PropertyChanges = std::function<std::vector<PropertyChange>(std::size_t node)>;

// Fills `conflict.hint` with the cheapest single change after which the problem has an answer: one
// of `offers` put between two nodes (elements that negotiation does not put in by itself), else
// other words in what a person wrote, else another value of a property of one of those who
// disagree. Where nothing of it helps, it says what nobody can do, or nothing. `field` and `reason`
// then tell of what the change is about. Bounded in work: where very many disagree, less is tried.
void add_remedy(const NegotiationProblem& problem, const std::vector<NegotiationConverter>& offers,
                Conflict& conflict, const PropertyChanges& properties = {});

}  // namespace parallax
