#include "elements/audio/wav.h"

#include <algorithm>

#include <fmt/format.h>

#include "elements/end_of_file.h"
#include "elements/rewrite_start.h"
#include "elements/source_name.h"
#include "media/bytes.h"

namespace parallax::elements {
namespace {

constexpr std::string_view kWav = "audio/x-wav";
constexpr std::string_view kRaw = "audio/x-raw";
constexpr std::size_t kMaxHeaderBytes = (std::size_t{1} << 20) - 4096;
constexpr std::size_t kStateBytes = 64;  // What a successor needs beside what waits.
constexpr std::size_t kHeaderRoomBytes = 128;

Caps wav_raw_caps() {
    std::vector<SampleFormat> formats;
    for (const SampleFormat format : {SampleFormat::s16le, SampleFormat::f32le, SampleFormat::f64le,
                                      SampleFormat::s32le, SampleFormat::s24le, SampleFormat::u8})
        if (codec::wav_holds(format)) formats.push_back(format);
    return audio_caps(formats);
}

Caps wav_file_caps() {
    Structure file{std::string(kWav)};
    const Structure raw = wav_raw_caps().structures().front();
    for (const Field& field : raw.fields())
        if (field.name != "layout") file.set(field.name, field.value);
    return file;
}

// A file says the same of its samples, under another name.
Caps across(const Caps& caps, const Pad& to) {
    if (caps.is_any()) return to.caps;
    const bool to_raw = to.caps.structures().front().media_type() == kRaw;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        if (shape.media_type() != (to_raw ? kWav : kRaw)) continue;
        Structure other(std::string(to_raw ? kRaw : kWav), shape.features());
        for (const Field& field : shape.fields())
            if (field.name != "layout") other.set(field.name, field.value);
        result.append(std::move(other));
    }
    return intersect(result, to.caps);
}

Pads between(Caps sink, Caps src, StateClass state, bool forwards) {
    return {.pads = {{"sink", PadDirection::sink, std::move(sink)},
                     {"src", PadDirection::src, std::move(src)}},
            .relation = Relation::transform,
            .state = state,
            .forwards = forwards};
}

}  // namespace

// --- wavenc

Pads WavEnc::pads() {
    return between(wav_raw_caps(), wav_file_caps(), StateClass::inline_state, true);
}

Caps WavEnc::transform(const Pad&, const Caps& caps, const Pad& to) const {
    return across(caps, to);
}

Result<> WavEnc::configure(const Negotiated& formats) {
    if (!formats.in().linked) return {};
    const AudioFormatCaps audio = PX_TRY(audio_from_caps(formats.in().caps));
    if (header_sent_ && audio != *audio_) {
        return fail(Errc::unsupported, "the format changes, but a WAV file has only one",
                    "put audioconvert, audioresample and a filter before it");
    }
    audio_ = audio;
    return {};
}

std::size_t WavEnc::output_bytes(std::size_t, const Negotiated&) const { return kHeaderRoomBytes; }

void WavEnc::send_header(Context& context) {
    const std::vector<std::byte> header = codec::wav_header(*audio_, codec::kWavUnknownBytes);
    std::ranges::copy(header, context.out().begin());
    context.out_meta().flags |= frame_flag::header | frame_flag::piece;
    context.commit(header.size());
    header_sent_ = true;
}

Result<Flow> WavEnc::process(Context& context) {
    if (!context.linked()) return Flow::more;
    data_bytes_ += context.in().size();
    if (data_bytes_ > codec::wav_capacity(*audio_)) {
        return fail(Errc::unsupported, "a WAV file holds no more than 4 GiB",
                    "stop earlier, or write the samples alone: leave wavenc out");
    }
    if (!header_sent_) send_header(context);
    context.out_meta().flags |= frame_flag::piece;
    return context.forward();
}

// Chunks are of even length; then the header can say how much there was.
Result<Flow> WavEnc::drain(Context& context) {
    if (ended_ || !audio_ || !context.linked()) return Flow::eos;
    ended_ = true;
    if (!header_sent_) {
        send_header(context);
    } else if (data_bytes_ % 2 != 0) {
        context.out()[0] = std::byte{0};
        context.out_meta().flags |= frame_flag::piece;
        context.commit(1);
    }
    context.emit(rewrite_start(codec::wav_header(*audio_, data_bytes_)));
    return Flow::eos;
}

void WavEnc::save(InlineState& state) const {
    state = {data_bytes_, header_sent_ ? 1U : 0U, ended_ ? 1U : 0U};
}

Result<> WavEnc::restore(const InlineState& state) {
    data_bytes_ = state[0];
    header_sent_ = state[1] != 0;
    ended_ = state[2] != 0;
    return {};
}

// --- wavparse

Pads WavParse::pads() {
    return between(wav_file_caps(), wav_raw_caps(), StateClass::checkpoint, false);
}

