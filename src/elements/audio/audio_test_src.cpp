#include "elements/audio/audio_test_src.h"

#include <array>
#include <bit>

#include "elements/audio/audio_pieces.h"

namespace parallax::compute {

std::span<const Nick<Wave>> nicks(Wave) {
    using enum Wave;
    static constexpr std::array<Nick<Wave>, 7> kNicks{
        {{sine, "sine", "a sine"},
         {square, "square", "a square wave"},
         {saw, "saw", "a saw tooth"},
         {triangle, "triangle", "a triangle"},
         {silence, "silence", "nothing"},
         {white_noise, "white-noise", "white noise of uniform density"},
         {ticks, "ticks", "ten periods of a sine each second"}}};
    return kNicks;
}

}  // namespace parallax::compute

namespace parallax::elements {
namespace {

constexpr std::uint64_t kNoiseSeed = 1;

// One channel at 44 100 Hz unless something else is asked for.
Caps test_caps() {
    Structure usual = audio_caps().structures().front();
    const Structure all = usual;
    usual.set("rate", 44'100);
    usual.set("channels", 1);
    return Caps({usual, all});
}

}  // namespace

Pads AudioTestSrc::pads() {
    return {.pads = {{"src", PadDirection::src, test_caps()}}, .state = StateClass::inline_state};
}

Result<> AudioTestSrc::configure(const Negotiated& formats) {
    if (!formats.out().linked) return {};
    audio_ = PX_TRY(audio_from_caps(formats.out().caps));
    maker_.emplace(audio_.sample_rate, kNoiseSeed);
    return {};
}

std::size_t AudioTestSrc::output_bytes(std::size_t, const Negotiated&) const {
    return samples() * audio_.frame_bytes();
}

Result<Flow> AudioTestSrc::process(Context& context) {
    const AudioTestSrcOptions& o = options();
    if ((o.num_buffers >= 0 && made_ >= o.num_buffers) || !maker_) return Flow::eos;
    const std::int64_t pts_ns = frames_ns(made_samples_, audio_.sample_rate);
    if (o.is_live && context.running_time_ns() < pts_ns) {
        context.wait_until(pts_ns);
        return Flow::again;
    }
    const auto channels = static_cast<std::size_t>(audio_.channels);
    signal_.resize(samples());
    frames_.resize(samples() * channels);
    maker_->make({.wave = o.wave, .freq_hz = o.freq, .volume = o.volume}, signal_);
    for (std::size_t i = 0; i < frames_.size(); ++i) frames_[i] = signal_[i / channels];
    compute::write_samples(audio_.sample_format, frames_, context.out(), dither_);
    made_samples_ += samples();
    stamp_audio(context.out_meta(), {.pts_ns = pts_ns,
                                     .frames = samples(),
                                     .sequence = static_cast<std::uint64_t>(made_),
                                     .sample_rate = audio_.sample_rate});
    context.out_meta().duration_ns = frames_ns(made_samples_, audio_.sample_rate) - pts_ns;
    ++made_;
    return context.commit(samples() * audio_.frame_bytes());
}

void AudioTestSrc::save(InlineState& state) const {
    if (!maker_) return;
    const compute::WaveMaker::State wave = maker_->state();
    state = {static_cast<std::uint64_t>(made_),
             made_samples_,
             wave.noise,
             std::bit_cast<std::uint64_t>(wave.phase),
             static_cast<std::uint64_t>(wave.in_second),
             dither_.state()};
}

Result<> AudioTestSrc::restore(const InlineState& state) {
    if (!maker_) return {};
    made_ = static_cast<std::int64_t>(state[0]);
    made_samples_ = state[1];
    maker_->set_state({.noise = state[2],
                       .phase = std::bit_cast<double>(state[3]),
                       .in_second = static_cast<std::int64_t>(state[4])});
    dither_.set_state(state[5]);
    return {};
}

}  // namespace parallax::elements
