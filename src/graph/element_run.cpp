#include "graph/element_run.h"

#include <algorithm>

#include "base/check.h"
#include "graph/bus.h"
#include "graph/keeper.h"

namespace parallax {

std::size_t Element::output_bytes(std::size_t pad, const Negotiated& formats) const {
    const auto& image = formats.out(pad).image;
    return image ? image->size_bytes : 0;
}

Meta ElementRun::fresh_meta() {
    for (const Input& input : inputs) {
        if (input.frame == nullptr) continue;
        Meta meta = input.frame->meta;
        meta.flags &= ~frame_flag::piece;  // What is made of pieces need not be one.
        return meta;
    }
    Meta meta;
    meta.sequence = next_sequence;
    return meta;
}

ElementRun::Draft& ElementRun::draft(std::size_t pad) {
    Draft& d = drafts.at(pad);
    if (!d.slot) {
        Memory& m = memory.at(pad);
        PX_CHECK(m.arena.has_value());
        d.slot = m.arena->acquire();
        PX_CHECK(d.slot.has_value());  // memory_ready() said so, and burst() bounds the rest.
    }
    return d;
}

bool ElementRun::memory_ready() const {
    for (const Memory& m : memory) {
        if (m.arena && m.arena->slots_free() < element->burst()) return false;
    }
    return true;
}

void ElementRun::clear_call() {
    for (Draft& d : drafts) {
        d.slot.reset();
        d.meta.reset();
    }
    wait = {};
}

// --- Context

bool Context::has_input(std::size_t pad) const {
    return pad < run_.inputs.size() && run_.inputs[pad].frame != nullptr;
}

std::size_t Context::active_input() const { return run_.active_input; }

MemoryView Context::in(std::size_t pad) const {
    return has_input(pad) ? run_.inputs[pad].frame->bytes : MemoryView{};
}

ImageView Context::in_image(std::size_t pad) const {
    const auto& image = run_.formats.in(pad).image;
    PX_CHECK(image.has_value());
    const MemoryView bytes = in(pad);
    PX_CHECK(bytes.size() >= image->size_bytes);  // Checked by the stage before the call.
    return {*image, bytes};
}

const Meta& Context::in_meta(std::size_t pad) const {
    PX_CHECK(has_input(pad));
    return run_.inputs[pad].frame->meta;
}

bool Context::linked(std::size_t pad) const {
    return pad < run_.formats.outputs.size() && run_.formats.outputs[pad].linked;
}

MemoryViewMut Context::out(std::size_t pad) {
    if (!linked(pad) || !run_.memory.at(pad).arena) return {};
    return run_.draft(pad).slot->bytes().first(run_.memory[pad].out_bytes);
}

MutableImageView Context::out_image(std::size_t pad) {
    const auto& image = run_.formats.out(pad).image;
    PX_CHECK(image.has_value());
    return {*image, out(pad)};
}

Meta& Context::out_meta(std::size_t pad) {
    auto& meta = run_.drafts.at(pad).meta;
    if (!meta) meta = run_.fresh_meta();
    return *meta;
}

Flow Context::commit(std::size_t size_bytes, std::size_t pad) {
    if (!linked(pad)) return Flow::more;
    ElementRun::Draft& draft = run_.draft(pad);
    PX_CHECK(size_bytes <= run_.memory[pad].out_bytes);
    Meta meta = std::move(out_meta(pad));
    const MemoryView bytes = draft.slot->bytes().first(size_bytes);
    run_.outputs.push_back({.pad = pad,
                            .frame = {.payload = run_.pool->own(*std::move(draft.slot)),
                                      .bytes = bytes,
                                      .meta = std::move(meta)},
                            .event = {}});
    draft = {};
    return Flow::more;
}

Flow Context::forward(std::size_t out_pad, std::size_t in_pad) {
    if (!linked(out_pad) || !has_input(in_pad)) return Flow::more;
    ElementRun::Draft& draft = run_.drafts.at(out_pad);
    Frame& input = *run_.inputs[in_pad].frame;
    if (draft.slot) {  // in_place() had to copy; the copy goes on.
        const std::size_t size_bytes = input.bytes.size();
        return commit(size_bytes, out_pad);
    }
    Frame frame{.payload = input.payload, .bytes = input.bytes, .meta = {}};
    frame.meta = draft.meta ? *std::move(draft.meta) : input.meta;
    frame.meta.flags |= input.meta.flags & frame_flag::piece;
    draft.meta.reset();
    run_.outputs.push_back({.pad = out_pad, .frame = std::move(frame), .event = {}});
    return Flow::more;
}

KeptFrame Context::keep(std::size_t pad) {
    PX_CHECK(has_input(pad));
    return run_.keeper->keep(run_, *run_.inputs[pad].frame);
}

Flow Context::forward(const KeptFrame& frame, std::size_t out_pad) {
    if (!linked(out_pad) || !frame) return Flow::more;
    if (const Frame* live = frame.hold->frame()) {
        Frame same{.payload = live->payload, .bytes = live->bytes, .meta = frame.meta};
        run_.outputs.push_back({.pad = out_pad, .frame = std::move(same), .event = {}});
        return Flow::more;
    }
    const MemoryViewMut copy = out(out_pad);
    if (copy.size() < frame.bytes.size()) {
        count_dropped();
        return Flow::more;
    }
    std::ranges::copy(frame.bytes, copy.begin());
    count_copied(frame.bytes.size());
    out_meta(out_pad) = frame.meta;
    return commit(frame.bytes.size(), out_pad);
}

Flow Context::commit(Slot slot, std::size_t size_bytes, std::size_t pad) {
    if (!linked(pad)) return Flow::more;
    PX_CHECK(size_bytes <= slot.bytes().size());
    Meta meta = std::move(out_meta(pad));
    const MemoryView bytes = slot.bytes().first(size_bytes);
    run_.outputs.push_back({.pad = pad,
                            .frame = {.payload = run_.pool->own(std::move(slot)),
                                      .bytes = bytes,
                                      .meta = std::move(meta)},
                            .event = {}});
    run_.drafts.at(pad).meta.reset();
    return Flow::more;
}

ArenaTable& Context::arenas() {
    PX_CHECK(run_.arenas != nullptr);
    return *run_.arenas;
}

Flow Context::hand_on(MemoryView bytes, Loan loan, Meta meta, std::size_t pad) {
    // Also where nobody listens it is taken, and given back.
    Payload payload = run_.pool->borrow(loan.lender, loan.position);
    if (!linked(pad)) return Flow::more;
    run_.outputs.push_back(
        {.pad = pad,
         .frame = {.payload = std::move(payload), .bytes = bytes, .meta = std::move(meta)},
         .event = {}});
    return Flow::more;
}

MemoryViewMut Context::in_place(std::size_t out_pad) {
    if (!has_input()) return {};
    Frame& frame = *run_.inputs[0].frame;
    if (Slot* slot = frame.payload.writable()) return slot->bytes().first(frame.bytes.size());
    const MemoryViewMut copy = out(out_pad);
    if (copy.size() < frame.bytes.size()) return {};
    std::copy(frame.bytes.begin(), frame.bytes.end(), copy.begin());
    count_copied(frame.bytes.size());
    return copy.first(frame.bytes.size());
}

void Context::emit(Event event, std::size_t pad) {
    if (event.type == Event::Type::flush) return emit_up(std::move(event));  // To the stage.
    if (linked(pad)) run_.outputs.push_back({.pad = pad, .frame = {}, .event = std::move(event)});
}

void Context::emit_up(Event event) { run_.up_events.push_back(std::move(event)); }

std::int64_t Context::running_time_ns() const { return run_.clock->running_time_ns(); }
void Context::wait_until(std::int64_t running_time_ns) {
    run_.wait.running_time_ns = running_time_ns;
}
void Context::tick() {
    if (!run_.watched) return;
    run_.counters.busy_since_ns.store(monotonic_ns(), std::memory_order_relaxed);
}
void Context::wait_readable(int fd) { run_.wait.readable_fd = fd; }
bool Context::stopping() const { return run_.stopping != nullptr && *run_.stopping; }
void Context::wait_for_wake() { run_.wait.wake = true; }
void Context::must_finish() { run_.wait.must_finish = true; }

void Context::post(Severity severity, std::string text) {
    run_.bus->post({.kind = Message::Kind::text,
                    .severity = severity,
                    .element = run_.name,
                    .text = std::move(text),
                    .error = {},
                    .time_ns = run_.clock->running_time_ns()});
}

void Context::count_dropped(std::uint64_t frames) {
    ElementCounters::add(run_.counters.dropped, frames);
}
void Context::count_copied(std::uint64_t bytes) {
    ElementCounters::add(run_.counters.bytes_copied, bytes);
}
void Context::add_helper_time(std::int64_t cpu_ns) {
    ElementCounters::add(run_.counters.busy_ns, cpu_ns);
}
const std::string& Context::element_name() const { return run_.name; }

}  // namespace parallax
