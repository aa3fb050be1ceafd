#include "isolate/isolation.h"

#include <algorithm>
#include <mutex>

#include <fnmatch.h>

#include "isolate/grants.h"
#include "isolate/stage_process.h"

namespace parallax {
namespace {

class ProcessIsolation final : public Isolation {
  public:
    ProcessIsolation(SupervisorOptions options, std::unique_ptr<Zygote> zygote)
        : options_(std::move(options)), spare_(std::move(zygote)) {}

    Result<std::unique_ptr<RemoteStages>> begin(const RemoteSetup& setup) override {
        std::unique_ptr<Zygote> zygote;
        {
            const std::lock_guard lock(mutex_);
            zygote = std::move(spare_);
        }
        if (!zygote || !zygote->alive()) zygote = PX_TRY(Zygote::start());
        return make_supervisor(setup, std::move(zygote), options_);
    }

  private:
    const SupervisorOptions options_;
    std::mutex mutex_;
    std::unique_ptr<Zygote> spare_;  // Started early, for the first run.
};

class RegisteredStages final : public StageEntry {
  public:
    explicit RegisteredStages(Registry& registry) : registry_(registry) {}
    int run(StageStart start) override {
        if (start.fds.empty()) return 1;
        return run_stage_process({.control = ControlSocket(std::move(start.fds.front())),
                                  .registry = registry_,
                                  .lock_down = [&start] { return start.lock_down.now(); }});
    }

  private:
    Registry& registry_;
};

bool matches(const Graph::Node& node, const std::vector<std::string>& patterns) {
    if (patterns.empty()) return true;
    return std::ranges::any_of(patterns, [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), node.name.c_str(), 0) == 0 ||
               ::fnmatch(pattern.c_str(), node.factory.c_str(), 0) == 0;
    });
}

}  // namespace

Result<std::unique_ptr<Isolation>> make_isolation(SupervisorOptions options) {
    auto zygote = PX_TRY(Zygote::start());
    return std::make_unique<ProcessIsolation>(std::move(options), std::move(zygote));
}

void isolate_matching(Graph& graph, const Registry& registry,
                      const std::vector<std::string>& patterns, const std::string& group) {
    for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
        const Graph::Node& node = graph.nodes()[n];
        const Factory* factory = registry.find(node.factory);
        if (factory == nullptr || factory->pads().local || !matches(node, patterns)) continue;
        graph.isolate(n, group);
    }
}

Result<std::vector<SandboxPlan>> sandbox_plan(const Graph& graph, const Registry& registry,
                                              Pipeline& pipeline,
                                              const SupervisorOptions& options) {
    std::vector<SandboxPlan> plans;
    for (const Graph::Node& node : graph.nodes()) {
        const Element* element = pipeline.element(node.name);
        const Factory* factory = registry.find(node.factory);
        if (node.isolate == "no" || element == nullptr || factory == nullptr) continue;
        if (factory->pads().local || element->external()) continue;
        SandboxPolicy policy = options.sandbox;
        if (!node.sandbox.empty()) policy = PX_TRY(sandbox_policy(node.sandbox));
        PX_TRY(add_grants(*element, policy.grants));
        plans.push_back({.element = node.name,
                         .process = node.isolate,
                         .preset = std::string(to_string(policy.preset)),
                         .read_paths = policy.grants.read_paths,
                         .write_paths = policy.grants.write_paths,
                         .endpoints = policy.grants.endpoints,
                         .devices = policy.grants.device_paths,
                         .memory_max_bytes = options.sandbox.limits.memory_max_bytes.value_or(0),
                         .cpu_quota = options.sandbox.limits.cpu_quota.value_or(0),
                         .pids_max = options.sandbox.limits.pids_max});
    }
    return plans;
}

int stage_zygote_main(int argc, char** argv, Registry& registry) {
    RegisteredStages stages(registry);
    return zygote_main(argc, argv, stages);
}

}  // namespace parallax
