#include "graph/converters.h"

#include <algorithm>
#include <utility>

namespace parallax {

Caps ElementTransform::across(std::size_t from, const Caps& caps, std::size_t to) const {
    if (caps.is_any()) return caps;  // Nothing known yet; the pads' own caps hold anyway.
    return element_.transform(pads_.pads[from], caps, pads_.pads[to]);
}

Converters::Converters(const Registry& registry) {
    for (const Factory* factory : registry.all()) {
        if (factory->info.converter) {
            add(*factory, factory->pads(), *factory->info.converter);
        }
    }
}

Converters Converters::by_hand(const Registry& registry) {
    constexpr ConverterPrice same{.cost = 1000, .cost_per_mib = 0};
    Converters all;
    for (const Factory* factory : registry.all()) {
        Pads pads = factory->pads();
        const bool one_each = pads.pads.size() == 2 &&
                              pads.pads[0].direction != pads.pads[1].direction &&
                              std::ranges::none_of(pads.pads, &Pad::is_request);
        const bool changes = pads.relation == Relation::transform;
        if (one_each && changes && !factory->info.converter) {
            all.add(*factory, std::move(pads), same);
        }
    }
    return all;
}

void Converters::add(const Factory& factory, Pads pads, const ConverterPrice& price) {
    Made& made = made_.emplace_back(Made{&factory, factory.make(), std::move(pads), nullptr});
    std::ranges::sort(made.pads.pads, {}, &Pad::direction);  // One sink, one src: no ties.
    made.transform = std::make_unique<ElementTransform>(*made.element, made.pads);
    entries_.push_back({.name = factory.info.name,
                        .sink = made.element->pad_caps(made.pads.pads.front()),
                        .src = made.element->pad_caps(made.pads.pads.back()),
                        .transform = made.transform.get(),
                        .cost = price.cost,
                        .cost_per_mib = price.cost_per_mib});
}

}  // namespace parallax
