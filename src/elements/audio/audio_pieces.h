// AudioPieces: the bytes of a stream as whole audio frames, a bounded number at a time, whatever
// the lengths of the buffers they come in.
//
//     pieces_.load(context);                    // Does nothing for an input it has already.
//     const auto piece = pieces_.take();        // Empty: this input is done with.
//     …
//     return pieces_.next();                    // Again with this input, or the next.
//
// Threads: belongs to one element.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "parallax/audio_caps.h"
#include "parallax/context.h"

namespace parallax::elements {

// Frames that one call of an element makes at most.
inline constexpr std::size_t kPieceFrames = 4096;

class AudioPieces {
  public:
    void configure(const AudioFormatCaps& audio) { audio_ = audio; }

    void load(const Context& context);
    // Whole frames; valid until the next call.
    std::span<const std::byte> take();
    Flow next();

    // What comes next does not follow what came.
    void forget() { go_on_from({}, kNoTimeNs); }

    // Of the piece taken last; none where the input has none.
    std::int64_t pts_ns() const { return piece_pts_ns_; }
    // What is left of a frame that never became whole.
    std::size_t rest_bytes() const { return bytes_.size() - at_; }
    std::span<const std::byte> rest() const { return std::span(bytes_).subspan(at_); }

    // Between two inputs all that another one needs to go on are rest() and the time of it.
    std::int64_t next_pts_ns() const { return pts_ns_; }
    void go_on_from(std::span<const std::byte> rest, std::int64_t next_pts_ns) {
        bytes_.assign(rest.begin(), rest.end());
        at_ = 0;
        loaded_ = false;
        pts_ns_ = next_pts_ns;
    }

  private:
    AudioFormatCaps audio_;
    std::vector<std::byte> bytes_;
    std::size_t at_ = 0;
    bool loaded_ = false;
    std::int64_t pts_ns_ = kNoTimeNs;  // Of the next frame.
    std::int64_t piece_pts_ns_ = kNoTimeNs;
};

// Frames of a rate as nanoseconds, rounded down.
std::int64_t frames_ns(std::uint64_t frames, int sample_rate);

// Times and number of a frame about to be committed.
struct AudioStamp {
    std::int64_t pts_ns = kNoTimeNs;
    std::uint64_t frames = 0;
    std::uint64_t sequence = 0;
    int sample_rate = 1;
};
void stamp_audio(Meta& meta, const AudioStamp& stamp);

}  // namespace parallax::elements
