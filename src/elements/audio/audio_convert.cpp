#include "elements/audio/audio_convert.h"

#include <array>

#include "elements/inline_bytes.h"

namespace parallax::compute {

std::span<const Nick<DitherKind>> nicks(DitherKind) {
    using enum DitherKind;
    static constexpr std::array<Nick<DitherKind>, 3> kNicks{
        {{none, "none", "rounded to nearest"},
         {rpdf, "rpdf", "noise of uniform density"},
         {tpdf, "tpdf", "noise of triangular density: no distortion at all"}}};
    return kNicks;
}

}  // namespace parallax::compute

namespace parallax::elements {
namespace {

Pads sound_to_sound(StateClass state) {
    return {.pads = {{"sink", PadDirection::sink, audio_caps()},
                     {"src", PadDirection::src, audio_caps()}},
            .relation = Relation::transform,
            .state = state,
            .forwards = true};
}

}  // namespace

Pads AudioConvert::pads() { return sound_to_sound(StateClass::inline_state); }

// The same first, then other formats, then other channels too.
Caps AudioConvert::transform(const Pad&, const Caps& caps, const Pad& to) const {
    if (caps.is_any()) return to.caps;
    Caps result = caps;
    const Value formats = *to.caps.structures().front().find("format");
    for (const Structure& shape : caps.structures()) {
        Structure other = shape;
        other.set("format", formats);
        result.append(std::move(other));
    }
    const Value mixed = IntRange{1, compute::kMostMixedChannels};
    for (const Structure& shape : caps.structures()) {
        const Value* const channels = shape.find("channels");
        if (channels != nullptr && !intersect(*channels, mixed)) continue;
        Structure other = shape;
        other.set("format", formats);
        other.set("channels", mixed);
        other.erase("channel-mask");
        result.append(std::move(other));
    }
    return intersect(result, to.caps);
}

Result<> AudioConvert::configure(const Negotiated& formats) {
    if (!formats.in().linked || !formats.out().linked) return {};
    from_ = PX_TRY(audio_from_caps(formats.in().caps));
    to_ = PX_TRY(audio_from_caps(formats.out().caps));
    same_ = from_ == to_;
    if (same_) return {};
    pieces_.configure(from_);
    matrix_ = compute::mix_matrix(from_.channels, to_.channels);
    dither_ = compute::Dither(options().dithering);
    return {};
}

std::size_t AudioConvert::output_bytes(std::size_t, const Negotiated&) const {
    return kPieceFrames * to_.frame_bytes();
}

Result<Flow> AudioConvert::process(Context& context) {
    if (same_) return context.forward();
    if (!context.linked()) return Flow::more;
    pieces_.load(context);
    const auto piece = pieces_.take();
    if (piece.empty()) return pieces_.next();
    const std::size_t frames = piece.size() / from_.frame_bytes();
    in_.resize(frames * static_cast<std::size_t>(from_.channels));
    out_.resize(frames * static_cast<std::size_t>(to_.channels));
    compute::read_samples(from_.sample_format, piece, in_);
    if (!matrix_.identity()) compute::mix(matrix_, in_, out_);
    compute::write_samples(to_.sample_format, matrix_.identity() ? in_ : out_, context.out(),
                           dither_);
    stamp_audio(context.out_meta(), {.pts_ns = pieces_.pts_ns(),
                                     .frames = frames,
                                     .sequence = sent_++,
                                     .sample_rate = to_.sample_rate});
    context.commit(frames * to_.frame_bytes());
    return pieces_.next();
}

// What waits is less than one frame of sound: there is room for 32 bytes, eight channels of 32
// bits.
void AudioConvert::save(InlineState& state) const {
    state = {sent_, static_cast<std::uint64_t>(pieces_.next_pts_ns()), dither_.state()};
    state[3] = pack_inline(pieces_.rest(), std::span(state).subspan<4>());
}

Result<> AudioConvert::restore(const InlineState& state) {
    sent_ = state[0];
    dither_.set_state(state[2]);
    pieces_.go_on_from(PX_TRY(unpack_inline(state[3], std::span(state).subspan<4>())),
                       static_cast<std::int64_t>(state[1]));
    return {};
}

namespace {

// The rates that can become some of these, or come of them: all within the ratio of the extremes.
Value reachable_rates(const Value* rates) {
    std::int64_t low = 1;
    std::int64_t high = kMaxSampleRate;
    const auto widen = [&](const Value& value) {
        if (const auto* const one = value.get<std::int64_t>()) {
            low = std::min(low, *one);
            high = std::max(high, *one);
        } else if (const auto* const range = value.get<IntRange>()) {
            low = std::min(low, range->min);
            high = std::max(high, range->max);
        }
    };
    if (rates != nullptr) {
        low = kMaxSampleRate;
        high = 1;
        widen(*rates);
        if (const auto* const list = rates->get<List>())
            for (const Value& item : list->items()) widen(item);
    }
    constexpr std::int64_t ratio = compute::kMostRateRatio;
    const std::int64_t least = std::max<std::int64_t>((low + ratio - 1) / ratio, 1);
    const std::int64_t most = std::min<std::int64_t>(high * ratio, kMaxSampleRate);
    return IntRange{std::min(least, most), most};
}

}  // namespace

// Its memory of what came before is larger than what a commit holds.
Pads AudioResample::pads() { return sound_to_sound(StateClass::opaque); }

// The same rate first.
Caps AudioResample::transform(const Pad&, const Caps& caps, const Pad& to) const {
    if (caps.is_any()) return to.caps;
    Caps result = caps;
    for (const Structure& shape : caps.structures()) {
        Structure other = shape;
        other.set("rate", reachable_rates(shape.find("rate")));
        result.append(std::move(other));
    }
    return intersect(result, to.caps);
}

Result<> AudioResample::configure(const Negotiated& formats) {
    if (!formats.in().linked || !formats.out().linked) return {};
    from_ = PX_TRY(audio_from_caps(formats.in().caps));
    to_ = PX_TRY(audio_from_caps(formats.out().caps));
    same_ = from_ == to_;
    if (same_) return {};
    pieces_.configure(from_);
    resampler_.emplace(PX_TRY(compute::Resampler::create({.in_rate = from_.sample_rate,
                                                          .out_rate = to_.sample_rate,
                                                          .channels = from_.channels,
                                                          .quality = options().quality})));
    return {};
}

std::size_t AudioResample::output_bytes(std::size_t, const Negotiated&) const {
    return kPieceFrames * to_.frame_bytes();
}

// Hands on what is ready, one frame at most; false when nothing is.
bool AudioResample::send(Context& context) {
    const auto channels = static_cast<std::size_t>(to_.channels);
    out_.resize(kPieceFrames * channels);
    const std::uint64_t before = resampler_->frames_out();
    const std::size_t frames = resampler_->pull(out_);
    if (frames == 0) return false;
    compute::write_samples(to_.sample_format, std::span(out_).first(frames * channels),
                           context.out(), dither_);
    const std::int64_t since_ns = frames_ns(before, to_.sample_rate);
    stamp_audio(context.out_meta(),
                {.pts_ns = start_ns_ == kNoTimeNs ? kNoTimeNs : start_ns_ + since_ns,
                 .frames = frames,
                 .sequence = sent_++,
                 .sample_rate = to_.sample_rate});
    context.commit(frames * to_.frame_bytes());
    return true;
}

Result<Flow> AudioResample::process(Context& context) {
    if (same_) return context.forward();
    if (!context.linked()) return Flow::more;
    if (start_ns_ == kNoTimeNs) start_ns_ = context.in_meta().pts_ns;
    pieces_.load(context);
    for (;;) {
        if (send(context)) return Flow::again;  // There may be more of this input.
        const auto piece = pieces_.take();
        if (piece.empty()) return pieces_.next();
        in_.resize(piece.size() / traits(from_.sample_format).bytes);
        compute::read_samples(from_.sample_format, piece, in_);
        resampler_->push(in_);
    }
}

Result<Flow> AudioResample::drain(Context& context) {
    if (same_ || !resampler_ || !context.linked()) return Flow::eos;
    resampler_->finish();
    return send(context) ? Flow::more : Flow::eos;
}

}  // namespace parallax::elements
