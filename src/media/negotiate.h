// negotiate: one format for every link of a graph, found for all links at once.
//
// Nodes say what their pads can have and how these hang together; the answer is one fixed format
// for each link and the converters to put in, or the nodes that cannot agree. A converter is a name
// with a price here; the graph makes an element of it.
//
//     const auto solved = negotiate(problem);
//     if (!solved) …solved.error().names, .field, .hint
//
// How: narrow all sets until they fit together (solver.h), cut what is left into the kinds of
// formats that somebody tells apart (atoms.h), find the cheapest of them for all links at once
// (assign.h), and fix what that leaves open. Where the sets do not fit together, the same again
// with a bridge on each link, which costs what the cheapest converters from one kind to the other
// cost (bridge.h). Time is near-linear in links.
//
// Threads: a pure function, as far as the transforms are. Deterministic.
#pragma once

#include <compare>
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
    // Whether the first alternative of across() is what it makes unless it is asked for something
    // else; that costs nothing. Otherwise it is what went in.
    virtual bool first_is_natural() const { return false; }
};

// What adds to a plan's price: see assign.h.
using NegotiationPrice = std::uint64_t;

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
    bool wish = false;                 // Its caps are what a person wrote, who may write others.
    NegotiationPrice change_cost = 1;  // Of a transform whose output differs from its input.
    std::vector<FieldPreference> preferences = {};
};

// It changes formats, at a price.
inline bool is_priced(const NegotiationNode& node) {
    return node.relation == PadRelation::transform && node.change_cost > 0;
}

// Where frames go from one process to another, and so lie where both can map them.
struct ProcessBorders {
    bool on_link = false;           // While nothing is put in: the two ends of the link.
    bool before_converter = false;  // From where the link comes to what is put in …
    bool behind_converter = false;  // … from there to where it goes, and between two put in.
    bool any() const { return on_link || before_converter || behind_converter; }
    auto operator<=>(const ProcessBorders&) const = default;
};

struct NegotiationLink {
    std::size_t from = 0;  // Indices of nodes, and of pads in them.
    std::size_t from_pad = 0;
    std::size_t to = 0;
    std::size_t to_pad = 0;
    std::vector<Caps> filters = {};
    bool convertible = true;  // Converters may be put in, before the filters.
    ProcessBorders borders = {};
};

// Something that could be put into a link.
struct NegotiationConverter {
    std::string name;
    Caps sink = Caps::any();
    Caps src = Caps::any();
    // From pad 0 to pad 1 and back. Without one: anything in `sink` becomes anything in `src`.
    const PadTransform* transform = nullptr;  // Borrowed.
    NegotiationPrice cost = 1;
    NegotiationPrice cost_per_mib = 0;  // For each MiB of the larger side that passes in a second.
    // How fast it is with these, if that is known: 1 for each millisecond of work in a second.
    std::uint64_t bytes_per_second = 0;
};

struct NegotiationProblem {
    std::vector<NegotiationNode> nodes = {};
    std::vector<NegotiationLink> links = {};
    // What nodes did not say; 640x480 at 30/1, unless changed.
    std::vector<FieldPreference> defaults = usual_preferences();

    std::vector<NegotiationConverter> converters = {};
    // Off: converters are also put in where the graph's own would do at a higher price.
    bool insert_only_if_needed = true;
    // What a converter that is put in costs more for each further way by which its output reaches
    // an end, so that no branch is converted only because another wants it.
    std::uint32_t fan_out_percent = 0;

    static std::vector<FieldPreference> usual_preferences();
};

struct InsertedConverter {
    std::size_t link = 0;
    std::size_t converter = 0;  // Index into the problem's.
    Structure from{"ANY"};
    Structure to{"ANY"};
    NegotiationPrice cost = 0;
};

// What was decided on a link that nobody asked for.
struct NegotiationNote {
    std::size_t link = 0;
    std::string text;
};

struct NegotiationSolution {
    // Fixed, one for each link: what enters it. What leaves it is another where converters are
    // put in. Structure("ANY") where nobody cares: any bytes will do.
    std::vector<Structure> link_caps = {};
    std::vector<InsertedConverter> inserted = {};  // By link; in the order of the data.
    NegotiationPrice cost = 0;
    std::vector<NegotiationNote> notes = {};  // By link.
};

enum class ConflictReason : std::uint8_t { no_common_format, no_common_memory, cycle, gave_up };
std::string_view to_string(ConflictReason reason);  // "no-common-format" …

struct Conflict {
    ConflictReason reason = ConflictReason::no_common_format;
    // The nodes that cannot agree: without any one of them, the others could. Of a cycle: its
    // nodes. In the order of the data.
    std::vector<std::string> names = {};
    std::vector<std::size_t> nodes = {};    // The same as indices.
    std::vector<std::size_t> filters = {};  // Links whose filters take part in it.
    std::size_t link = 0;                   // Where it showed.
    bool crosses_process = false;           // No other process can map what comes from upstream.
    Caps left = {};                         // What comes from upstream there …
    Caps right = {};                        // … and what was asked downstream.
    std::string field = {};                 // Where the two differ: "format"; may be empty.
    std::string hint = {};                  // See remedy.h; of a cycle always there.
    std::string limit = {};                 // Of gave_up: what there was too much of.
    // Nodes from the first of `names` to the last, by which what one says reaches the other.
    std::vector<std::string> path = {};

    std::string message() const;  // One clause: "a and b have no format in common: …".
};

std::expected<NegotiationSolution, Conflict> negotiate(const NegotiationProblem& problem);

}  // namespace parallax
