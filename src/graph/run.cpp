#include "graph/run.h"

#include <algorithm>
#include <ctime>
#include <ranges>
#include <thread>

#include "base/check.h"

namespace parallax {
namespace {

std::string_view kind_of(const Message& message) {
    switch (message.topic) {
        case Topic::crash:
            return "crash";
        case Topic::restart:
            return "restart";
        case Topic::poison_frame:
            return "poison-frame";
        case Topic::none:
            break;
    }
    return message.error ? "error" : "message";
}

}  // namespace

Run::Run(Graph graph, Assembly assembly, const Registry& registry, Pipeline::Options options)
    : graph_(std::move(graph)),
      registry_(registry),
      options_(std::move(options)),
      elements_(std::move(assembly.elements)),
      links_(std::move(assembly.links)),
      drawn_links_(links_.size()),
      high_water_(links_.size()),
      queue_drops_(links_.size()) {
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        adopt(*elements_[n]);
        if (elements_[n]->pads.local) graph_.isolate(n, "no");
    }
}

void Run::adopt(ElementRun& run) {
    run.bus = &bus_;
    run.clock = &clock_;
    run.arenas = &arenas_;
    run.inputs.resize(run.input_pads.size());
    run.drafts.resize(run.output_pads.size());
}

Run::~Run() {
    for (auto& group : groups_) group->stop();
    poller_.reset();
    cut_off();
    if (remote_) {
        remote_->shut_down(false);
        remote_->carry(carried_);
    }
    take_down();
    if (built_ && state_ != State::ended) {
        for (std::size_t n = 0; n < elements_.size(); ++n) {
            if (is_remote(n)) (void)take_back(n);
            (void)elements_[n]->element->finish(false);
        }
    }
}

// --- To Ready.

Result<> Run::prepare() {
    if (state_ != State::null) return {};
    PX_TRY(agree());
    const std::lock_guard lock(control_);
    PX_TRY(configure());
    state_ = State::ready;
    return {};
}

Result<> Run::agree() {
    const std::lock_guard lock(control_);
    if (agreed_) return {};
    PX_TRY(make_groups());
    PX_TRY(open_elements());
    PX_TRY(negotiate());
    agreed_ = true;
    return {};
}

// --- To Playing.

Result<> Run::play() {
    const std::lock_guard lock(control_);
    if (state_ == State::paused) resume();
    if (state_ == State::playing) return {};
    if (state_ != State::ready) {
        return parallax::fail(Errc::invalid_argument, "the pipeline has ended", "make another one");
    }
    if (!poller_) poller_ = PX_TRY(Poller::create());
    planned_ = element_plans();
    if (Result<> built = build(); !built) {
        abandon();
        return built;
    }
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
    for (Stage& stage : local_stages()) {
        for (const Stage::Step& step : stage.chain()) {
            step.run->element->set_waker([raw = &stage] { raw->notify(); });
        }
    }
    if (remote_ && state_ != State::paused) remote_->play();  // Else resume() does.
    if (remote_ && stopping_) remote_->stop();
    for (Stage& stage : local_stages()) {
        if (stopping_) stage.request_stop();
        stage.begin();
    }
}

void Run::pause() {
    const std::lock_guard lock(control_);
    if (state_ != State::playing || stopping_) return;  // What drains is not held up.
    clock_.pause();
    if (remote_) remote_->pause();
    state_ = State::paused;
}

void Run::resume() {
    clock_.resume();
    state_ = State::playing;
    if (remote_) remote_->play();
    for (Stage& stage : local_stages()) stage.notify();
}

void Run::stop() {
    stopping_ = true;
    const std::lock_guard lock(control_);
    if (state_ == State::paused) resume();  // Else nothing would drain, and no end would come.
    if (remote_) remote_->stop();
    for (Stage& stage : local_stages()) {
        stage.request_stop();
        stage.notify();
    }
}

void Run::flush() {
    const std::lock_guard lock(control_);
    if (state_ == State::playing || state_ == State::paused) flush_wanted();
}

// --- What stages say; on their threads.

void Run::stage_ended() {
    if (stages_running_.fetch_sub(1) == 1) bus_.post({.kind = Message::Kind::ended});
}

void Run::stage_failed(const std::string& element, Error error) {
    fail(element, error);
    stop();
}

// On the supervisor's thread, which waits for nobody: the driving thread stops the rest.
void Run::remote_failed(const std::string& element, Error error) {
    fail(element, error);
    bus_.post({.kind = Message::Kind::stop_wanted});
}

