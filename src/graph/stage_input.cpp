// The input side of a stage: what the first element is called with.
#include <algorithm>
#include <utility>

#include "graph/stage.h"

namespace parallax {

// Puts the next piece of work on the stack; false when there is none now.
bool Stage::fetch() {
    if (ending_) {
        discard_inputs();
        return false;
    }
    if (in_.empty()) return fetch_from_source();
    if (flushing_) return fetch_flush();
    const InputPolicy policy = chain_.front().run->pads.policy;
    if (in_.size() == 1 || policy == InputPolicy::any) return fetch_any();
    return policy == InputPolicy::oldest ? fetch_oldest() : fetch_by_pts();
}

bool Stage::fetch_from_source() {
    if (stop_) {
        start_end(Event::Type::eos);
    } else if (reconfigure_) {
        start_end(Event::Type::reconfigure);
    } else {
        stack_.push_back({.index = 0, .gathered = true, .output = {}});
    }
    return true;
}

void Stage::start_end(Event::Type type) {
    ending_ = type;
    discarding_ = true;
    Work work{.index = 0, .output = {}};
    work.output.event = Event{.type = type};
    stack_.push_back(std::move(work));
}

// Takes the next entry of the channel, unless one waits already or the input has ended. A flush
// waits, too, where we have not been asked for it yet.
void Stage::refill(Gathered& input) {
    if (input.flush) doubt_flush(input);
    if (input.front || input.ended || input.flush) return;
    std::uint64_t at = input.next;
    input.front = input.at.channel->take(at);
    if (!input.front) {
        input.borrows.skip_to(at);
        input.next = at;
        return;
    }
    input.borrows.skip_to(at - 1);
    input.next = at;
    const std::uint64_t position = input.borrows.take();
    const bool told = input.front->event && position < input.again_until;  // Handed on before.
    if (told || (!input.front->event && is_poison(input, position))) {
        input.borrows.give_back(position);
        input.front.reset();
        return refill(input);
    }
    if (!input.front->event) {
        input.frame = {.payload = pool_.borrow(input.borrows, position),
                       .bytes = input.front->bytes,
                       .meta = std::move(input.front->meta)};
        return;
    }
    input.borrows.give_back(position);
    const Event::Type type = input.front->event->type;
    if (type == Event::Type::flush) {
        const std::uint64_t number = input.front->event->number;
        input.front.reset();
        if (number <= now_.epoch / 2) return refill(input);  // Been through.
        return hold_flush(input, number);
    }
    if (type != Event::Type::eos && type != Event::Type::reconfigure) return;
    input.ended = type;
    input.front.reset();
}

bool Stage::is_poison(const Gathered& input, std::uint64_t position) const {
    if (poison_.empty()) return false;
    const std::vector<std::uint64_t>& positions = poison_.at(input.borrows.input());
    return std::ranges::find(positions, position) != positions.end();
}

void Stage::drop_front(Gathered& input) {
    input.frame = {};
    input.front.reset();
}

// What is at hand was seen by a predecessor, all of which has come out.
bool Stage::again_in_window() {
    return std::ranges::any_of(
        in_, [](const Gathered& input) { return input.active && input.next <= input.again_until; });
}

// Frames from which a successor learns what this one knows.
void Stage::hold_window() {
    if (state_class_ != StateClass::window) return;
    for (const Gathered& input : in_) {
        if (input.active) window_.push_back(input.frame.payload);
    }
    while (window_.size() > stateful_->window_frames()) window_.pop_front();
}

// What came of the end before a predecessor died has gone on its way.
void Stage::skip_drained(ElementRun& run) {
    if (state_class_ != StateClass::window) return;
    drained_ += run.outputs.size();
    const std::size_t again = std::min<std::size_t>(drained_again_, run.outputs.size());
    run.outputs.erase(run.outputs.begin(),
                      run.outputs.begin() + static_cast<std::ptrdiff_t>(again));
    drained_again_ -= again;
}

void Stage::activate(Gathered& input) {
    input.active = true;
    if (trace_ == nullptr) return;
    const auto number = static_cast<std::size_t>(&input - in_.data());
    trace_crossing(TraceEvent::Kind::taken, number, input.next - 1);
}

void Stage::release_inputs() {
    for (Gathered& input : in_) {
        if (input.active) drop_front(input);
        input.active = false;
    }
}

// As soon as any input has something; in turn, so that none starves.
bool Stage::fetch_any() {
    std::size_t ended = 0;
    bool all_eos = true;
    for (std::size_t k = 0; k < in_.size(); ++k) {
        Gathered& input = in_[(next_input_ + k) % in_.size()];
        refill(input);
        if (input.ended) {
            ++ended;
            all_eos = all_eos && *input.ended == Event::Type::eos;
            continue;
        }
        if (!input.front) continue;
        next_input_ = (next_input_ + k + 1) % in_.size();
        chain_.front().run->active_input = input.at.pad;
        if (input.front->event) {
            Work work{.index = 0, .output = {.pad = input.at.pad}};
            work.output.event = std::move(input.front->event);
            input.front.reset();
            stack_.push_back(std::move(work));
        } else {
            activate(input);
            stack_.push_back({.index = 0, .gathered = true, .output = {}});
        }
        return true;
    }
    if (ended < in_.size()) return false;
    start_end(all_eos ? Event::Type::eos : Event::Type::reconfigure);
    return true;
}

// Of the frames at hand the one of the smallest pts, once no input can still bring an older one.
// Frames without pts count as the oldest.
bool Stage::fetch_oldest() {
    if (!refill_all()) return true;
    Gathered* oldest = nullptr;
    for (Gathered& input : in_) {
        if (input.ended) continue;
        if (!input.front) return false;
        if (!oldest || input.frame.meta.pts_ns < oldest->frame.meta.pts_ns) oldest = &input;
    }
    if (oldest == nullptr) {
        const bool eos = std::ranges::all_of(
            in_, [](const Gathered& input) { return input.ended == Event::Type::eos; });
        start_end(eos ? Event::Type::eos : Event::Type::reconfigure);
        return true;
    }
    chain_.front().run->active_input = oldest->at.pad;
    activate(*oldest);
    stack_.push_back({.index = 0, .gathered = true, .output = {}});
    return true;
}

// Refills every input and hands events on; false when that gave work to do first.
bool Stage::refill_all() {
    for (Gathered& input : in_) {
        refill(input);
        if (!input.front || !input.front->event) continue;
        Work work{.index = 0, .output = {.pad = input.at.pad}};
        work.output.event = std::move(input.front->event);
        input.front.reset();
        chain_.front().run->active_input = input.at.pad;
        stack_.push_back(std::move(work));
        return false;
    }
    return true;
}

// Frames older than the youngest front have no partner any more: drops them, counted.
bool Stage::drop_unmatched() {
    std::int64_t latest = kNoTimeNs;
    for (const Gathered& input : in_) latest = std::max(latest, input.frame.meta.pts_ns);
    bool dropped = false;
    for (Gathered& input : in_) {
        const std::int64_t pts = input.frame.meta.pts_ns;
        if (pts == kNoTimeNs || pts == latest) continue;
        drop_front(input);
        ElementCounters::add(chain_.front().run->counters.dropped, std::uint64_t{1});
        dropped = true;
    }
    return dropped;
}

bool Stage::fetch_by_pts() {
    for (;;) {
        if (!refill_all()) return true;
        const bool eos = std::ranges::any_of(
            in_, [](const Gathered& input) { return input.ended == Event::Type::eos; });
        const bool all_ended =
            std::ranges::all_of(in_, [](const Gathered& input) { return input.ended.has_value(); });
        if (eos || all_ended) {
            start_end(eos ? Event::Type::eos : Event::Type::reconfigure);
            return true;
        }
        const bool complete =
            std::ranges::all_of(in_, [](const Gathered& input) { return input.front.has_value(); });
        if (!complete) return false;
        if (drop_unmatched()) continue;
        for (Gathered& input : in_) activate(input);
        stack_.push_back({.index = 0, .gathered = true, .output = {}});
        return true;
    }
}

// After the end: empties the inputs until each has ended. True while one has not.
bool Stage::discard_inputs() {
    bool open = false;
    bool any = false;
    for (Gathered& input : in_) {
        while (!input.ended) {
            if (input.front && !input.front->event) {
                ElementCounters::add(chain_.front().run->counters.dropped, std::uint64_t{1});
            }
            drop_front(input);
            input.flush.reset();
            refill(input);
            if (!input.front && !input.ended && !input.flush) break;
            any = true;
        }
        open = open || !input.ended;
    }
    if (any) {
        commit();
        notify_neighbours();
    }
    return open;
}

// A branch after us wants no more. When none does, neither do we.
void Stage::downstream_done() {
    if (downstream_done_.fetch_add(1) + 1 < out_.size()) return;
    if (is_source()) {
        stop_ = true;
        notify();
        return;
    }
    tell_upstream_done();
}

void Stage::tell_upstream_done() {
    if (told_upstream_.exchange(true)) return;
    for (const Gathered& input : in_) input.at.from->downstream_done();
}

}  // namespace parallax
