// ElementRun: one element of a run: the instance, its formats and memory, and its counters.
//
// It outlives the stages that call it: a renegotiation makes new stages and arenas, the element
// and its counters stay. Context is the element's view on it.
//
// Threads: the stage's, but for `counters`, which anyone may read.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "exec/frame.h"
#include "graph/run_clock.h"
#include "parallax/element.h"
#include "parallax/registry.h"
#include "trace/histogram.h"
#include "trace/trace_ring.h"

namespace parallax {

class ArenaTable;
class Bus;
class Keeper;

// Written by the stage's thread with relaxed stores, read by anyone.
struct ElementCounters {
    std::atomic<std::uint64_t> frames_in{0};
    std::atomic<std::uint64_t> frames_out{0};
    std::atomic<std::uint64_t> dropped{0};
    std::atomic<std::uint64_t> bytes_copied{0};
    std::atomic<std::int64_t> busy_ns{0};  // Thread CPU time, helpers included.
    // Since when it is in a call, by the monotonic clock, or 0; where others watch over it.
    std::atomic<std::int64_t> busy_since_ns{0};
    Histogram latency_ns;  // Of process(), wall time; fast elements are sampled.

    // For who shows what others count.
    void set_to(const ElementCounters& other) {
        clear();
        add_all_of(other);
    }
    void add_all_of(const ElementCounters& other) {
        const auto sum = [](auto& mine, const auto& theirs) {
            mine.store(
                mine.load(std::memory_order_relaxed) + theirs.load(std::memory_order_relaxed),
                std::memory_order_relaxed);
        };
        sum(frames_in, other.frames_in);
        sum(frames_out, other.frames_out);
        sum(dropped, other.dropped);
        sum(bytes_copied, other.bytes_copied);
        sum(busy_ns, other.busy_ns);
        latency_ns.add_all_of(other.latency_ns);
    }
    void clear() {
        for (auto* word : {&frames_in, &frames_out, &dropped, &bytes_copied}) word->store(0);
        busy_ns.store(0);
        latency_ns.clear();
    }

    template <class T>
    static void add(std::atomic<T>& word, T by) {
        word.store(word.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
    }
};

// What an element handed on: a frame or an event, on which pad.
struct Output {
    std::size_t pad = 0;
    Frame frame = {};
    std::optional<Event> event = {};
};

// Why a stage waits in the middle of an element's work.
struct WaitFor {
    std::optional<std::int64_t> running_time_ns;
    int readable_fd = -1;
    bool wake = false;
    bool must_finish = false;
};

class ElementRun {
  public:
    ElementRun() : own_counters_(std::make_unique<ElementCounters>()), counters(*own_counters_) {}
    // Counts where others see it.
    explicit ElementRun(ElementCounters& elsewhere) : counters(elsewhere) {}

  private:
    std::unique_ptr<ElementCounters> own_counters_;

  public:
    std::string name;
    std::string factory;
    Pads pads;                            // With the requested ones appended.
    std::vector<std::size_t> input_pads;  // Input number → index into pads.pads.
    std::vector<std::size_t> output_pads;
    std::unique_ptr<Element> element;
    ElementCounters& counters;
    bool watched = false;            // busy_since_ns is kept.
    TraceRing* trace = nullptr;      // Where its calls are written down, if they are.
    std::uint32_t trace_number = 0;  // Which of its stage it is there.
    std::uint64_t calls_traced = 0;
    bool finished = false;  // It said eos itself: further input is dropped.

    Bus* bus = nullptr;
    const RunClock* clock = nullptr;
    FramePool* pool = nullptr;                    // Of the stage it is in.
    Keeper* keeper = nullptr;                     // The same.
    ArenaTable* arenas = nullptr;                 // Of the process.
    std::uint32_t kept = 0;                       // Frames kept without a copy.
    const std::atomic<bool>* stopping = nullptr;  // The same.

    // --- As planned.
    Negotiated formats;
    // Also with the formats it has: it asked for that, or a property of it was set. Written between
    // two calls, on the thread that makes them.
    bool configure_again = true;
    struct Memory {
        std::optional<CpuArena> arena;
        std::size_t out_bytes = 0;
    };
    std::vector<Memory> memory;  // By output.

    // --- During one call.
    struct Input {
        Frame* frame = nullptr;
    };
    std::vector<Input> inputs;
    std::size_t active_input = 0;
    struct Draft {  // An output frame under construction.
        std::optional<Slot> slot;
        std::optional<Meta> meta;
    };
    std::vector<Draft> drafts;
    std::vector<Output> outputs;  // Committed by this call, in order.
    std::vector<Event> up_events;
    WaitFor wait;
    std::uint64_t next_sequence = 0;

    // --- Time keeping; see Stage.
    int unsampled_calls = 0;  // Until the next one is timed.
    std::int64_t batch_weight_ns = 0;

    Meta fresh_meta();
    Draft& draft(std::size_t pad);
    // Whether every output that allocates has room for one more call.
    bool memory_ready() const;
    void clear_call();
};

}  // namespace parallax
