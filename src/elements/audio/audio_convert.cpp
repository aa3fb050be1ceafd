#include "elements/audio/audio_convert.h"

#include <array>

#include "media/bytes.h"

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

Pads AudioConvert::pads() { return sound_to_sound(StateClass::checkpoint); }

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

Result<bool> AudioConvert::event(Context&, const Event& event) {
    if (event.type == Event::Type::flush) pieces_.forget();
    return false;
}

namespace {

constexpr std::size_t kMostFrameBytes = kMaxChannels * sizeof(double);

// What both remember: how many frames they made, and what waits of a frame of sound.
void save_common(ByteWriter& out, std::uint64_t sent, const compute::Dither& dither,
                 const AudioPieces& pieces) {
    out.put(sent);
    out.put(dither.state());
    out.put(pieces.next_pts_ns());
    out.put(static_cast<std::uint32_t>(pieces.rest_bytes()));
    out.put_bytes(pieces.rest());
}

void restore_common(ByteReader& in, std::uint64_t& sent, compute::Dither& dither,
                    AudioPieces& pieces) {
    sent = in.get<std::uint64_t>();
    dither.set_state(in.get<std::uint64_t>());
    const auto next_pts_ns = in.get<std::int64_t>();
    pieces.go_on_from(in.get_bytes(in.get_count(kMostFrameBytes, 1)), next_pts_ns);
}

constexpr std::size_t kCommonBytes =
    3 * sizeof(std::uint64_t) + sizeof(std::uint32_t) + kMostFrameBytes;

Failure fail_no_state() { return fail(Errc::corrupt, "no state of an element like this one"); }

}  // namespace

std::size_t AudioConvert::checkpoint_bytes() const { return same_ ? 0 : kCommonBytes; }

void AudioConvert::save_checkpoint(std::vector<std::byte>& state) const {
    if (same_) return;
    ByteWriter out(std::move(state));
    save_common(out, sent_, dither_, pieces_);
    state = std::move(out).take();
}

Result<> AudioConvert::restore_checkpoint(std::span<const std::byte> state) {
    if (same_) return {};
    ByteReader in(state);
    restore_common(in, sent_, dither_, pieces_);
    return in.bad() ? fail_no_state() : Result<>();
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

Pads AudioResample::pads() { return sound_to_sound(StateClass::checkpoint); }

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
    return begin_anew();
}

Result<> AudioResample::begin_anew() {
    resampler_.emplace(PX_TRY(compute::Resampler::create({.in_rate = from_.sample_rate,
                                                          .out_rate = to_.sample_rate,
                                                          .channels = from_.channels,
                                                          .quality = options().quality})));
    return {};
}

// What it remembers of the sound before must not ring on in what follows.
Result<bool> AudioResample::event(Context&, const Event& event) {
    if (event.type != Event::Type::flush || same_ || !resampler_) return false;
    pieces_.forget();
    start_ns_ = kNoTimeNs;
    PX_TRY(begin_anew());
    return false;
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

std::size_t AudioResample::checkpoint_bytes() const {
    if (same_ || !resampler_) return 0;
    return kCommonBytes + 8 * sizeof(std::uint64_t) +
           resampler_->most_state_samples() * sizeof(double);
}

void AudioResample::save_checkpoint(std::vector<std::byte>& state) const {
    if (same_ || !resampler_) return;
    ByteWriter out(std::move(state));
    save_common(out, sent_, dither_, pieces_);
    out.put(start_ns_);
    const compute::Resampler::State now = resampler_->state();
    for (const std::int64_t word : {now.first, now.index, now.phase}) out.put(word);
    for (const std::uint64_t word : {now.received, now.sent}) out.put(word);
    out.put(static_cast<std::uint8_t>(now.finished));
    out.put(static_cast<std::uint32_t>(now.samples.size()));
    out.put_bytes(std::as_bytes(std::span(now.samples)));
    state = std::move(out).take();
}

Result<> AudioResample::restore_checkpoint(std::span<const std::byte> state) {
    if (same_ || !resampler_) return {};
    ByteReader in(state);
    restore_common(in, sent_, dither_, pieces_);
    start_ns_ = in.get<std::int64_t>();
    compute::Resampler::State then;
    for (std::int64_t* word : {&then.first, &then.index, &then.phase}) {
        *word = in.get<std::int64_t>();
    }
    for (std::uint64_t* word : {&then.received, &then.sent}) *word = in.get<std::uint64_t>();
    then.finished = in.get<std::uint8_t>() != 0;
    then.samples.resize(in.get_count(resampler_->most_state_samples(), sizeof(double)));
    for (double& sample : then.samples) sample = in.get<double>();
    if (in.bad()) return fail_no_state();
    return resampler_->go_on_from(then);
}

}  // namespace parallax::elements
