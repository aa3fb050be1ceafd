#include "graph/insert_converters.h"

#include <utility>

#include <fmt/core.h>

#include "graph/assemble.h"

namespace parallax {
namespace {

std::string shown(const Value* value) { return value ? to_string(*value) : "any"; }

// The first field in which the two differ.
std::string reason_of(const std::string& giver, const Structure& from, const std::string& taker,
                      const Structure& to) {
    const auto reason = [&](std::string_view field, const std::string& a, const std::string& b) {
        return fmt::format("{} gives {} {}, {} takes {}", giver, field, a, taker, b);
    };
    if (from.media_type() != to.media_type()) {
        return reason("media type", from.media_type(), to.media_type());
    }
    for (const Field& field : to.fields()) {
        const Value* given = from.find(field.name);
        if (given == nullptr || *given != field.value) {
            return reason(field.name, shown(given), to_string(field.value));
        }
    }
    for (const Field& field : from.fields()) {
        if (to.find(field.name) == nullptr) {
            return reason(field.name, to_string(field.value), "any other");
        }
    }
    return reason("memory", to_string(Caps(from)), to_string(Caps(to)));
}

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

Result<std::vector<ConverterPlan>> insert_converters(
    const NegotiationSolution& solution, const Converters& converters, Graph& graph,
    std::vector<std::unique_ptr<ElementRun>>& elements, std::vector<PlannedLink>& links) {
    const std::size_t drawn = links.size();
    std::vector<std::string> names;
    for (std::size_t l = 0; l < drawn; ++l) {
        links[l].caps = solution.link_caps[l];
        names.push_back(pad_name(*elements[links[l].from], PadDirection::src, links[l].from_pad) +
                        " -> " +
                        pad_name(*elements[links[l].to], PadDirection::sink, links[l].to_pad));
    }
    std::vector<ConverterPlan> plans;
    std::vector<std::size_t> tail(drawn);  // The last part of each link so far.
    for (std::size_t l = 0; l < drawn; ++l) tail[l] = l;
    for (const InsertedConverter& inserted : solution.inserted) {
        const Factory& factory = converters.factory(inserted.converter);
        const std::size_t before = tail[inserted.link];
        const ElementRun& giver = *elements[links[before].from];
        const std::size_t target = links[before].to;
        const std::size_t added =
            graph.add(factory.info.name, {{"name", free_name(graph, factory.info.name)},
                                          {"group", graph.nodes()[links[before].from].group}});
        plans.push_back(
            {.name = graph.nodes()[added].name,
             .factory = factory.info.name,
             .link = names[inserted.link],
             .reason = reason_of(giver.name, inserted.from, elements[target]->name, inserted.to),
             .cost = inserted.cost});
        elements.push_back(make_run(factory, graph.nodes()[added].name));
        PX_TRY(elements.back()->element->open());
        PlannedLink after = links[before];
        after.from = added;
        after.from_pad = 0;
        after.caps = inserted.to;
        links[before].to = added;
        links[before].to_pad = 0;
        tail[inserted.link] = links.size();
        links.push_back(std::move(after));
    }
    return plans;
}

}  // namespace parallax
