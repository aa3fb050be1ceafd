#include "graph/stage_track.h"

#include <unistd.h>

namespace parallax {

// Links are numbered as in the plan; inputs and outputs of a stage are added in that order.
Trace::StageTrack stage_track(const Plan& plan, std::size_t stage,
                              const std::vector<std::unique_ptr<ElementRun>>& elements) {
    Trace::StageTrack track{
        .pid = ::getpid(), .process = "parallax", .elements = {}, .inputs = {}, .outputs = {}};
    for (const std::size_t element : plan.stages[stage].elements) {
        track.elements.push_back(elements[element]->name);
    }
    for (std::size_t l = 0; l < plan.links.size(); ++l) {
        const PlannedLink& link = plan.links[l];
        if (!link.channel) continue;
        if (link.from_stage == stage) track.outputs.push_back(l);
        if (link.to_stage == stage) track.inputs.push_back(l);
    }
    return track;
}

}  // namespace parallax
