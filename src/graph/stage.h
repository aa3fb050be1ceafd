// Stage: the longest run of elements that execute on one thread, and the loop that drives them.
//
// The loop takes the next input (or asks the source), hands frames down the chain by plain calls,
// puts what comes out into the channels, and commits: one store that makes consumption, release
// and publication current together. It never blocks: when an output is full, memory is short or an
// element waits for a time, the work stays on a small stack and the thread goes to other stages.
//
// Threads: step() on one thread of the group at a time; request_*() and post() from any.
#pragma once

#include <algorithm>
#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "exec/channel.h"
#include "graph/element_run.h"
#include "graph/keeper.h"
#include "parallax/group.h"

namespace parallax {

// What the stage asks of the run around it.
class StageHost {
  public:
    virtual ~StageHost() = default;
    virtual void stage_ended() = 0;
    virtual void stage_failed(const std::string& element, Error error) = 0;
    // As stage_failed(), of a stage in another process, and without waiting for anybody.
    virtual void remote_failed(const std::string& element, Error error) = 0;
    // A stage in another process can neither go on nor end in order: what waits for it waits for
    // ever.
    virtual void remote_lost() = 0;
    virtual void reconfigure_wanted() = 0;
    virtual void flush_wanted() = 0;
    virtual void first_frame() = 0;  // A sink has had its first.
    // Calls actor.notify() once the descriptor is readable.
    virtual void watch(int fd, Actor& actor) = 0;
};

// The stage at the other end of a channel, in this process or another. What it publishes and
// releases stands in its record; this is the rest. From any thread.
class Neighbour {
  public:
    virtual ~Neighbour() = default;
    // Its record or its neighbours' may have changed: it looks for itself.
    virtual void look_again() = 0;
    // It would be worth telling it at once.
    virtual bool sleeps() const = 0;
    // An event for the last element of its chain, going up.
    virtual void send_up(Event event) = 0;
    // One of those it feeds wants no more.
    virtual void downstream_done() = 0;
};

class Stage final : public Actor, public Neighbour {
  public:
    struct Input {
        Channel* channel = nullptr;
        std::size_t pad = 0;  // Of the first element.
        Neighbour* from = nullptr;
    };
    struct OutChannel {
        Channel* channel = nullptr;
        std::size_t pad = 0;   // Of the last element.
        std::size_t word = 0;  // In the commit record.
        Neighbour* to = nullptr;
    };
    struct Step {  // An element of the chain and how it hangs on the one before.
        ElementRun* run = nullptr;
        std::size_t in_pad = 0;
        std::size_t out_pad = 0;  // To the next one.
    };
    struct Options {
        ResourceGroup* group = nullptr;
        StageHost* host = nullptr;
        const RunClock* clock = nullptr;
        std::size_t inputs = 0;
        std::size_t channels = 0;
        RecordPage* page = nullptr;  // Where other processes see it; null: they do not.
        Positions start = {};        // Of the predecessor whose work it goes on with.
        bool goes_on = false;        // With the predecessor's own elements, which know its state.
        // Four slots for what StateClass::checkpoint writes down, by commits as the record's; in
        // the first is what the predecessor wrote. Outlives the stage.
        std::span<std::byte> checkpoints = {};
        // Positions of each input that are passed over: frames that killed who touched them.
        std::vector<std::vector<std::uint64_t>> poison = {};
        TraceRing* trace = nullptr;  // Where it writes down what it does, if anywhere.
    };
    // A frame that a predecessor handed on without a copy, and that is still looked at.
    struct Lent {
        std::size_t channel = 0;  // By number of add_output().
        std::uint64_t position = 0;
        Origin origin;
    };

    explicit Stage(const Options& options);

    // Put together before the first notify().
    void set_chain(std::vector<Step> chain);
    void add_input(Input input);
    void add_output(OutChannel output);
    // After the inputs and outputs are there: goes on where a predecessor ended.
    Result<> resume(const std::vector<Lent>& lent);
    // Lets go of all that comes and tells those after it the end; on its thread.
    void give_up();
    const CommitRecord& record() const { return record_; }
    const std::vector<Step>& chain() const { return chain_; }
    bool is_source() const { return in_.empty(); }

    // From here on it works when it is notified; before, neighbours may be ready that it is not.
    void begin() {
        begun_ = true;
        notify();
    }
    // A source ends its stream in order; everything after it drains.
    void request_stop() { stop_ = true; }
    // A source hands `reconfigure` down, as if its own format had changed.
    void request_reconfigure() { reconfigure_ = true; }
    // Drops what came before that flush of the run, as soon as it has a turn, and hands it down.
    // Of several those that came to nothing may be left out. From any thread.
    void request_flush(std::uint64_t number);
    // Runs `work` on the stage's thread between two frames.
    void post(std::move_only_function<void()> work);
    // An event for the last element of the chain, going up.
    void send_up(Event event) override;
    void look_again() override { notify(); }
    bool sleeps() const override { return idle(); }
    void downstream_done() override;
    // What elements of this stage still keep when it is taken down.
    Keeper& keeper() { return *keeper_; }
    bool ended() const { return ended_.load(std::memory_order_acquire); }

  private:
    enum class Progress : std::uint8_t { done, blocked };
    static constexpr std::size_t kAllPads = ~std::size_t{0};

