#include "graph/negotiate_links.h"

#include <deque>
#include <utility>

namespace parallax {
namespace {

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
    if (node.relation == PadRelation::transform) {
        node.transform = &transforms.emplace_back(*run.element, run.pads);
    }
    for (const Pad& pad : run.pads.pads) {
        const bool src = pad.direction == PadDirection::src;
        node.pads.push_back(
            {pad.name, src ? PadSide::src : PadSide::sink, run.element->pad_caps(pad)});
    }
    return node;
}

// No converter on links into pads that want what was given, nor behind what only passes on to them.
void keep_as_given(const std::vector<const ElementRun*>& elements,
                   const std::vector<PlannedLink>& links, NegotiationProblem& problem) {
    std::vector<std::vector<std::size_t>> into(elements.size());
    std::vector<std::size_t> given;
    for (std::size_t l = 0; l < links.size(); ++l) {
        const ElementRun& to = *elements[links[l].to];
        into[links[l].to].push_back(l);
        if (to.pads.pads[to.input_pads[links[l].to_pad]].as_given) given.push_back(l);
    }
    while (!given.empty()) {
        const std::size_t l = given.back();
        given.pop_back();
        if (!std::exchange(problem.links[l].convertible, false)) continue;
        if (elements[links[l].from]->pads.relation != Relation::pass_through) continue;
        for (const std::size_t before : into[links[l].from]) given.push_back(before);
    }
}

}  // namespace

std::expected<NegotiationSolution, Conflict> negotiate_links(
    const std::vector<const ElementRun*>& elements, const std::vector<PlannedLink>& links,
    const Converters& converters) {
    std::deque<ElementTransform> transforms;  // Stays where it is; the nodes borrow.
    NegotiationProblem problem;
    for (const ElementRun* run : elements) {
        problem.nodes.push_back(node_of(*run, transforms));
        // Only what converts costs something; others must change what they change.
        problem.nodes.back().change_cost = 0;
        for (const NegotiationConverter& each : converters.entries()) {
            if (each.name == run->factory) problem.nodes.back().change_cost = each.cost;
        }
    }
    for (const PlannedLink& link : links) {
        problem.links.push_back({.from = link.from,
                                 .from_pad = elements[link.from]->output_pads[link.from_pad],
                                 .to = link.to,
                                 .to_pad = elements[link.to]->input_pads[link.to_pad]});
    }
    keep_as_given(elements, links, problem);
    problem.converters = converters.entries();
    problem.fan_out_percent = 50;
    return negotiate(problem);
}

Error error_of(const Conflict& conflict) {
    Errc code = Errc::no_common_format;
    if (conflict.reason == ConflictReason::no_common_memory) code = Errc::no_common_memory;
    if (conflict.reason == ConflictReason::cycle) code = Errc::cycle;
    if (conflict.reason == ConflictReason::gave_up) code = Errc::gave_up;
    return {code, conflict.message(), conflict.hint, {}};
}

}  // namespace parallax
