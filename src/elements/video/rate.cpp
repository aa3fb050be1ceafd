#include "elements/video/rate.h"

#include <algorithm>

#include "elements/frame_time.h"
#include "elements/video_format.h"

namespace parallax::elements {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kRoundingNs = 2;  // Times are whole nanoseconds, of pictures and of theirs.

std::int64_t later(std::int64_t at_ns, std::int64_t by_ns) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(at_ns, by_ns, &sum) ? INT64_MAX : sum;
}

Structure with_any_rate(Structure shape) {
    shape.erase("framerate");
    return shape;
}

}  // namespace

Pads VideoRate::pads() {
    return {.pads = {{"sink", PadDirection::sink, picture_caps()},
                     {"src", PadDirection::src, picture_caps()}},
            .relation = Relation::transform,
            .state = StateClass::inline_state,
            .forwards = true,
            .allocates = false};
}

// The same rate first, then any other.
Caps VideoRate::transform(const Pad&, const Caps& caps, const Pad& to) const {
    if (caps.is_any()) return to.caps;
    Caps result = caps;
    for (const Structure& shape : caps.structures()) result.append(with_any_rate(shape));
    return intersect(result, to.caps);
}

// A rate that changes on the way goes on from the time that is next.
Result<> VideoRate::configure(const Negotiated& formats) {
    const Fraction rate = formats.out().framerate;
    for (const Fraction& each : {rate, formats.in().framerate}) {
        if (std::max(each.num(), each.den()) <= INT32_MAX) continue;
        return fail(Errc::invalid_argument, "a rate of " + to_string(Value(each)) + " is too fine",
                    "both of its numbers must fit into 31 bits");
    }
    if (begun_ && rate != rate_) begin_anew();
    in_rate_ = formats.in().framerate;
    rate_ = rate;
    return {};
}

// From the time of the next picture that would go out.
void VideoRate::begin_anew() {
    if (rate_.num() <= 0) return;
    Meta next;
    stamp(next, slot_, rate_);
    base_ns_ = later(base_ns_, next.pts_ns);
    slot_ = 0;
    since_ = 0;
}

// What was dropped leaves a gap, and is not filled with the picture after it.
Result<bool> VideoRate::event(Context&, const Event& event) {
    if (event.type != Event::Type::flush || !std::exchange(begun_, false)) return false;
    begin_anew();
    return false;
}

std::uint32_t VideoRate::burst() const { return static_cast<std::uint32_t>(options().max_repeat); }

Result<std::int64_t> VideoRate::time_of(const Meta& meta) const {
    if (meta.pts_ns != kNoTimeNs) return meta.pts_ns;
    if (in_rate_.num() <= 0) {
        return fail(Errc::invalid_argument, "a picture came without a time, and of no known rate",
                    "write its rate before videorate: video/x-raw,framerate=30/1");
    }
    Meta counted;
    stamp(counted, since_, in_rate_);
    return later(base_ns_, counted.pts_ns);
}

// The slots whose middle lies before.
VideoRate::Shown VideoRate::shown_until(Wide end_ns) {
    // (slot + 1/2) / rate <= end, in halves of a slot.
    const Wide ahead = 2 * Wide{rate_.num()} * (end_ns - base_ns_ + kRoundingNs);
    const Wide half = Wide{rate_.den()} * kSecondNs;
    if (ahead < half) return {};
    const auto end =
        static_cast<std::uint64_t>(std::min((ahead + half) / (2 * half), Wide{INT64_MAX}));
    if (end <= slot_) return {};
    const std::uint64_t times = end - slot_;
    const std::uint64_t most = options().max_repeat;
    if (times <= most) return {.times = times};
    slot_ += times - most;
    return {.times = most, .after_gap = true};
}

Result<Flow> VideoRate::process(Context& context) {
    if (rate_.num() <= 0) return context.forward();
    const Meta& in = context.in_meta();
    if (!begun_) {
        begun_ = true;
        if (in.pts_ns != kNoTimeNs) base_ns_ = in.pts_ns;
    }
    const std::int64_t at = PX_TRY(time_of(in));
    // Until the next one, where it is known when that comes; else it is on show at its time.
    const Wide on_show = in_rate_.num() > 0 ? Wide{kSecondNs} * in_rate_.den() / in_rate_.num()
                                            : Wide{kSecondNs} * rate_.den() / rate_.num() / 2;
    Shown shown = shown_until(at + on_show);
    ++given_;
    ++since_;
    if (shown.times == 0) context.count_dropped();
    for (std::uint64_t i = 0; i < shown.times; ++i) {
        Meta& out = context.out_meta();
        out = in;
        stamp(out, slot_++, rate_);
        out.pts_ns = later(base_ns_, out.pts_ns);
        out.sequence = made_++;
        if (shown.after_gap) out.flags |= frame_flag::discont;
        if (i > 0) out.flags &= ~frame_flag::discont;
        shown.after_gap = false;
        context.forward();
    }
    repeated_ += shown.times > 1 ? shown.times - 1 : 0;
    return Flow::more;
}

void VideoRate::save(InlineState& state) const {
    state = {begun_ ? 1U : 0U, static_cast<std::uint64_t>(base_ns_), slot_, given_, since_, made_,
             repeated_};
}

Result<> VideoRate::restore(const InlineState& state) {
    begun_ = state[0] != 0;
    base_ns_ = static_cast<std::int64_t>(state[1]);
    slot_ = state[2];
    given_ = state[3];
    since_ = state[4];
    made_ = state[5];
    repeated_ = state[6];
    return {};
}

std::vector<std::pair<std::string, double>> VideoRate::metrics() const {
    return {{"frames_repeated", static_cast<double>(repeated_)}};
}

}  // namespace parallax::elements