    struct Work {  // Something on its way down the chain; index == chain size: into the channels.
        std::size_t index = 0;
        bool gathered = false;  // The first element, with what in_ holds; or a source's turn.
        bool begun = false;     // Part of it is out.
        Output output;
        std::uint64_t delivered = 0;  // Bit per out channel that has it already.
    };
    struct Gathered {  // One input of the first element.
        Input at;
        std::optional<Entry> front;  // Taken out of the channel, not yet given to the element.
        Frame frame;
        Borrows borrows;
        std::uint64_t next = 0;  // Position to take.
        bool active = false;     // Its frame is part of this call.
        std::optional<Event::Type> ended;
        std::optional<std::uint64_t> flush;  // Its event was taken, and waits for the others'.
        std::int64_t flush_since_ns = 0;
        std::uint64_t flush_let_pass = 0;  // A flush that nobody asked for in time.
        std::uint64_t again_until = 0;     // Frames before were seen by a predecessor.
        std::uint64_t done() const {
            return std::max(front || ended || flush ? next - 1 : next, again_until);
        }
    };

    // The loop: stage.cpp
    static CommitRecord record_of(const Options& options);
    Result<> restore_state();
    void save_state();
    void hold_window();
    bool again_in_window();
    void skip_drained(ElementRun& run);
    void mark_gap();
    bool step() override;
    bool take_turn();
    bool waiting();
    bool commit_point() const;
    void commit();
    void notify_neighbours();
    void run_inbox();
    void spread_cpu_time(std::int64_t cpu_ns);
    void fail(const ElementRun& run, Error error);
    void end();

    // Input side: stage_input.cpp
    bool fetch();
    bool fetch_from_source();
    bool fetch_any();
    bool fetch_by_pts();
    bool fetch_oldest();
    void refill(Gathered& input);
    bool refill_all();
    bool drop_unmatched();
    bool discard_inputs();
    void activate(Gathered& input);
    void release_inputs();
    void drop_front(Gathered& input);
    bool is_poison(const Gathered& input, std::uint64_t position) const;
    void start_end(Event::Type type);
    void tell_upstream_done();

    // Flushes: stage_flush.cpp
    bool flush_due() const {
        return flush_asked_.load(std::memory_order_acquire) > flush_begun_;  // request_flush()
    }
    void begin_flush();
    bool fetch_flush();
    bool clear_way(Gathered& input, bool& any);
    bool is_whole(const Gathered& input) const;
    void hold_flush(Gathered& input, std::uint64_t number);
    void doubt_flush(Gathered& input);
    bool falls(const Work& work) const;
    void drop(const Work& work);
    void mark_outputs(ElementRun& run);
    void end_flush();

    // Chain: stage_chain.cpp
    Progress run_top();
    Progress run_element(Work& work);
    Progress run_event(Work& work);
    Progress drain(Work& work);
    Progress deliver(Work& work);
    bool bind_inputs(ElementRun& run, Work& work);
    bool memory_ready(ElementRun& run);
    Progress suspend(ElementRun& run, Work& work);
    void finish_early(std::size_t index);
    void hand_on(ElementRun& run, std::size_t index);
    void pass_up(ElementRun& run, std::size_t index);
    Result<Flow> call(ElementRun& run, bool drain);
    Result<Flow> watched_call(ElementRun& run, bool drain);
    Result<Flow> traced_call(ElementRun& run, bool drain);
    Result<Flow> untraced_call(ElementRun& run, bool drain);
    void trace_crossing(TraceEvent::Kind kind, std::size_t number, std::uint64_t position);

    StageHost& host_;
    const RunClock& clock_;
    CommitRecord record_;
    const bool shared_;
    const std::vector<std::vector<std::uint64_t>> poison_;
    TraceRing* const trace_;
    Positions now_;
    const bool goes_on_;
    std::optional<Positions> told_;  // By the last commit that others see.
    FramePool pool_;
    KeeperHandle keeper_ = make_keeper(*this);
    std::vector<Step> chain_;
    std::vector<Gathered> in_;
    std::vector<OutChannel> out_;
    std::vector<Work> stack_;  // The top is next.
    std::optional<std::int64_t> wait_until_;

    Element* stateful_ = nullptr;  // Whose state a successor needs, when shared,
    StateClass state_class_ = StateClass::pure;
    std::span<std::byte> checkpoints_;
    std::vector<std::byte> checkpoint_;  // Room for the next one.
    std::deque<Payload> window_;         // The last inputs of StateClass::window,
    std::uint64_t drained_ = 0;          // and what has come of its end,
    std::uint64_t drained_again_ = 0;    // where a predecessor had handed that on.

    std::atomic<bool> begun_{false};
    std::atomic<bool> stop_{false};
    std::atomic<bool> reconfigure_{false};
    std::atomic<bool> ended_{false};
    std::atomic<std::size_t> downstream_done_{0};
    std::atomic<bool> told_upstream_{false};
    std::optional<Event::Type> ending_;  // eos or reconfigure is on its way down,
    bool at_bottom_ = false;             // and has arrived there.
    bool discarding_ = false;            // Inputs are dropped until they end.
    std::size_t next_input_ = 0;         // For InputPolicy::any.
    bool seen_frame_ = false;
    std::atomic<std::uint64_t> flush_asked_;  // The number of the last one,
    std::uint64_t flush_begun_;               // of the last one that was begun,
    bool flushing_ = false;                   // and whether its event is still to go out.
    bool after_flush_ = false;                // A source: the next frame follows a gap.
    std::uint64_t discont_ = 0;               // Bit per out channel whose next frame follows a gap.
    bool published_ = false;                  // In this batch.
    bool freed_ = false;                      // In this batch: room or bytes, for those upstream.
    std::int64_t batch_wall_ns_ = 0;
    std::int64_t unassigned_cpu_ns_ = 0;

    std::mutex inbox_mutex_;
    std::vector<std::move_only_function<void()>> inbox_;
    std::atomic<bool> inbox_waiting_{false};
};

}  // namespace parallax