Caps WavParse::transform(const Pad&, const Caps& caps, const Pad& to) const {
    return across(caps, to);
}

Result<> WavParse::configure(const Negotiated& formats) {
    if (formats.out().linked) agreed_ = PX_TRY(audio_from_caps(formats.out().caps));
    return {};
}

std::size_t WavParse::output_bytes(std::size_t, const Negotiated&) const {
    return agreed_ ? kPieceFrames * agreed_->frame_bytes() : 0;
}

// False while more of it is needed.
Result<bool> WavParse::read_header() {
    const auto info = PX_TRY(codec::wav_probe(pending_));
    if (!info) {
        if (pending_.size() <= kMaxHeaderBytes) return false;
        return fail(Errc::corrupt,
                    fmt::format("wav: no samples in the first {} bytes", pending_.size()));
    }
    if (info->audio != *agreed_) {
        return fail(Errc::corrupt,
                    fmt::format("wav: expected {} as agreed, found {}",
                                to_string(caps_of(*agreed_)), to_string(caps_of(info->audio))),
                    "say what is in the file after wavparse");
    }
    at_ = info->header_bytes;
    left_bytes_ = info->data_bytes;
    header_seen_ = true;
    return true;
}

Result<Flow> WavParse::process(Context& context) {
    if (!agreed_) return Flow::more;
    if (!loaded_) {
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(at_));
        at_ = 0;
        pending_.insert(pending_.end(), context.in().begin(), context.in().end());
        loaded_ = true;
    }
    if (!header_seen_) {
        const Result<bool> whole = read_header();
        if (!whole) return at_source(context.in_meta(), whole.error());
        loaded_ = *whole;
        if (!*whole) return Flow::more;
    }
    const std::size_t frame = agreed_->frame_bytes();
    std::size_t bytes = std::min(pending_.size() - at_, kPieceFrames * frame);
    if (left_bytes_) bytes = static_cast<std::size_t>(std::min<std::uint64_t>(bytes, *left_bytes_));
    bytes = bytes / frame * frame;
    if (bytes == 0) {
        loaded_ = false;
        if (left_bytes_ && *left_bytes_ == 0) at_ = pending_.size();  // Other chunks: not ours.
        return Flow::more;
    }
    std::copy_n(pending_.begin() + static_cast<std::ptrdiff_t>(at_), bytes, context.out().begin());
    at_ += bytes;
    if (left_bytes_) *left_bytes_ -= bytes;
    stamp_audio(context.out_meta(), {.pts_ns = frames_ns(frames_, agreed_->sample_rate),
                                     .frames = bytes / frame,
                                     .sequence = sent_++,
                                     .sample_rate = agreed_->sample_rate});
    frames_ += bytes / frame;
    context.commit(bytes);
    return Flow::again;
}

std::size_t WavParse::checkpoint_bytes() const { return kMaxHeaderBytes + kStateBytes; }

// Before the samples what waits is the header so far; later it is less than one frame of sound.
void WavParse::save_checkpoint(std::vector<std::byte>& state) const {
    ByteWriter out(std::move(state));
    for (const std::uint64_t word : {frames_, sent_, left_bytes_ ? *left_bytes_ + 1 : 0}) {
        out.put(word);
    }
    out.put(static_cast<std::uint8_t>(header_seen_));
    const auto rest = std::span(pending_).subspan(at_);
    out.put(static_cast<std::uint32_t>(rest.size()));
    out.put_bytes(rest);
    state = std::move(out).take();
}

Result<> WavParse::restore_checkpoint(std::span<const std::byte> state) {
    ByteReader in(state);
    frames_ = in.get<std::uint64_t>();
    sent_ = in.get<std::uint64_t>();
    if (const auto left = in.get<std::uint64_t>(); left != 0) left_bytes_ = left - 1;
    header_seen_ = in.get<std::uint8_t>() != 0;
    const auto rest = in.get_bytes(in.get_count(kMaxHeaderBytes, 1));
    if (in.bad()) return fail(Errc::corrupt, "no state of a wavparse");
    pending_.assign(rest.begin(), rest.end());
    return {};
}

Result<> WavParse::expect_complete() const {
    if (!header_seen_) {
        return fail(Errc::corrupt, fmt::format("wav: expected a header, found {} bytes without one",
                                               pending_.size()));
    }
    if (!left_bytes_ || *left_bytes_ == 0) return {};
    return fail(Errc::corrupt,
                fmt::format("wav: cut short: {} bytes of samples are missing", *left_bytes_));
}

// A file that ends inside its samples is damaged; a stream that somebody stopped is not.
Result<bool> WavParse::event(Context&, const Event& event) {
    if (!is_end_of_file(event)) return false;
    Result<> complete = agreed_ ? expect_complete() : Result<>();
    PX_TRY(std::move(complete).context(end_of_file_name(event)));
    return true;
}

}  // namespace parallax::elements
