#include "graph/converters.h"

#include <algorithm>

namespace parallax {

Caps ElementTransform::across(std::size_t from, const Caps& caps, std::size_t to) const {
    if (caps.is_any()) return caps;  // Nothing known yet; the pads' own caps hold anyway.
    return element_.transform(pads_.pads[from], caps, pads_.pads[to]);
}

Converters::Converters(const Registry& registry) {
    for (const Factory* factory : registry.all()) {
        if (!factory->info.converter) continue;
        Made& made = made_.emplace_back(Made{factory, factory->make(), factory->pads(), nullptr});
        std::ranges::sort(made.pads.pads, {}, &Pad::direction);  // One sink, one src: no ties.
        made.transform = std::make_unique<ElementTransform>(*made.element, made.pads);
        entries_.push_back({.name = factory->info.name,
                            .sink = made.element->pad_caps(made.pads.pads.front()),
                            .src = made.element->pad_caps(made.pads.pads.back()),
                            .transform = made.transform.get(),
                            .cost = factory->info.converter->cost,
                            .cost_per_mib = factory->info.converter->cost_per_mib});
    }
}

}  // namespace parallax