// Sources stop, and then everything does, wherever it stands.
void Run::remote_lost() {
    lost_ = true;
    bus_.post({.kind = Message::Kind::stop_wanted});
    bus_.post({.kind = Message::Kind::ended});
}

void Run::reconfigure_wanted() {
    reconfigure_ = true;
    if (remote_) remote_->reconfigure();
    for (Stage& stage : local_stages()) {
        stage.request_reconfigure();
        stage.notify();
    }
}

// Every stage is asked, not only sources: one behind a source that has ended would not hear of it,
// nor one that waits for a time in front of a full queue, before that time has come.
void Run::flush_wanted() {
    const std::uint64_t number = ++flushes_;
    for (const auto& run : elements_) run->element->flush_begins(number);
    if (remote_) remote_->flush(number);
    for (Stage& stage : local_stages()) stage.request_flush(number);
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
    std::optional<Message> message = next_message(timeout_ns);
    if (!message) return std::nullopt;
    if (message->kind == Message::Kind::ended) {
        if (state_ == State::ended) {
            publish_look();  // The last one, of the whole run.
            if (options_.telemetry != nullptr) options_.telemetry->close();
            return Pipeline::Message{.kind = Pipeline::Message::Kind::ended};
        }
        after_last_stage();
        return wait(0);
    }
    if (message->kind == Message::Kind::stop_wanted) {
        stop();
        return wait(0);
    }
    {
        const std::lock_guard lock(mutex_);
        if (events_.size() < 1000) {
            events_.push_back({.t_ms = static_cast<double>(message->time_ns) / 1e6,
                               .element = message->element,
                               .kind = std::string(kind_of(*message)),
                               .text = message->text});
        }
    }
    return Pipeline::Message{
        .kind = message->error ? Pipeline::Message::Kind::error : Pipeline::Message::Kind::text,
        .severity = message->severity,
        .element = message->element,
        .text = message->text,
        .hint = message->error ? message->error->hint : std::string(),
        .topic = message->topic,
        .time_ns = message->time_ns};
}

void Run::after_last_stage() {
    std::unique_lock lock(control_, std::defer_lock);
    if (lost_) {  // Stages have not ended, and will not: nobody may take another step.
        for (auto& group : groups_) group->stop();
    }
    cut_off();
    if (lost_) {
        lock.lock();
    } else {
        quiesce(lock);
    }
    const bool again = reconfigure_.exchange(false) && !stopping_ && !lost_;
    if (remote_) {
        if (again) {
            resting_ = remote_->rest();
        } else {
            remote_->shut_down(complete());
        }
        remote_->carry(carried_);
    }
    take_down();
    if (again && restart()) return;
    resting_.reset();
    finish();
    bus_.post({.kind = Message::Kind::ended});  // After what went wrong just now.
}

// A source changed its format: everything has drained, the rest is as at the start.
Result<> Run::restart() {
    for (const auto& [element, opened] : opened_elsewhere_) {
        if (Result<> again = opened->reopen(carried_[element].state); !again) {
            fail(elements_[element]->name, again.error());
            return again;
        }
    }
    PX_TRY(negotiate());
    PX_TRY(configure());
    Result<> built = build();
    if (!built) {
        abandon();
        fail("", built.error());
        return built;
    }
    start();
    return {};
}

bool Run::complete() const {
    const std::lock_guard lock(mutex_);
    return errors_.empty();
}

// Gives the program's own element what the one elsewhere has saved; false: there is nothing to
// complete.
bool Run::take_back(std::size_t element) {
    const auto carried = carried_.find(element);
    if (!saves_elsewhere(element) || carried == carried_.end()) return false;
    if (opened_elsewhere_.contains(element)) return false;
    if (carried->second.state == InlineState{}) return false;
    ElementRun& run = *elements_[element];
    if (Result<> restored = run.element->restore(carried->second.state); !restored) {
        fail(run.name, restored.error());
        return false;
    }
    return !remote_ || !remote_->figures(element).given_up;
}

void Run::finish() {
    const bool well = complete();
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        ElementRun& run = *elements_[n];
        // What one that ran elsewhere has made, it has finished there, but for what it saved.
        const bool here = well && (is_remote(n) ? take_back(n) : true);
        if (Result<> finished = run.element->finish(here); !finished) {
            fail(run.name, finished.error());
        }
    }
    ended_ns_ = monotonic_ns();
    state_ = State::ended;
}

}  // namespace parallax
