#include "graph/run.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <future>
#include <thread>

#include "base/check.h"

namespace parallax {

Run::Run(Graph graph, Assembly assembly, const Registry& registry, Pipeline::Options options)
    : graph_(std::move(graph)),
      registry_(registry),
      options_(std::move(options)),
      elements_(std::move(assembly.elements)),
      links_(std::move(assembly.links)),
      high_water_(links_.size()),
      queue_drops_(links_.size()) {
    for (auto& run : elements_) adopt(*run);
}

void Run::adopt(ElementRun& run) {
    run.bus = &bus_;
    run.clock = &clock_;
    run.inputs.resize(run.input_pads.size());
    run.drafts.resize(run.output_pads.size());
}

Run::~Run() {
    for (auto& group : groups_) group->stop();
    poller_.reset();
    take_down();
    if (built_ && state_ != State::ended) {
        for (auto& run : elements_) (void)run->element->finish(false);
    }
}

// --- To Ready.

Result<> Run::prepare() {
    if (state_ != State::null) return {};
    PX_TRY(make_groups());
    PX_TRY(open_elements());
    PX_TRY(negotiate());
    PX_TRY(configure());
    state_ = State::ready;
    return {};
}

// --- To Playing.

Result<> Run::play() {
    if (state_ == State::playing) return {};
    if (state_ == State::ended) {
        return parallax::fail(Errc::invalid_argument, "the pipeline has ended", "make another one");
    }
    if (state_ == State::paused) {
        clock_.resume();
        state_ = State::playing;
        for (auto& stage : stages_) stage->notify();
        return {};
    }
    PX_CHECK(state_ == State::ready);
    if (!poller_) poller_ = PX_TRY(Poller::create());
    PX_TRY(build());
    built_ = true;
    clock_.start();
    started_ns_ = monotonic_ns();
    timespec cpu{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
    cpu_start_ns_ = cpu.tv_sec * 1'000'000'000 + cpu.tv_nsec;
    state_ = State::playing;
    start();
    return {};
}

void Run::start() {
    stages_running_ = stages_.size();
    for (auto& stage : stages_) {
        for (const Stage::Step& step : stage->chain()) {
            step.run->element->set_waker([raw = stage.get()] { raw->notify(); });
        }
    }
    for (auto& stage : stages_) {
        if (stopping_) stage->request_stop();
        stage->notify();
    }
}

void Run::pause() {
    if (state_ != State::playing) return;
    clock_.pause();
    state_ = State::paused;
}

void Run::stop() {
    stopping_ = true;
    for (auto& stage : stages_) {
        stage->request_stop();
        stage->notify();
    }
}

// --- What stages say; on their threads.

void Run::stage_ended() {
    if (stages_running_.fetch_sub(1) == 1) bus_.post({.kind = Message::Kind::ended});
}

void Run::stage_failed(const std::string& element, Error error) {
    fail(element, error);
    stop();
}

void Run::reconfigure_wanted() {
    reconfigure_ = true;
    for (auto& stage : stages_) {
        stage->request_reconfigure();
        stage->notify();
    }
}

// The earliest frame that came out of the far end of any branch.
void Run::first_frame() {
    std::int64_t none = 0;
    first_frame_ns_.compare_exchange_strong(none, monotonic_ns() - started_ns_);
}

void Run::watch(int fd, Actor& actor) { poller_->watch(fd, actor); }

void Run::fail(const std::string& element, const Error& error) {
    {
        const std::lock_guard lock(mutex_);
        errors_.push_back(problem_of(error, element));
    }
    bus_.post({.kind = Message::Kind::error,
               .severity = Severity::error,
               .element = element,
               .text = to_string(error),
               .error = error,
               .time_ns = clock_.running_time_ns()});
}

// --- Messages and the end; on the driving thread.

std::optional<Pipeline::Message> Run::wait(std::int64_t timeout_ns) {
    if (state_ == State::ended && stages_.empty()) timeout_ns = 0;
    std::optional<Message> message = bus_.wait(timeout_ns);
    if (!message) return std::nullopt;
    if (message->kind == Message::Kind::ended) {
        if (state_ == State::ended)
            return Pipeline::Message{.kind = Pipeline::Message::Kind::ended};
        quiesce();
        if (reconfigure_.exchange(false) && !stopping_) {
            if (restart()) return wait(0);
        }
        finish();
        bus_.post({.kind = Message::Kind::ended});  // After what went wrong just now.
        return wait(0);
    }
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() < 1000) {
            events_.push_back({.t_ms = static_cast<double>(message->time_ns) / 1e6,
                               .element = message->element,
                               .kind = message->error ? "error" : "message",
                               .text = message->text});
        }
    }
    return Pipeline::Message{
        .kind = message->error ? Pipeline::Message::Kind::error : Pipeline::Message::Kind::text,
        .severity = message->severity,
        .element = message->element,
        .text = message->text,
        .hint = message->error ? message->error->hint : std::string()};
}

