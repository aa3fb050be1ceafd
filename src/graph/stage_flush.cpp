// Flushes: what came before one is dropped wherever it lies, and its event goes down once.
//
// The run asks every stage, with the number of the flush. Each drops what it has in hand at once,
// so that nothing full or waiting holds the news up, and then what comes, until each input has
// brought the event of that number, or its end. Only then does the event go through its elements
// and into its channels, in one commit: a successor either has all of that before it, or none.
//
// The epoch in the record is twice the number of flushes that are through, and one less while one
// is under way, so that a successor goes on with that, told or not.
#include <algorithm>
#include <string>
#include <utility>

#include "base/clock.h"
#include "graph/stage.h"

namespace parallax {
namespace {

constexpr std::int64_t kUnaskedNs = 5'000'000'000;

bool is_end(const std::optional<Event>& event) {
    return event && (event->type == Event::Type::eos || event->type == Event::Type::reconfigure);
}

bool is_piece(const Frame& frame) { return (frame.meta.flags & frame_flag::piece) != 0; }

}  // namespace

void Stage::request_flush(std::uint64_t number) {
    std::uint64_t asked = flush_asked_.load(std::memory_order_relaxed);
    // Release pairs with flush_due(): what the program did before it asked has been done.
    while (asked < number &&
           !flush_asked_.compare_exchange_weak(asked, number, std::memory_order_release,
                                               std::memory_order_relaxed)) {
    }
    notify();
}

void Stage::begin_flush() {
    flush_begun_ = flush_asked_.load(std::memory_order_acquire);
    flushing_ = true;
    now_.epoch = 2 * flush_begun_ - 1;
    wait_until_.reset();
    std::erase_if(stack_, [this](const Work& work) {
        if (!falls(work)) return false;
        drop(work);
        return true;
    });
    if (at_bottom_) return end_flush();  // Nothing follows the end, and the end is news enough.
    Work work{.index = 0, .output = {.pad = kAllPads}};
    work.output.event = Event{.type = Event::Type::flush, .number = flush_begun_};
    const auto end = std::find_if(stack_.rbegin(), stack_.rend(),
                                  [](const Work& each) { return is_end(each.output.event); });
    if (end != stack_.rend()) {  // It would come too late behind that.
        work.index = end->index;
        stack_.insert(end.base(), std::move(work));
    } else if (is_source()) {
        stack_.insert(stack_.begin(), std::move(work));
    }
}

// What a flush drops, until it is through: frames that are no pieces and of which nothing
// is out, gaps, and flushes before it.
bool Stage::falls(const Work& work) const {
    if (work.output.event) {
        const Event& event = *work.output.event;
        return event.type == Event::Type::gap ||
               (event.type == Event::Type::flush && event.number != flush_begun_);
    }
    if (work.begun) return false;
    if (!work.gathered) return !is_piece(work.output.frame);
    return std::ranges::none_of(
        in_, [](const Gathered& input) { return input.active && is_piece(input.frame); });
}

void Stage::drop(const Work& work) {
    if (work.output.event) return;
    std::uint64_t frames = 1;
    if (work.gathered) {  // Of a source: its turn, and no frame yet.
        frames = static_cast<std::uint64_t>(std::ranges::count_if(in_, &Gathered::active));
        release_inputs();
    }
    ElementRun& run = *chain_[std::min(work.index, chain_.size() - 1)].run;
    ElementCounters::add(run.counters.dropped, frames);
}

// Takes what lies before the flush; its event goes on once every input has brought it or its end.
// False when nothing can be done now.
bool Stage::fetch_flush() {
    bool any = false;
    bool all = true;
    for (Gathered& input : in_) {
        if (clear_way(input, any)) return true;
        const std::uint64_t brought = std::max(input.flush.value_or(0), input.flush_let_pass);
        all = all && (input.ended || brought >= flush_begun_);
    }
    if (!all) return any;
    for (Gathered& input : in_) {
        if (input.flush && *input.flush <= flush_begun_) input.flush.reset();
    }
    stack_.push_back({.index = 0, .output = {.pad = kAllPads}});
    stack_.back().output.event = Event{.type = Event::Type::flush, .number = flush_begun_};
    return true;
}

// We may hear of it from a neighbour first.
void Stage::hold_flush(Gathered& input, std::uint64_t number) {
    input.flush = number;
    if (number <= flush_asked_.load(std::memory_order_acquire)) return;
    input.flush_since_ns = monotonic_ns();
    notify_at(input.flush_since_ns + kUnaskedNs);
}

// The run asks all within moments. One that it never asked for is another process's lie, and if it
// does after all, this input has brought it.
void Stage::doubt_flush(Gathered& input) {
    if (*input.flush <= flush_asked_.load(std::memory_order_acquire)) return;
    if (monotonic_ns() - input.flush_since_ns < kUnaskedNs) return;
    const Error lie{Errc::corrupt,
                    "it hands down flush " + std::to_string(*input.flush) + ", and there were " +
                        std::to_string(flush_asked_.load(std::memory_order_acquire))};
    if (!input.at.channel->accuse(lie)) return;
    input.flush_let_pass = *std::exchange(input.flush, std::nullopt);
}

// Drops what of this input falls; true when something came that does not, and goes on first.
bool Stage::clear_way(Gathered& input, bool& any) {
    if (input.flush_let_pass >= flush_begun_) return false;
    for (;;) {
        refill(input);
        if (input.flush && *input.flush < flush_begun_) {
            input.flush.reset();
        } else if (!input.front) {
            return false;
        } else if (input.front->event && input.front->event->type != Event::Type::gap) {
            Work work{.index = 0, .output = {.pad = input.at.pad}};
            work.output.event = std::move(input.front->event);
            input.front.reset();
            chain_.front().run->active_input = input.at.pad;
            stack_.push_back(std::move(work));
            return true;
        } else if (!input.front->event && is_whole(input)) {
            chain_.front().run->active_input = input.at.pad;
            activate(input);
            stack_.push_back({.index = 0, .gathered = true, .output = {}});
            return true;
        } else {
            if (!input.front->event) {
                ElementCounters::add(chain_.front().run->counters.dropped, std::uint64_t{1});
            }
            drop_front(input);
        }
        any = true;
    }
}

// A piece, where frames need no partner, which may have been dropped.
bool Stage::is_whole(const Gathered& input) const {
    const bool alone = in_.size() == 1 || chain_.front().run->pads.policy == InputPolicy::any;
    return alone && is_piece(input.frame);
}

// The event is in every channel.
void Stage::end_flush() {
    flushing_ = false;
    now_.epoch = 2 * flush_begun_;
    discont_ = ~std::uint64_t{0};
    after_flush_ = is_source();
    window_.clear();
}

// Elements of a source's own stage have no channel before them.
void Stage::mark_outputs(ElementRun& run) {
    for (Output& output : run.outputs) {
        if (output.event) continue;
        output.frame.meta.flags |= frame_flag::discont;
        after_flush_ = false;
    }
}

}  // namespace parallax
