// Run: a pipeline at work: its elements, plan, stages, channels and groups, and what happens at the
// end. Pipeline is the public face of it.
//
// Threads: see Pipeline. The StageHost members are called by stages.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <ranges>
#include <string>
#include <vector>

#include "exec/poller.h"
#include "graph/assemble.h"
#include "graph/bus.h"
#include "graph/converters.h"
#include "graph/opened_elsewhere.h"
#include "graph/plan.h"
#include "graph/remote_stages.h"
#include "graph/stage.h"
#include "parallax/pipeline.h"
#include "trace/telemetry.h"

namespace parallax {

class Run final : public StageHost {
  public:
    using State = Pipeline::State;

    // The registry is borrowed.
    Run(Graph graph, Assembly assembly, const Registry& registry, Pipeline::Options options);
    ~Run() override;

    Result<> prepare();
    Result<> agree();
    Result<> play();
    void pause();
    void stop();
    void flush();
    State state() const { return state_; }
    std::optional<Pipeline::Message> wait(std::int64_t timeout_ns);

    Result<> set_property(std::string_view element, std::string_view name, std::string_view text);
    Result<> replace(std::string_view element);
    Result<PropertyValue> property(std::string_view element, std::string_view name) const;
    Element* element(std::string_view name);

    const Graph& graph() const { return graph_; }
    PlanReport plan_report() const;
    RunReport report() const;

    void stage_ended() override;
    void stage_failed(const std::string& element, Error error) override;
    void remote_failed(const std::string& element, Error error) override;
    void remote_lost() override;
    void reconfigure_wanted() override;
    void flush_wanted() override;
    void watch(int fd, Actor& actor) override;
    void first_frame() override;

  private:
    Result<> open_elements();
    Result<> open(std::size_t element);
    Result<> negotiate();
    void adopt(ElementRun& run);
    Result<> insert(const NegotiationSolution& solution, const Converters& converters);
    Result<std::vector<Negotiated>> formats_of_links();
    Result<> configure_elements();
    Result<> configure();
    Result<> make_groups();
    Result<> build();
    Result<> build_arenas();
    std::vector<Stage::Step> chain_of(const PlannedStage& planned) const;
    Result<> begin_remote();
    Result<> build_channels();
    TraceRing* trace_ring(std::size_t stage);
    bool is_remote(std::size_t element) const;
    bool saves_elsewhere(std::size_t element) const;
    bool take_back(std::size_t element);
    bool runs_elsewhere(const ElementRun& run) const;
    Result<> set_remote(ElementRun& run, std::string_view name, std::string_view text);
    Neighbour& neighbour(std::size_t stage);
    const CommitRecord& record(std::size_t stage) const;
    void start();
    void resume();
    void cut_off();
    void quiesce(std::unique_lock<std::mutex>& lock);
    void take_down();
    void abandon();
    void after_last_stage();
    void bequeath_kept();
    Result<> restart();
    void finish();
    std::optional<Message> next_message(std::int64_t timeout_ns);
    void publish_look();
    std::uint32_t depth_of(std::size_t link) const;
    bool complete() const;
    auto local_stages() const {
        return stages_ | std::views::filter([](const auto& stage) { return stage != nullptr; }) |
               std::views::transform([](const auto& stage) -> Stage& { return *stage; });
    }
    void fail(const std::string& element, const Error& error);
    Failure fail_in(const std::string& element, Errc code, std::string text);
    static Failure fail_not_found(std::string_view element);
    ElementRun* find(std::string_view name) const;
    Stage* stage_of(const ElementRun& run) const;
    template <class T>
    Result<T> between_frames(ElementRun& run,
                             std::move_only_function<Result<T>(bool playing)> work) const;
    std::vector<ElementPlan> element_plans() const;
    std::vector<std::size_t> links_as_drawn() const;
    std::vector<ConverterPlan> converter_plans() const;
    std::string link_name(const PlannedLink& link) const;
    void place(Problem& problem, const std::vector<std::string>& names) const;
    ResourceGroup& group(const std::string& name) const;

    Graph graph_;  // Nodes only grow, by the converters put in; links are as drawn.
    const Registry& registry_;
    const Pipeline::Options options_;
    std::vector<std::unique_ptr<ElementRun>> elements_;
    std::vector<PlannedLink> links_;
    std::size_t drawn_links_;  // The first ones; others go on where something was put in.
    std::vector<ConverterPlan> converters_;
    std::vector<NotePlan> notes_;
    Plan plan_;
    RunClock clock_;
    Bus bus_;
    std::unique_ptr<Poller> poller_;
    std::vector<ElementPlan> planned_;  // As they were when it began to play.

    // Held by whoever makes, ends or looks through the stages, or touches an element that is in
    // none: the driving thread, and those that stop it, set a property or ask for one. Stages take
    // it only to stop the others, when they fail.
    mutable std::mutex control_;
    // Destroyed from the bottom up: threads first, then channels, which hold frames of stages.
    ArenaTable arenas_;  // All that frames of this run lie in, but the program's own.
    std::map<std::size_t, CarriedState> carried_;  // Of remote elements, between their lives.
    std::map<std::size_t, OpenedElsewhere*> opened_elsewhere_;  // In elements_.
    std::unique_ptr<Resting> resting_;                          // While the run agrees anew.
    std::unique_ptr<RemoteStages> remote_;            // Null where no stage lives elsewhere.
    std::vector<std::unique_ptr<Stage>> stages_;      // As planned; null where it lives elsewhere.
    std::vector<std::unique_ptr<Channel>> channels_;  // By link; null inside a stage.
    std::vector<std::unique_ptr<ResourceGroup>> groups_;
    struct Traced {
        std::unique_ptr<TraceRing> ring;
        std::uint64_t number = 0;  // In the trace.
    };
    std::vector<Traced> traced_;  // Of the stages that live here.

    std::atomic<State> state_{State::null};
    std::atomic<std::size_t> stages_running_{0};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> reconfigure_{false};
    std::atomic<std::uint64_t> flushes_{0};  // Asked for.
    std::uint64_t flushes_configured_ = 0;   // Of these, when formats were told last.
    std::atomic<bool> lost_{false};          // What waits for a remote stage waits for ever.
    bool agreed_ = false;
    bool built_ = false;
    std::atomic<std::int64_t> first_frame_ns_{0};  // After the start.
    std::int64_t negotiation_ns_ = 0;
    std::int64_t started_ns_ = 0;
    std::int64_t ended_ns_ = 0;
    std::int64_t cpu_start_ns_ = 0;

    mutable std::mutex mutex_;  // Guards what is below. Taken after control_ where both are.
    std::vector<Problem> errors_;
    std::vector<EventReport> events_;
    std::vector<std::uint32_t> high_water_;  // By link, of channels taken down.
    std::vector<std::uint64_t> queue_drops_;
};

}  // namespace parallax
