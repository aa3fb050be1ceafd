#include "parallax/element.h"
#include "parallax/isolation.h"

namespace parallax {

void apply_delivery(Delivery delivery, SupervisorOptions& options) {
    options.poison_after = delivery == Delivery::exact ? 0 : 1;
    options.strict = options.strict || delivery == Delivery::exact;
}

Result<> check_exact(const Graph& graph, const Registry& registry, Pipeline& pipeline) {
    for (const Graph::Node& node : graph.nodes()) {
        const Element* element = pipeline.element(node.name);
        const Factory* factory = registry.find(node.factory);
        if (element == nullptr || factory == nullptr) continue;
        if (element->queue_shape().leaky != QueueShape::Leaky::no) {
            return fail(Errc::invalid_argument,
                        node.name +
                            " drops frames when it is full, and exact "
                            "delivery loses none",
                        "take leaky= from it, or say --delivery live");
        }
        const Pads pads = factory->pads();
        const bool elsewhere = node.isolate != "no" && !pads.local && !element->external();
        if (!elsewhere || pads.state != StateClass::opaque) continue;
        return fail(
            Errc::invalid_argument,
            node.name + " has state that dies with its process, and exact delivery needs it",
            "say isolate=no for it, or --delivery live");
    }
    return {};
}

}  // namespace parallax
