#include "graph/negotiate_links.h"

#include <deque>

namespace parallax {
namespace {

class ElementTransform final : public PadTransform {
  public:
    explicit ElementTransform(const ElementRun& run) : run_(run) {}

    Caps across(std::size_t from, const Caps& caps, std::size_t to) const override {
        if (caps.is_any()) return caps;  // Nothing known yet; the pads' own caps hold anyway.
        return run_.element->transform(run_.pads.pads[from], caps, run_.pads.pads[to]);
    }

  private:
    const ElementRun& run_;
};

PadRelation relation_of(Relation relation) {
    switch (relation) {
        case Relation::pass_through:
            return PadRelation::pass_through;
        case Relation::transform:
            return PadRelation::transform;
        case Relation::independent:
            break;
    }
    return PadRelation::independent;
}

NegotiationNode node_of(const ElementRun& run, std::deque<ElementTransform>& transforms) {
    NegotiationNode node{.name = run.name, .relation = relation_of(run.pads.relation)};
    if (node.relation == PadRelation::transform) node.transform = &transforms.emplace_back(run);
    for (const Pad& pad : run.pads.pads) {
        const bool src = pad.direction == PadDirection::src;
        node.pads.push_back(
            {pad.name, src ? PadSide::src : PadSide::sink, run.element->pad_caps(pad)});
    }
    return node;
}

}  // namespace

std::expected<void, Conflict> negotiate_links(const std::vector<const ElementRun*>& elements,
                                              std::vector<PlannedLink>& links) {
    std::deque<ElementTransform> transforms;  // Stays where it is; the nodes borrow.
    NegotiationProblem problem;
    for (const ElementRun* run : elements) problem.nodes.push_back(node_of(*run, transforms));
    for (const PlannedLink& link : links) {
        problem.links.push_back({.from = link.from,
                                 .from_pad = elements[link.from]->output_pads[link.from_pad],
                                 .to = link.to,
                                 .to_pad = elements[link.to]->input_pads[link.to_pad]});
    }
    auto solved = negotiate(problem);
    if (!solved) return std::unexpected(std::move(solved).error());
    for (std::size_t l = 0; l < links.size(); ++l) links[l].caps = solved->link_caps[l];
    return {};
}

Error error_of(const Conflict& conflict) {
    Errc code = Errc::no_common_format;
    if (conflict.reason == ConflictReason::no_common_memory) code = Errc::no_common_memory;
    if (conflict.reason == ConflictReason::cycle) code = Errc::cycle;
    return {code, conflict.message(), conflict.hint, {}};
}

}  // namespace parallax
