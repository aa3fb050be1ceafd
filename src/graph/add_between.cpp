#include "graph/add_between.h"

#include <utility>

#include <fmt/core.h>

namespace parallax {
namespace {

// Not one that somebody may have given.
std::string free_name(const Graph& graph, const std::string& factory) {
    for (int number = 0;; ++number) {
        std::string name = fmt::format("{}-auto{}", factory, number);
        if (graph.find(name) == nullptr) return name;
    }
}

std::unique_ptr<ElementRun> make_run(const Factory& factory, std::string name) {
    auto run = std::make_unique<ElementRun>();
    run->name = std::move(name);
    run->factory = factory.info.name;
    run->element = factory.make();
    run->pads = factory.pads();
    for (std::size_t p = 0; p < run->pads.pads.size(); ++p) {
        const bool sink = run->pads.pads[p].direction == PadDirection::sink;
        (sink ? run->input_pads : run->output_pads).push_back(p);
    }
    return run;
}

}  // namespace

Result<std::size_t> add_between(std::size_t link, const Factory& factory, Drawn drawn) {
    auto& [graph, elements, links] = drawn;
    const std::size_t added =
        graph.add(factory.info.name, {{"name", free_name(graph, factory.info.name)},
                                      {"group", graph.nodes()[links[link].from].group}});
    elements.push_back(make_run(factory, graph.nodes()[added].name));
    PX_TRY(elements.back()->element->open());
    PlannedLink after = links[link];
    after.from = added;
    after.from_pad = 0;
    links[link].to = added;
    links[link].to_pad = 0;
    links.push_back(std::move(after));
    return added;
}

Result<> add_relays(const Registry& registry, Drawn drawn) {
    const Factory* relay = registry.find("identity");
    if (relay == nullptr) return {};
    const std::size_t links = drawn.links.size();
    for (std::size_t l = 0; l < links; ++l) {
        const PlannedLink& link = drawn.links[l];
        const bool leaky =
            drawn.elements[link.to]->element->queue_shape().leaky != QueueShape::Leaky::no;
        if (!leaky || drawn.graph.nodes()[link.from].isolate == "no") continue;
        (void)PX_TRY(add_between(l, *relay, drawn));
    }
    return {};
}

}  // namespace parallax
