// Context: what an element sees while it works: its inputs, its outputs already allocated, and the
// means to commit.
//
// Pads are numbered in the order in which the element lists them, inputs and outputs apart;
// requested pads follow in the order of their numbers. Unlinked pads keep their number.
//
//     Result<Flow> Gain::process(Context& context) {
//         const MemoryView in = context.in();
//         const MemoryViewMut out = context.out();
//         …
//         return context.commit(in.size());
//     }
//
// Threads: used on the stage's thread, for the length of the call it is passed to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "parallax/arena.h"
#include "parallax/event.h"
#include "parallax/image.h"
#include "parallax/kept_frame.h"
#include "parallax/meta.h"
#include "parallax/segment.h"

namespace parallax {

// What an element answers to process() and drain().
enum class Flow : std::uint8_t {
    more,         // Done with this input; call me with the next.
    again,        // Not done: call me with the same input when what I asked to wait for is there.
    eos,          // A source or drain(): nothing more will come.
    reconfigure,  // A source: what comes next has another format; pad_caps() says which.
};

enum class Severity : std::uint8_t { debug, info, warning, error };

class ArenaTable;  // src/memory/arena_table.h
class Borrows;     // src/exec/frame.h
class ElementRun;  // src/graph/element_run.h

class Context {
  public:
    explicit Context(ElementRun& run) : run_(run) {}

    // --- Inputs. Views end with the call; copy what must live longer.
    bool has_input(std::size_t pad = 0) const;
    std::size_t active_input() const;  // For InputPolicy::any.
    MemoryView in(std::size_t pad = 0) const;
    ImageView in_image(std::size_t pad = 0) const;  // Only where the format is a raw picture.
    const Meta& in_meta(std::size_t pad = 0) const;
    // Holds on to the frame beyond this call, without a copy for up to Element::keeps() of them.
    KeptFrame keep(std::size_t pad = 0);

    // --- Outputs.
    bool linked(std::size_t pad = 0) const;
    // A slot of output_bytes(), content unspecified; empty when the pad is not linked.
    MemoryViewMut out(std::size_t pad = 0);
    MutableImageView out_image(std::size_t pad = 0);
    // Of the frame to be committed. Starts as a copy of the first input's, or numbered anew.
    Meta& out_meta(std::size_t pad = 0);
    // Hands on the first `size_bytes` of out(pad). The next out(pad) is another slot.
    Flow commit(std::size_t size_bytes, std::size_t pad = 0);
    // Hands the input frame on untouched, without a copy.
    Flow forward(std::size_t out_pad = 0, std::size_t in_pad = 0);
    // The same for a frame that was kept; one that is a copy is copied again, where there is room.
    Flow forward(const KeptFrame& frame, std::size_t out_pad = 0);
    // Hands on the first `size_bytes` of a slot of the element's own, in an arena of its own or of
    // the program's, without a copy. It comes back to that arena when nobody looks at it any more.
    Flow commit(Slot slot, std::size_t size_bytes, std::size_t pad = 0);
    // The input's bytes for writing, to be handed on by forward(): the slot itself where this
    // stage owns it alone, else a copy (counted) in out(). Empty when neither is possible.
    MemoryViewMut in_place(std::size_t out_pad = 0);
    // An event down, in order with the frames. Of type flush: asks for a flush of the run.
    void emit(Event event, std::size_t pad = 0);
    // An event up, to the elements before this one; out of order with frames.
    void emit_up(Event event);

    // --- For elements that join programs. Every arena that frames of this run lie in; and a frame
    // whose bytes lie in one of them, which a lender lent out at that position and gets back there.
    ArenaTable& arenas();
    struct Loan {
        Borrows& lender;
        std::uint64_t position;
    };
    Flow hand_on(MemoryView bytes, Loan loan, Meta meta, std::size_t pad = 0);

    // --- Time. Running time counts from the start of the run and stands still while paused.
    std::int64_t running_time_ns() const;
    // With Flow::again: call me at that running time.
    void wait_until(std::int64_t running_time_ns);
    // With Flow::again: call me when `fd` can be read (or written).
    void wait_readable(int fd);
    // With Flow::again from a source: call me when Pipeline wakes it (appsrc).
    void wait_for_wake();

    // With Flow::again: part of this frame has gone out, so that no flush may drop the rest of it.
    void must_finish();

    // Long work goes on: who watches that calls come to an end waits anew from here.
    void tick();
    // The run was told to stop: who waits for the world outside gives up soon.
    bool stopping() const;

    // --- To the outside.
    void post(Severity severity, std::string text);
    void count_dropped(std::uint64_t frames = 1);
    void count_copied(
        std::uint64_t bytes);  // Bytes that the element itself copied for the runtime.
    void add_helper_time(std::int64_t cpu_ns);  // CPU time spent on threads of its own.
    const std::string& element_name() const;

  private:
    ElementRun& run_;
};

}  // namespace parallax
