#include "parallax/isolation.h"

#include <algorithm>
#include <array>
#include <mutex>

#include "isolate/element_terms.h"
#include "isolate/opening.h"
#include "isolate/plugin_trial.h"
#include "isolate/resting.h"
#include "isolate/stage_process.h"
#include "isolate/supervisor.h"

namespace parallax {
namespace {

Result<std::unique_ptr<Zygote>> start_zygote(const SupervisorOptions& options) {
    if (options.stage_host.empty()) return Zygote::start();
    return Zygote::start({.program = options.stage_host});
}

class ProcessIsolation final : public Isolation {
  public:
    ProcessIsolation(SupervisorOptions options, std::unique_ptr<Zygote> zygote)
        : options_(std::move(options)), spare_(std::move(zygote)) {}

    Result<std::unique_ptr<RemoteStages>> begin(const RemoteSetup& setup) override {
        std::unique_ptr<Zygote> zygote;
        // Only a supervisor of ours lets processes rest. They die with their fork server.
        if (auto* resting = static_cast<RestingProcesses*>(setup.resting)) {
            zygote = std::move(resting->zygote);
            if (!zygote || !zygote->alive()) resting->processes.clear();
        } else {
            const std::lock_guard lock(mutex_);
            zygote = std::move(spare_);
        }
        if (!zygote || !zygote->alive()) zygote = PX_TRY(start_zygote(options_));
        return make_supervisor(setup, std::move(zygote), options_);
    }

    Result<OpenedElsewhere*> open_elsewhere(ElementRun& run, const Graph::Node& node,
                                            const Registry& registry) override {
        OpeningSetup setup{.node = node,
                           .run = run,
                           .registry = registry,
                           .sandbox = options_.sandbox,
                           .zygote = [this] { return spare(); }};
        if (options_.frame_deadline.count() > 0)
            setup.patience_ns = options_.frame_deadline.count();
        std::unique_ptr<OpenedElsewhere> opening = make_opening(std::move(run.element), setup);
        OpenedElsewhere* made = opening.get();
        run.element = std::move(opening);
        return made;
    }

  private:
    Result<Zygote*> spare() {
        const std::lock_guard lock(mutex_);
        if (!spare_ || !spare_->alive()) spare_ = PX_TRY(start_zygote(options_));
        return spare_.get();
    }

    const SupervisorOptions options_;
    std::mutex mutex_;
    std::unique_ptr<Zygote> spare_;  // Started early, for the first run.
};

class RegisteredStages final : public StageEntry {
  public:
    explicit RegisteredStages(Registry& registry) : registry_(registry) {}
    int run(StageStart start) override {
        if (start.entry == kPluginTrialEntry) return run_plugin_trial(std::move(start));
        if (start.entry == kOpeningEntry) return run_opening(std::move(start), registry_);
        if (start.fds.empty()) return 1;
        return run_stage_process({.sockets = std::move(start.fds),
                                  .registry = registry_,
                                  .lock_down = [&start] { return start.lock_down.now(); }});
    }

  private:
    Registry& registry_;
};

}  // namespace

Result<std::unique_ptr<Isolation>> make_isolation(SupervisorOptions options) {
    auto zygote = PX_TRY(start_zygote(options));
    return std::make_unique<ProcessIsolation>(std::move(options), std::move(zygote));
}

void isolate_matching(Graph& graph, const Registry& registry,
                      const std::vector<std::string>& patterns, const std::string& group) {
    for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
        const Graph::Node& node = graph.nodes()[n];
        const Factory* factory = registry.find(node.factory);
        if (factory == nullptr || factory->pads().local) continue;
        if (!fits_any(patterns, node.name, node.factory)) continue;
        graph.isolate(n, group);
    }
    graph.isolate_added(patterns, group);
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
        const std::array<Confined, 1> confined{{{&node, element}}};
        const SandboxPolicy policy = PX_TRY(policy_of(confined, registry, options.sandbox));
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

std::optional<int> stage_main_if_requested(int argc, char** argv, Registry& registry) {
    if (!is_zygote(argc, argv)) return std::nullopt;
    RegisteredStages stages(registry);
    return zygote_main(argc, argv, stages);
}

void place(const ExecutionMode& mode, const Registry& registry, Graph& graph) {
    for (std::size_t n = 0; n < graph.nodes().size(); ++n) graph.isolate(n, "no");
    graph.isolate_added({}, "no");
    if (std::holds_alternative<ExecutionMode::Isolated>(mode.what())) {
        isolate_matching(graph, registry, {}, "process");
    }
    const auto* grouped = std::get_if<ExecutionMode::Grouped>(&mode.what());
    if (grouped == nullptr) return;
    if (!grouped->patterns.empty()) {
        isolate_matching(graph, registry, grouped->patterns, "process");
    }
    for (const auto& [pattern, id] : grouped->groups) {
        const auto number = std::to_string(static_cast<std::uint32_t>(id));
        isolate_matching(graph, registry, {pattern},
                         id == GroupId::supervisor ? "no" : "group" + number);
    }
}

Result<RunReport> run_with_mode(Graph graph, const Registry& registry, const ExecutionMode& mode,
                                SupervisorOptions options) {
    place(mode, registry, graph);
    if (const auto* each = std::get_if<ExecutionMode::Isolated>(&mode.what())) {
        options.sandbox = each->sandbox;
    }
    if (const auto* some = std::get_if<ExecutionMode::Grouped>(&mode.what())) {
        options.sandbox = some->sandbox;
    }
    std::unique_ptr<Isolation> isolation;
    if (graph.may_isolate()) isolation = PX_TRY(make_isolation(std::move(options)));
    auto pipeline = Pipeline::create(std::move(graph), registry, {.isolation = isolation.get()});
    if (!pipeline) {
        const Problem& first = pipeline.error().front();
        return fail(Errc::invalid_argument, to_string(first), first.hint);
    }
    PX_TRY((*pipeline)->run());
    return (*pipeline)->report();
}

}  // namespace parallax