// All stages have ended; lets the last steps run out, so that nobody touches them any more.
void Run::quiesce() {
    for (auto& stage : stages_) {
        while (!stage->idle()) std::this_thread::yield();
    }
    for (auto& stage : stages_) {
        for (auto& group : groups_) group->forget(*stage);
    }
    take_down();
}

void Run::take_down() {
    const std::lock_guard lock(mutex_);
    for (std::size_t l = 0; l < channels_.size(); ++l) {
        if (!channels_[l]) continue;
        const Channel::Counters counters = channels_[l]->counters();
        high_water_[l] = std::max(high_water_[l], counters.high_water);
        queue_drops_[l] += counters.dropped;
    }
    for (auto& run : elements_) {
        run->element->set_waker([] {});
        run->outputs.clear();
        run->clear_call();
    }
    channels_.clear();
    stages_.clear();
}

// A source changed its format: everything has drained, the rest is as at the start.
Result<> Run::restart() {
    PX_TRY(negotiate());
    PX_TRY(configure());
    Result<> built = build();
    if (!built) {
        fail("", built.error());
        return built;
    }
    start();
    return {};
}

void Run::finish() {
    bool complete = true;
    {
        const std::lock_guard lock(mutex_);
        complete = errors_.empty();
    }
    for (auto& run : elements_) {
        if (Result<> finished = run->element->finish(complete); !finished) {
            fail(run->name, finished.error());
        }
    }
    ended_ns_ = monotonic_ns();
    state_ = State::ended;
}

// --- Properties.

ElementRun* Run::find(std::string_view name) const {
    const auto found =
        std::ranges::find(elements_, name, [](const auto& run) { return run->name; });
    return found == elements_.end() ? nullptr : found->get();
}

Element* Run::element(std::string_view name) {
    ElementRun* run = find(name);
    return run == nullptr ? nullptr : run->element.get();
}

Stage* Run::stage_of(const ElementRun& run) const {
    for (const auto& stage : stages_) {
        for (const Stage::Step& step : stage->chain()) {
            if (step.run == &run) return stage.get();
        }
    }
    return nullptr;
}

Result<> Run::set_property(std::string_view element, std::string_view name, std::string_view text) {
    ElementRun* run = find(element);
    if (run == nullptr) return fail_not_found(element);
    Stage* stage = stage_of(*run);
    if (stage == nullptr || stage->ended()) return run->element->set_property(name, text);
    for (const PropertySpec& spec : run->element->properties()) {
        if (spec.name != name || spec.detail.live) continue;
        return parallax::fail(Errc::invalid_argument,
                              std::string(name) + " may not change any more",
                              "set it before play()");
    }
    const auto done = std::make_shared<std::promise<Result<>>>();
    auto answer = done->get_future();
    stage->post([run, done, name = std::string(name), text = std::string(text)] {
        Result<> set = run->element->set_property(name, text);
        if (set) set = run->element->property_changed(name);
        done->set_value(std::move(set));
    });
    if (answer.wait_for(std::chrono::seconds(5)) != std::future_status::ready) {
        return parallax::fail(Errc::timed_out, std::string(element) + " does not take " +
                                                   std::string(name) + ": its stage is busy");
    }
    return answer.get();
}

Failure Run::fail_not_found(std::string_view element) {
    return parallax::fail(Errc::not_found, "no element called " + std::string(element));
}

Result<PropertyValue> Run::property(std::string_view element, std::string_view name) const {
    ElementRun* run = find(element);
    if (run == nullptr) return fail_not_found(element);
    auto value = run->element->property(name);
    if (!value) {
        return parallax::fail(
            Errc::not_found, std::string(element) + " has no property called " + std::string(name));
    }
    return *std::move(value);
}

}  // namespace parallax
