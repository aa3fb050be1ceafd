#include "graph/stage.h"

#include <algorithm>
#include <climits>

#include "base/check.h"
#include "base/hash.h"
#include "graph/bus.h"
#include "sync/futex.h"

namespace parallax {
namespace {

constexpr int kTurnsPerBatch = 64;
constexpr std::int64_t kBatchWallNs = 1'000'000;  // Then other stages have their turn.

}  // namespace

CommitRecord Stage::record_of(const Options& options) {
    return options.page != nullptr ? CommitRecord(*options.page, options.inputs, options.channels)
                                   : CommitRecord(options.inputs, options.channels);
}

Stage::Stage(const Options& options)
    : Actor(*options.group),
      host_(*options.host),
      clock_(*options.clock),
      record_(record_of(options)),
      shared_(options.page != nullptr),
      poison_(options.poison),
      trace_(options.trace),
      now_(options.start),
      goes_on_(options.goes_on),
      checkpoints_(options.checkpoints),
      // In an odd epoch a predecessor was in the middle of a flush, which is begun again.
      flush_asked_((options.start.epoch + 1) / 2),
      flush_begun_(options.start.epoch / 2) {
    in_.reserve(options.inputs);  // Borrows are pointed at: they must not move.
    out_.reserve(options.channels);
}

void Stage::set_chain(std::vector<Step> chain) {
    chain_ = std::move(chain);
    std::uint32_t number = 0;
    for (const Step& step : chain_) {
        step.run->trace = trace_;
        step.run->trace_number = number++;
        step.run->pool = &pool_;
        step.run->keeper = keeper_.get();
        step.run->stopping = &stop_;
        const StateClass state = step.run->pads.state;
        if (!shared_ || state == StateClass::pure || state == StateClass::opaque) continue;
        stateful_ = step.run->element.get();
        state_class_ = state;
    }
}

void Stage::add_input(Input input) {
    PX_CHECK(in_.size() < in_.capacity());
    const std::size_t number = in_.size();
    Gathered gathered;
    gathered.at = input;
    const bool again = state_class_ == StateClass::window;
    gathered.next = again ? now_.released[number] : now_.done[number];
    gathered.again_until = again ? now_.done[number] : 0;
    gathered.borrows =
        Borrows(static_cast<std::uint32_t>(number), now_.released[number], gathered.next);
    in_.push_back(std::move(gathered));
}

void Stage::add_output(OutChannel output) { out_.push_back(output); }

Result<> Stage::resume(const std::vector<Lent>& lent) {
    // All zero is the state at the beginning, which it is in.
    const bool restored = goes_on_ || now_.state == InlineState{};
    if (stateful_ != nullptr && !restored) PX_TRY(restore_state());
    mark_gap();
    if (!chain_.empty()) chain_.front().run->next_sequence = now_.sequence;
    for (const OutChannel& out : out_) out.channel->resume_at(now_.published[out.word]);
    for (std::size_t i = 0; i < in_.size(); ++i) {
        Borrows& borrows = in_[i].borrows;
        for (std::uint64_t at = now_.released[i]; at < in_[i].next; ++at) {
            const Payload held = pool_.borrow(borrows, at);  // Let go of at once if nobody looks.
            for (const Lent& each : lent) {
                if (each.origin != Origin{static_cast<std::uint32_t>(i), at}) continue;
                out_.at(each.channel).channel->hold(each.position, held);
            }
        }
    }
    commit();
    return {};
}

// What begins anew in the middle of a stream does not go on where its predecessor was.
void Stage::mark_gap() {
    const auto any = [](const auto& positions) {
        return std::ranges::any_of(positions, [](std::uint64_t at) { return at != 0; });
    };
    if (!any(now_.done) && !any(now_.published)) return;
    const bool goes_on = std::ranges::all_of(chain_, [](const Step& step) {
        const StateClass state = step.run->pads.state;
        return state != StateClass::opaque;
    });
    if (!goes_on) discont_ = ~std::uint64_t{0};
}

void Stage::post(std::move_only_function<void()> work) {
    {
        const std::lock_guard lock(inbox_mutex_);
        inbox_.push_back(std::move(work));
    }
    inbox_waiting_ = true;
    notify();
}

void Stage::send_up(Event event) {
    post([this, event = std::move(event)] {
        ElementRun& last = *chain_.back().run;
        last.up_events.push_back(event);
        pass_up(last, chain_.size());
    });
}

void Stage::run_inbox() {
    if (!inbox_waiting_.exchange(false)) return;
    std::vector<std::move_only_function<void()>> work;
    {
        const std::lock_guard lock(inbox_mutex_);
        work.swap(inbox_);
    }
    for (auto& each : work) each();
}

bool Stage::step() {
    run_inbox();
    if (ended_ || !begun_ || clock_.paused()) return false;
    const std::int64_t cpu_before = thread_cpu_ns();
    batch_wall_ns_ = 0;
    published_ = false;
    freed_ = false;
    // What readers let go of may be borrowed from our own inputs, which then are released too.
    bool reclaimed = keeper_->sweep();
    for (const OutChannel& out : out_) reclaimed = out.channel->reclaim() || reclaimed;
    if (reclaimed && commit_point()) commit();
    bool more = true;
    for (int turn = 0; more && turn < kTurnsPerBatch && batch_wall_ns_ < kBatchWallNs; ++turn) {
        more = !clock_.paused() && take_turn();
    }
    spread_cpu_time(thread_cpu_ns() - cpu_before);
    if (published_ || freed_) notify_neighbours();
    if (ending_ && at_bottom_ && !discard_inputs()) end();
    return more && !ended_;
}

// One thing done, or false when nothing can be done now.
bool Stage::take_turn() {
    if (flush_due()) begin_flush();
    if (waiting()) return false;
    if (stack_.empty() && !fetch()) {
        commit();
        return false;
    }
    const Progress progress = stack_.empty() ? Progress::done : run_top();
    if (commit_point()) commit();
    return progress == Progress::done;
}

bool Stage::waiting() {
    if (!wait_until_) return false;
    const bool give_up = stop_ && is_source();
    if (!give_up && clock_.running_time_ns() < *wait_until_) {
        notify_at(clock_.monotonic_at(*wait_until_));
        return true;
    }
    wait_until_.reset();
    return false;
}

// Between frames, and between the frames that a drain gives: then all that was consumed has come
// out, and a successor could go on from here.
bool Stage::commit_point() const {
    return stack_.empty() ||
           (stack_.size() == 1 && stack_.back().output.event && ending_.has_value());
}

void Stage::commit() {
    if (in_.empty() && out_.empty() && !shared_) return;  // Nobody looks.
    for (std::size_t i = 0; i < in_.size(); ++i) {
        const Borrows& borrows = in_[i].borrows;
        // Also what is taken but not yet released makes room: a join may hold one branch's frame
        // while it waits for the other's, from the same stage that waits for that room.
        freed_ =
            freed_ || now_.consumed[i] != borrows.taken() || now_.released[i] != borrows.released();
        now_.consumed[i] = std::max(borrows.taken(), in_[i].again_until);
        now_.done[i] = in_[i].done();
        // The end of an input is not done before all has come of it that comes.
        now_.released[i] = std::min(borrows.released(), now_.done[i]);
        in_[i].at.channel->forget_before(now_.released[i]);
    }
    bool news = false;
    for (const OutChannel& out : out_) {
        news = news || now_.published[out.word] != out.channel->published();
        now_.published[out.word] = out.channel->published();
    }
    if (shared_) now_.sequence = chain_.front().run->next_sequence;
    if (stateful_ != nullptr) save_state();
    if (shared_) {
        // A commit wakes the neighbours. One that says nothing new would wake them for nothing,
        // and they would answer alike, for ever.
        if (told_ == now_) return;
        told_ = now_;
    }
    record_.commit(now_);
    if (shared_) futex_wake(record_.word(), INT_MAX);
    if (!news) return;
    published_ = true;
    for (const OutChannel& out : out_) {
        if (out.to->sleeps()) out.to->look_again();  // Others are told at the end of the batch.
    }
}

Result<> Stage::restore_state() {
    if (state_class_ == StateClass::window) {  // Its inputs come again.
        drained_again_ = now_.state[0];
        return {};
    }
    if (state_class_ == StateClass::inline_state) return stateful_->restore(now_.state);
    const std::size_t bytes = now_.state[0];
    if (bytes > checkpoints_.size() / kCheckpoints) {
        return parallax::fail(Errc::corrupt, "a checkpoint longer than its room");
    }
    return stateful_->restore_checkpoint(checkpoints_.first(bytes));
}

// Where nothing was done or made since, nothing has changed.
void Stage::save_state() {
    if (state_class_ == StateClass::inline_state) return stateful_->save(now_.state);
    if (state_class_ == StateClass::window) now_.state[0] = drained_;
    if (state_class_ != StateClass::checkpoint || checkpoints_.empty()) return;
    const bool same = told_ && told_->done == now_.done && told_->published == now_.published &&
                      told_->sequence == now_.sequence && told_->epoch == now_.epoch;
    if (same && told_ == now_) return;  // Nor does a commit follow.
    const std::size_t room = checkpoints_.size() / kCheckpoints;
    if (!same) {
        checkpoint_.clear();
        stateful_->save_checkpoint(checkpoint_);
        PX_CHECK(checkpoint_.size() <= room);  // It said how many there would be at most.
        if (checkpoint_.empty()) return now_.state.fill(0);
        now_.state = {checkpoint_.size(), hash64(checkpoint_)};
    }
    // Beside the record's slot of the commit that follows, also of one that only releases: what is
    // current stays whole.
    const std::size_t slot = (record_.commits() + 1) % kCheckpoints;
    std::ranges::copy(checkpoint_, checkpoints_.subspan(slot * room).begin());
}

void Stage::notify_neighbours() {
    for (const OutChannel& out : out_) out.to->look_again();
    for (const Gathered& in : in_) in.at.from->look_again();
}

// CPU time is read once a batch, since the clock costs more than a small element; it is shared
// out by the wall times that were sampled.
void Stage::spread_cpu_time(std::int64_t cpu_ns) {
    unassigned_cpu_ns_ += cpu_ns;
    std::int64_t total = 0;
    for (const Step& step : chain_) total += step.run->batch_weight_ns;
    if (total == 0) return;
    const double share = static_cast<double>(unassigned_cpu_ns_) / static_cast<double>(total);
    for (const Step& step : chain_) {
        const double own = share * static_cast<double>(step.run->batch_weight_ns);
        ElementCounters::add(step.run->counters.busy_ns, static_cast<std::int64_t>(own));
        step.run->batch_weight_ns = 0;
    }
    unassigned_cpu_ns_ = 0;
}

// This branch is over: what is under way is dropped, what follows gets its end in order, and
// inputs are emptied so that nobody upstream waits for us.
void Stage::fail(const ElementRun& run, Error error) {
    host_.stage_failed(run.name, std::move(error));
    give_up();
}

void Stage::give_up() {
    stack_.clear();
    flushing_ = false;  // What follows has the end instead.
    release_inputs();
    wait_until_.reset();
    discarding_ = true;
    if (ending_ && at_bottom_) return;
    ending_ = Event::Type::eos;
    Work last{.index = chain_.size(), .output = {.pad = kAllPads}};
    last.output.event = Event{.type = Event::Type::eos};
    stack_.push_back(std::move(last));
}

void Stage::end() {
    for (Gathered& input : in_) input.ended.reset();  // Now they are done with.
    window_.clear();
    now_.ended = 1;
    commit();
    for (const OutChannel& out : out_) out.to->look_again();
    ended_.store(true, std::memory_order_release);
    host_.stage_ended();
}

}  // namespace parallax
