// The chain of a stage: how frames and events go from element to element, and into the channels.
#include <algorithm>
#include <utility>

#include <sys/syscall.h>
#include <unistd.h>

#include "base/check.h"
#include "graph/bus.h"
#include "graph/stage.h"

namespace parallax {
namespace {

constexpr std::int64_t kQuickNs = 2'000;  // Calls shorter than this are timed only now and then,
constexpr int kUntimedCalls = 63;         // since reading the clock twice costs 50 ns.

// The kernel's number of this thread, asked for once.
std::uint32_t thread_number() {
    thread_local const auto number = static_cast<std::uint32_t>(::syscall(SYS_gettid));
    return number;
}

}  // namespace

// Runs the top of the stack down the chain as far as it goes.
Stage::Progress Stage::run_top() {
    Work work = std::move(stack_.back());
    stack_.pop_back();
    for (;;) {
        if (flushing_ && falls(work)) {
            drop(work);
            return Progress::done;
        }
        if (work.index == chain_.size()) return deliver(work);
        if (work.output.event) return run_event(work);
        ElementRun& run = *chain_[work.index].run;
        if (run_element(work) == Progress::blocked) return Progress::blocked;
        // The common case, one frame in and one out, goes on without touching the stack.
        if (run.outputs.size() != 1 || !stack_.empty()) {
            hand_on(run, work.index);
            return Progress::done;
        }
        work.output = std::move(run.outputs.front());
        run.outputs.clear();
        if (!work.output.event) ElementCounters::add(run.counters.frames_out, std::uint64_t{1});
        work.gathered = false;
        work.begun = false;
        work.delivered = 0;
        ++work.index;
    }
}

// Points the element's inputs at the frames of this call; false when one is not what was agreed.
bool Stage::bind_inputs(ElementRun& run, Work& work) {
    const auto bind = [&](std::size_t pad, Frame& frame) {
        run.inputs[pad].frame = &frame;
        const auto& image = run.formats.inputs[pad].image;
        if (!image || frame.bytes.size() >= image->size_bytes) return true;
        fail(run, {Errc::invalid_argument, "a frame of " + std::to_string(frame.bytes.size()) +
                                               " bytes came, its caps (" +
                                               to_string(run.formats.inputs[pad].caps) + ") need " +
                                               std::to_string(image->size_bytes)});
        return false;
    };
    if (!work.gathered) return bind(chain_[work.index].in_pad, work.output.frame);
    for (Gathered& input : in_) {
        if (input.active && !bind(input.at.pad, input.frame)) return false;
    }
    return true;
}

bool Stage::memory_ready(ElementRun& run) {
    if (run.memory_ready()) return true;
    for (const OutChannel& out : out_) out.channel->reclaim();
    return run.memory_ready();
}

Stage::Progress Stage::run_element(Work& work) {
    const std::size_t index = work.index;
    ElementRun& run = *chain_[index].run;
    if (run.finished) {
        if (work.gathered) release_inputs();
        ElementCounters::add(run.counters.dropped, std::uint64_t{1});
        return Progress::done;
    }
    if (stop_ && work.gathered && is_source()) return Progress::done;  // fetch() starts the end.
    if (!memory_ready(run)) {
        stack_.push_back(std::move(work));
        return Progress::blocked;
    }
    if (!bind_inputs(run, work)) return Progress::done;
    Result<Flow> flow = call(run, false);
    std::uint64_t frames = 0;
    for (ElementRun::Input& input : run.inputs) {
        if (std::exchange(input.frame, nullptr) != nullptr) ++frames;
    }
    if (!run.up_events.empty()) pass_up(run, index);
    if (!flow) {
        fail(run, std::move(flow).error());
        return Progress::done;
    }
    const bool again = work.gathered && again_in_window();
    if (again) run.outputs.clear();  // A predecessor has handed them on.
    if (after_flush_ && index == 0) mark_outputs(run);
    if (*flow == Flow::again) return suspend(run, work);
    if (work.gathered) hold_window();
    if (!again) ElementCounters::add(run.counters.frames_in, frames);
    if (!again) ++run.next_sequence;
    if (out_.empty() && !seen_frame_ && index + 1 == chain_.size()) {
        seen_frame_ = true;
        host_.first_frame();
    }
    if (work.gathered) release_inputs();
    if (*flow == Flow::eos || *flow == Flow::reconfigure) {
        if (is_source() && index == 0) {
            start_end(*flow == Flow::eos ? Event::Type::eos : Event::Type::reconfigure);
            if (*flow == Flow::reconfigure) {
                run.configure_again = true;
                host_.reconfigure_wanted();
            }
        } else {
            finish_early(index);
        }
    }
    return Progress::done;
}

// The element wants to be called again with the same input. What it committed goes on meanwhile.
Stage::Progress Stage::suspend(ElementRun& run, Work& work) {
    const std::size_t index = work.index;
    work.begun = run.wait.must_finish;
    stack_.push_back(std::move(work));
    if (!run.outputs.empty()) {
        hand_on(run, index);  // First; then it is called again, and asks again to wait.
        return Progress::done;
    }
    if (run.wait.running_time_ns) {
        wait_until_ = run.wait.running_time_ns;
        notify_at(clock_.monotonic_at(*wait_until_));
    }
    if (run.wait.readable_fd >= 0) host_.watch(run.wait.readable_fd, *this);
    return Progress::blocked;
}

// The element has seen enough: what is after it ends now, what is before it may stop.
void Stage::finish_early(std::size_t index) {
    chain_[index].run->finished = true;
    Work end{.index = index + 1, .output = {.pad = kAllPads}};
    end.output.event = Event{.type = Event::Type::eos};
    stack_.push_back(std::move(end));
    if (is_source()) stop_ = true;
    tell_upstream_done();
}

// Puts what the call committed on the stack, first out on top.
void Stage::hand_on(ElementRun& run, std::size_t index) {
    for (auto output = run.outputs.rbegin(); output != run.outputs.rend(); ++output) {
        if (!output->event) ElementCounters::add(run.counters.frames_out, std::uint64_t{1});
        stack_.push_back({.index = index + 1, .output = std::move(*output)});
    }
    run.outputs.clear();
}

Result<Flow> Stage::call(ElementRun& run, bool drain) {
    if (run.trace != nullptr) [[unlikely]]
        return traced_call(run, drain);
    return untraced_call(run, drain);
}

// Every call is timed then, quick ones too.
Result<Flow> Stage::traced_call(ElementRun& run, bool drain) {
    const std::int64_t before = monotonic_ns();
    Result<Flow> flow = untraced_call(run, drain);
    run.trace->write({.start_ns = before,
                      .duration_ns = monotonic_ns() - before,
                      .position = run.calls_traced++,
                      .kind = TraceEvent::Kind::call,
                      .number = run.trace_number,
                      .thread = thread_number()});
    return flow;
}

void Stage::trace_crossing(TraceEvent::Kind kind, std::size_t number, std::uint64_t position) {
    trace_->write(
        {.position = position, .kind = kind, .number = static_cast<std::uint32_t>(number)});
}

Result<Flow> Stage::untraced_call(ElementRun& run, bool drain) {
    Context context(run);
    run.wait = {};
    if (run.watched) return watched_call(run, drain);
    if (run.unsampled_calls > 0) {
        --run.unsampled_calls;
        return drain ? run.element->drain(context) : run.element->process(context);
    }
    const std::int64_t before = monotonic_ns();
    Result<Flow> flow = drain ? run.element->drain(context) : run.element->process(context);
    const std::int64_t took = monotonic_ns() - before;
    run.counters.latency_ns.record(static_cast<std::uint64_t>(took));
    if (took < kQuickNs && run.trace == nullptr) {
        run.unsampled_calls = kUntimedCalls;
        run.batch_weight_ns += took * (kUntimedCalls + 1);
    } else {
        run.batch_weight_ns += took;
        batch_wall_ns_ += took;
    }
    return flow;
}

// The same where somebody else watches that it comes to an end.
Result<Flow> Stage::watched_call(ElementRun& run, bool drain) {
    Context context(run);
    const std::int64_t before = monotonic_ns();
    run.counters.busy_since_ns.store(before, std::memory_order_relaxed);
    Result<Flow> flow = drain ? run.element->drain(context) : run.element->process(context);
    run.counters.busy_since_ns.store(0, std::memory_order_relaxed);
    const std::int64_t took = monotonic_ns() - before;
    run.counters.latency_ns.record(static_cast<std::uint64_t>(took));
    run.batch_weight_ns += took;
    batch_wall_ns_ += took;
    return flow;
}

// An event: the element may handle it, else it goes on. The end lets the element drain first.
Stage::Progress Stage::run_event(Work& work) {
    const std::size_t index = work.index;
    ElementRun& run = *chain_[index].run;
    const Event::Type type = work.output.event->type;
    if (type == Event::Type::eos) {
        if (run.finished) {  // Its end went down before.
            at_bottom_ = true;
            return Progress::done;
        }
        return drain(work);
    }
    const bool flush = type == Event::Type::flush;
    if (flush && run.finished) {  // Its end went down before; nothing follows that.
        end_flush();
        return Progress::done;
    }
    if (type != Event::Type::reconfigure) {
        Context context(run);
        const Result<bool> handled = run.element->event(context, *work.output.event);
        if (!run.up_events.empty()) pass_up(run, index);
        if (!handled) {
            fail(run, handled.error());
            return Progress::done;
        }
        if (*handled && !flush) {
            hand_on(run, index);
            return Progress::done;
        }
    }
    ++work.index;
    work.output.pad = kAllPads;
    stack_.push_back(std::move(work));
    if (!run.outputs.empty()) hand_on(run, index);
    return Progress::done;
}

Stage::Progress Stage::drain(Work& work) {
    const std::size_t index = work.index;
    ElementRun& run = *chain_[index].run;
    const bool ready = memory_ready(run);
    stack_.push_back(std::move(work));  // It stays below what the drain gives.
    if (!ready) return Progress::blocked;
    Result<Flow> flow = call(run, true);
    if (index == 0) skip_drained(run);
    if (!run.up_events.empty()) pass_up(run, index);
    if (!flow) {
        fail(run, std::move(flow).error());
        return Progress::done;
    }
    if (*flow == Flow::again) {
        Work same = std::move(stack_.back());
        stack_.pop_back();
        return suspend(run, same);
    }
    if (*flow == Flow::eos) {
        stack_.back().index = index + 1;
        stack_.back().output.pad = kAllPads;
    }
    hand_on(run, index);
    return Progress::done;
}

// Into every channel of the pad; what finds no room stays on the stack.
Stage::Progress Stage::deliver(Work& work) {
    const bool event = work.output.event.has_value();
    std::optional<Entry> entry;
    for (std::size_t c = 0; c < out_.size(); ++c) {
        const std::uint64_t bit = std::uint64_t{1} << c;
        const bool ours = work.output.pad == kAllPads || work.output.pad == out_[c].pad;
        if (!ours || (work.delivered & bit) != 0) continue;
        if (!entry) {
            entry = Entry{.bytes = work.output.frame.bytes,
                          .meta = work.output.frame.meta,
                          .event = work.output.event,
                          .origin = work.output.frame.payload.origin()};
        }
        if (!event && (discont_ & bit) != 0) entry->meta.flags |= frame_flag::discont;
        const std::uint64_t position = out_[c].channel->published();
        const Result<bool> put = out_[c].channel->try_put(*entry, work.output.frame.payload);
        if (!put) {
            fail(*chain_.back().run, put.error());
            return Progress::done;
        }
        if (!*put) continue;
        work.delivered |= bit;
        if (event) continue;
        discont_ &= ~bit;
        const bool dropped = out_[c].channel->published() == position;  // By a leaky queue.
        if (trace_ != nullptr && !dropped) {
            trace_crossing(TraceEvent::Kind::given, c, position);
        }
    }
    for (std::size_t c = 0; c < out_.size(); ++c) {
        const bool ours = work.output.pad == kAllPads || work.output.pad == out_[c].pad;
        if (!ours || (work.delivered & (std::uint64_t{1} << c)) != 0) continue;
        stack_.push_back(std::move(work));
        return Progress::blocked;
    }
    if (event && ending_ && work.output.event->type == *ending_) at_bottom_ = true;
    if (event && work.output.event->type == Event::Type::flush) end_flush();
    return Progress::done;
}

// An event that goes up: from the element before `index` on, then to the stages before. A flush is
// of the whole run at once.
void Stage::pass_up(ElementRun& run, std::size_t index) {
    std::vector<Event> events = std::exchange(run.up_events, {});
    for (Event& event : events) {
        if (event.type == Event::Type::flush) {
            host_.flush_wanted();
            continue;
        }
        bool handled = false;
        for (std::size_t i = index; i-- > 0 && !handled;) {
            ElementRun& above = *chain_[i].run;
            Context context(above);
            const Result<bool> answer = above.element->event(context, event);
            handled = answer.value_or(false);
            if (!above.up_events.empty()) pass_up(above, i);  // Its own, in answer.
        }
        if (handled) continue;
        for (const Gathered& input : in_) input.at.from->send_up(event);
    }
}

}  // namespace parallax
