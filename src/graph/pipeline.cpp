#include "parallax/pipeline.h"

#include "graph/run.h"

namespace parallax {

std::expected<std::unique_ptr<Pipeline>, std::vector<Problem>> Pipeline::create(
    Graph graph, const Registry& registry, Options options) {
    if (graph.nodes().empty()) {
        return std::unexpected(std::vector<Problem>{
            {.kind = "empty", .text = "the pipeline is empty", .hint = "fakesrc ! fakesink"}});
    }
    Assembly assembly = assemble(graph, registry);
    if (!assembly.problems.empty()) return std::unexpected(std::move(assembly.problems));
    return std::make_unique<Pipeline>(
        std::make_unique<Run>(std::move(graph), std::move(assembly), registry, std::move(options)));
}

std::expected<std::unique_ptr<Pipeline>, std::vector<Problem>> Pipeline::from_text(
    std::string_view text, const Registry& registry, Options options) {
    LaunchNames names{.groups = std::vector<std::string>{}};
    for (const ResourceGroup::Options& group : options.groups) names.groups->push_back(group.name);
    auto graph = parse_launch(text, registry, names);
    if (!graph) return std::unexpected(std::move(graph).error());
    return create(*std::move(graph), registry, std::move(options));
}

Pipeline::Pipeline(std::unique_ptr<Run> run) : run_(std::move(run)) {}
Pipeline::~Pipeline() = default;

Result<> Pipeline::prepare() { return run_->prepare(); }
Result<> Pipeline::agree() { return run_->agree(); }
Result<> Pipeline::play() {
    PX_TRY(run_->prepare());
    return run_->play();
}
void Pipeline::pause() { run_->pause(); }
Pipeline::State Pipeline::state() const { return run_->state(); }
void Pipeline::stop() { run_->stop(); }
void Pipeline::flush() { run_->flush(); }
std::optional<Pipeline::Message> Pipeline::wait(std::chrono::nanoseconds patience) {
    return run_->wait(patience.count());
}

Result<> Pipeline::run() {
    PX_TRY(play());
    Result<> outcome;
    for (;;) {
        const auto message = wait(1'000'000'000);
        if (!message) continue;
        if (message->kind == Message::Kind::error && outcome) {
            outcome = fail(Errc::io, message->element + ": " + message->text, message->hint);
        }
        if (message->kind == Message::Kind::ended) return outcome;
    }
}

Result<> Pipeline::set_property(std::string_view element, std::string_view name,
                                std::string_view text) {
    return run_->set_property(element, name, text);
}
Result<> Pipeline::replace(std::string_view element) { return run_->replace(element); }
Result<PropertyValue> Pipeline::property(std::string_view element, std::string_view name) const {
    return run_->property(element, name);
}
Element* Pipeline::element(std::string_view name) { return run_->element(name); }
const Graph& Pipeline::graph() const { return run_->graph(); }
PlanReport Pipeline::plan() const { return run_->plan_report(); }
RunReport Pipeline::report() const { return run_->report(); }

}  // namespace parallax
