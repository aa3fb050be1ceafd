// negotiate: one format for every link of a graph, found for all links at once.
//
// Nodes say what their pads can have and how these hang together; the answer is one fixed format
// for each link, or the nodes that cannot agree. A converter is a name with a cost here; inserting
// them, and searching for the cheapest plan, comes behind this same interface.
//
//     const auto solved = negotiate(problem);
//     if (!solved) …solved.error().names, .field, .hint
//
// How: links that must carry the same format are one variable, whose domain is met once from all
// pads and filters on it. Transforms narrow the domains on their sides until nothing changes. Then
// each variable is fixed, in the order of the data, and what follows from it is narrowed again.
// Time is near-linear in links; explaining a conflict may take its square.
//
// Threads: a pure function, as far as the transforms are. Deterministic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/caps.h"

namespace parallax {

enum class PadSide : std::uint8_t { sink, src };

enum class PadRelation : std::uint8_t {
    independent,   // Each pad for itself.
    pass_through,  // All linked pads carry the same format.
    transform,     // PadTransform says what one pad's caps mean for another.
};

class PadTransform {
  public:
    virtual ~PadTransform() = default;
    // What pad `to` can have while pad `from` has `caps`. Asked both ways; must be monotone: for
    // less in, not more out.
    virtual Caps across(std::size_t from, const Caps& caps, std::size_t to) const = 0;
};

// Where a field is still open when it must be chosen: the value nearest to this one.
struct FieldPreference {
    std::string field;
    Value value;
};

struct NegotiationPad {
    std::string name;
    PadSide side = PadSide::sink;
    Caps caps = Caps::any();
};

struct NegotiationNode {
    std::string name;
    std::vector<NegotiationPad> pads = {};
    PadRelation relation = PadRelation::independent;
    const PadTransform* transform = nullptr;  // Borrowed; for PadRelation::transform.
    std::vector<FieldPreference> preferences = {};
};

struct NegotiationLink {
    std::size_t from = 0;  // Indices of nodes, and of pads in them.
    std::size_t from_pad = 0;
    std::size_t to = 0;
    std::size_t to_pad = 0;
    std::vector<Caps> filters = {};
};

struct NegotiationProblem {
    std::vector<NegotiationNode> nodes = {};
    std::vector<NegotiationLink> links = {};
    // What nodes did not say; 640x480 at 30/1, unless changed.
    std::vector<FieldPreference> defaults = usual_preferences();

    static std::vector<FieldPreference> usual_preferences();
};

struct InsertedConverter {
    std::size_t link = 0;
    std::string converter;
    Caps from;
    Caps to;
    std::uint32_t cost = 0;
};

struct NegotiationSolution {
    // Fixed, one for each link. Structure("ANY") where nobody cares: any bytes will do.
    std::vector<Structure> link_caps = {};
    std::vector<InsertedConverter> inserted = {};
};

enum class ConflictReason : std::uint8_t { no_common_format, no_common_memory, cycle };
std::string_view to_string(ConflictReason reason);  // "no-common-format" …

struct Conflict {
    ConflictReason reason = ConflictReason::no_common_format;
    // The nodes that cannot agree: without any one of them, the others could. Of a cycle: its
    // nodes in the order of the data.
    std::vector<std::string> names = {};
    std::vector<std::size_t> filters = {};  // Links whose filters take part in it.
    std::size_t link = 0;                   // Where it showed.
    Caps left = {};                         // What comes from upstream there …
    Caps right = {};                        // … and what was asked downstream.
    std::string field = {};                 // Where the two differ: "format"; may be empty.
    std::string hint = {};

    std::string message() const;  // One clause: "a and b have no format in common: …".
};

std::expected<NegotiationSolution, Conflict> negotiate(const NegotiationProblem& problem);

}  // namespace parallax
