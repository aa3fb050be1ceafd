#include "elements/flow/steer.h"

#include <string>

namespace parallax::elements {
namespace {

Pads one_to_one() {
    return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
            .relation = Relation::pass_through,
            .forwards = true,
            .allocates = false};
}

// A number in 0 … 1 that depends on the frame alone, so that a frame that is run again after a
// restart meets the same fate. SplitMix64 (Steele, Lea, Flood, OOPSLA 2014).
double fate(std::uint64_t sequence) {
    std::uint64_t z = (sequence + 1) * 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<double>((z ^ (z >> 31U)) >> 11U) * 0x1.0p-53;
}

// Of elements that no process of its own would make safer: they only steer references.
Pads steering() {
    Pads pads = one_to_one();
    pads.local = true;
    return pads;
}

}  // namespace

Pads Tee::pads() {
    Pads pads = one_to_one();
    pads.pads[1].name = "src_%u";
    pads.local = true;
    return pads;
}

Result<> Tee::configure(const Negotiated& formats) {
    outputs_ = formats.outputs.size();
    return {};
}

Result<Flow> Tee::process(Context& context) {
    if (outputs_ == 0 && !options().allow_not_linked) {
        return fail(Errc::invalid_argument, "no output is linked", "set allow-not-linked=true");
    }
    for (std::size_t pad = 0; pad < outputs_; ++pad) context.forward(pad);
    return Flow::more;
}

Pads Funnel::pads() {
    Pads pads = one_to_one();
    pads.pads[0].name = "sink_%u";
    pads.policy = InputPolicy::any;
    pads.local = true;
    return pads;
}

Pads Valve::pads() { return steering(); }

Result<Flow> Valve::process(Context& context) {
    if (!options().drop) return context.forward();
    context.count_dropped();
    return Flow::more;
}

Pads CapsFilter::pads() { return steering(); }

Pads Identity::pads() {
    Pads pads = one_to_one();
    pads.state = StateClass::inline_state;
    return pads;
}

Result<Flow> Identity::process(Context& context) {
    const IdentityOptions& o = options();
    const bool plain = o.silent && !o.sync && o.sleep_time == 0 && o.error_after < 0 &&
                       o.eos_after < 0 && o.drop_probability == 0;
    if (plain) [[likely]]
        return context.forward();
    return slow_process(context);
}

Result<Flow> Identity::slow_process(Context& context) {
    const IdentityOptions& o = options();
    const Meta& meta = context.in_meta();
    const std::int64_t now = context.running_time_ns();
    if (waiting_until_ns_ < 0) {
        waiting_until_ns_ = o.sync && meta.pts_ns >= 0 ? meta.pts_ns : 0;
        if (o.sleep_time > 0) {
            waiting_until_ns_ =
                std::max(waiting_until_ns_, now + static_cast<std::int64_t>(o.sleep_time) * 1000);
        }
    }
    if (now < waiting_until_ns_) {
        context.wait_until(waiting_until_ns_);
        return Flow::again;
    }
    waiting_until_ns_ = -1;
    ++frames_;
    if (!o.silent) {
        context.post(Severity::info, "frame " + std::to_string(meta.sequence) + ", " +
                                         std::to_string(context.in().size()) + " bytes, pts " +
                                         std::to_string(meta.pts_ns) + " ns");
    }
    if (o.error_after >= 0 && frames_ >= o.error_after) {
        return fail(Errc::invalid_argument,
                    "error-after=" + std::to_string(o.error_after) + " was reached");
    }
    if (o.drop_probability > 0 && fate(meta.sequence) < o.drop_probability) {
        context.count_dropped();
        return Flow::more;
    }
    context.forward();
    return o.eos_after >= 0 && frames_ >= o.eos_after ? Flow::eos : Flow::more;
}

// The frame that it waited with is gone.
Result<bool> Identity::event(Context&, const Event& event) {
    if (event.type == Event::Type::flush) waiting_until_ns_ = -1;
    return false;
}

void Identity::save(InlineState& state) const { state[0] = static_cast<std::uint64_t>(frames_); }

Result<> Identity::restore(const InlineState& state) {
    frames_ = static_cast<std::int64_t>(state[0]);
    return {};
}

}  // namespace parallax::elements
