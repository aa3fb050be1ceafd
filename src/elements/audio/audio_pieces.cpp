#include "elements/audio/audio_pieces.h"

#include <algorithm>

namespace parallax::elements {

void AudioPieces::load(const Context& context) {
    if (loaded_) return;
    loaded_ = true;
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(at_));
    at_ = 0;
    const MemoryView in = context.in();
    bytes_.insert(bytes_.end(), in.begin(), in.end());
    const std::int64_t pts_ns = context.in_meta().pts_ns;
    if (pts_ns != kNoTimeNs) pts_ns_ = pts_ns;
}

std::span<const std::byte> AudioPieces::take() {
    const std::size_t frame = audio_.frame_bytes();
    const std::size_t frames = std::min(rest_bytes() / frame, kPieceFrames);
    const auto piece = std::span(bytes_).subspan(at_, frames * frame);
    at_ += piece.size();
    piece_pts_ns_ = pts_ns_;
    if (pts_ns_ != kNoTimeNs) pts_ns_ += frames_ns(frames, audio_.sample_rate);
    return piece;
}

Flow AudioPieces::next() {
    if (rest_bytes() >= audio_.frame_bytes()) return Flow::again;
    loaded_ = false;
    return Flow::more;
}

std::int64_t frames_ns(std::uint64_t frames, int sample_rate) {
    const auto rate = static_cast<std::uint64_t>(sample_rate);
    constexpr std::uint64_t second_ns = 1'000'000'000;
    // Whole seconds apart, so that nothing overflows.
    return static_cast<std::int64_t>(frames / rate * second_ns + frames % rate * second_ns / rate);
}

void stamp_audio(Meta& meta, const AudioStamp& stamp) {
    meta.sequence = stamp.sequence;
    meta.pts_ns = stamp.pts_ns;
    meta.duration_ns = frames_ns(stamp.frames, stamp.sample_rate);
}

}  // namespace parallax::elements
