// Isolation by processes: what Pipeline::Options::isolation takes.
//
//     int main(int argc, char** argv) {
//         Registry registry;
//         add_builtin_elements(registry);
//         if (is_zygote(argc, argv)) return stage_zygote_main(argc, argv, registry);
//         auto isolation = PX_TRY(make_isolation({}));           // early, while the program is
//         small Pipeline::create(graph, registry, {.isolation = isolation.get()});
//
// Threads: begin() from the threads that drive pipelines; each run has a fork server of its own
// while others are at work. Lifetime: outlives the pipelines that borrow it.
#pragma once

#include <memory>

#include "graph/remote_stages.h"
#include "isolate/supervisor.h"
#include "parallax/pipeline.h"
#include "parallax/registry.h"

namespace parallax {

// Starts the fork server, so that what a fork costs does not grow with the program.
Result<std::unique_ptr<Isolation>> make_isolation(SupervisorOptions options);

// Sets `isolate` of every node whose name or factory matches one of the patterns (glob(7)), but for
// elements that stay in the program. Empty: of all.
void isolate_matching(Graph& graph, const Registry& registry,
                      const std::vector<std::string>& patterns, const std::string& group);

// What each isolated element of a pipeline that was made of the graph will be allowed; its grants
// are those that its properties name.
Result<std::vector<SandboxPlan>> sandbox_plan(const Graph& graph, const Registry& registry,
                                              Pipeline& pipeline, const SupervisorOptions& options);

// What the fork server's process runs; its elements are those of the registry.
int stage_zygote_main(int argc, char** argv, Registry& registry);

}  // namespace parallax
