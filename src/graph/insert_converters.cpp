#include "graph/insert_converters.h"

#include <fmt/core.h>

#include "graph/assemble.h"
#include "media/memory_notes.h"

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
    return fmt::format("{} gives {}, {} takes {}", giver, memory_word(from.features()), taker,
                       memory_word(to.features()));
}

}  // namespace

Result<std::vector<ConverterPlan>> insert_converters(const NegotiationSolution& solution,
                                                     const Converters& converters, Drawn drawn) {
    auto& [graph, elements, links] = drawn;
    const std::size_t before_all = links.size();
    std::vector<std::string> names;
    for (std::size_t l = 0; l < before_all; ++l) {
        links[l].caps = solution.link_caps[l];
        names.push_back(pad_name(*elements[links[l].from], PadDirection::src, links[l].from_pad) +
                        " -> " +
                        pad_name(*elements[links[l].to], PadDirection::sink, links[l].to_pad));
    }
    std::vector<ConverterPlan> plans;
    std::vector<std::size_t> tail(before_all);  // The last part of each link so far.
    for (std::size_t l = 0; l < before_all; ++l) tail[l] = l;
    for (const InsertedConverter& inserted : solution.inserted) {
        const Factory& factory = converters.factory(inserted.converter);
        const std::size_t before = tail[inserted.link];
        const ElementRun& giver = *elements[links[before].from];
        const std::size_t target = links[before].to;
        tail[inserted.link] = links.size();
        const std::size_t added = PX_TRY(add_between(before, factory, drawn));
        links.back().caps = inserted.to;
        graph.isolate(added,
                      graph.isolation_of_added(graph.nodes()[added].name, factory.info.name));
        plans.push_back(
            {.name = graph.nodes()[added].name,
             .factory = factory.info.name,
             .link = names[inserted.link],
             .reason = reason_of(giver.name, inserted.from, elements[target]->name, inserted.to),
             .cost = inserted.cost});
    }
    return plans;
}

}  // namespace parallax
