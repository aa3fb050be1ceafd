#include "graph/negotiate_links.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>

#include "graph/other_properties.h"
#include "graph/own_memory.h"
#include "graph/process_borders.h"
#include "media/remedy.h"

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

// What elements say of their pads. Converters of one kind with equal properties say the same: they
// share one transform, and the solver asks it once for all of them.
class Transforms {
  public:
    const PadTransform* of(const ElementRun& run, bool is_converter) {
        if (!is_converter) return &all_.emplace_back(*run.element, run.pads);
        auto properties = properties_of(run);
        for (const Shared& shared : shared_) {
            if (shared.factory == run.factory && shared.properties == properties) {
                return shared.transform;
            }
        }
        const PadTransform* made = &all_.emplace_back(*run.element, run.pads);
        shared_.push_back({run.factory, std::move(properties), made});
        return made;
    }

  private:
    using Properties = std::vector<std::optional<PropertyValue>>;
    struct Shared {
        std::string_view factory;
        Properties properties;
        const PadTransform* transform;
    };

    static Properties properties_of(const ElementRun& run) {
        Properties values;
        for (const PropertySpec& spec : run.element->properties()) {
            values.push_back(run.element->property(spec.name));
        }
        return values;
    }

    std::deque<ElementTransform> all_;  // Stay where they are; the nodes borrow.
    std::vector<Shared> shared_;
};

NegotiationNode node_of(const ElementRun& run, const Converters& converters,
                        Transforms& transforms) {
    NegotiationNode node{.name = run.name, .relation = relation_of(run.pads.relation)};
    const auto converter =
        std::ranges::find(converters.entries(), run.factory, &NegotiationConverter::name);
    const bool is_converter = converter != converters.entries().end();
    // Only what converts costs something; others must change what they change.
    node.wish = run.factory == "capsfilter";
    node.change_cost = is_converter ? converter->cost : 0;
    if (node.relation == PadRelation::transform) node.transform = transforms.of(run, is_converter);
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

std::expected<NegotiationSolution, Conflict> negotiate_links(const ToNegotiate& drawn,
                                                             const Converters& converters,
                                                             const Registry& registry) {
    const auto& [graph, elements, links] = drawn;
    Transforms transforms;
    NegotiationProblem problem;
    problem.nodes.reserve(elements.size());
    for (const ElementRun* run : elements) {
        problem.nodes.push_back(node_of(*run, converters, transforms));
    }
    const std::vector<ProcessBorders> borders = process_borders(graph, links, converters);
    for (std::size_t l = 0; l < links.size(); ++l) {
        const PlannedLink& link = links[l];
        problem.links.push_back({.from = link.from,
                                 .from_pad = elements[link.from]->output_pads[link.from_pad],
                                 .to = link.to,
                                 .to_pad = elements[link.to]->input_pads[link.to_pad],
                                 .borders = borders[l]});
    }
    keep_as_given(elements, links, problem);
    give_own_memory(elements, problem);
    problem.converters = converters.entries();
    problem.fan_out_percent = 50;
    auto solved = negotiate(problem);
    if (solved) return solved;
    Conflict& conflict = solved.error();
    OtherProperties others(registry, elements);
    add_remedy(problem, Converters::by_hand(registry).entries(), conflict,
               [&](std::size_t node) { return others.of(node, conflict); });
    if (conflict.crosses_process) {
        const NegotiationLink& link = problem.links[conflict.link];
        conflict.hint += (conflict.hint.empty() ? "run " : "; else run ") +
                         problem.nodes[link.from].name + " and " + problem.nodes[link.to].name +
                         " in one process: give both the same isolate";
    }
    return solved;
}

Error error_of(const Conflict& conflict) {
    Errc code = Errc::no_common_format;
    if (conflict.reason == ConflictReason::no_common_memory) code = Errc::no_common_memory;
    if (conflict.reason == ConflictReason::cycle) code = Errc::cycle;
    if (conflict.reason == ConflictReason::gave_up) code = Errc::gave_up;
    return {code, conflict.message(), conflict.hint, {}};
}

}  // namespace parallax
