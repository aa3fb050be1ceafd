// videotestsrc: test pictures; what they show is told in compute/image/pattern.h.
#pragma once

#include "compute/image/pattern.h"
#include "elements/video_format.h"
#include "parallax/element.h"

namespace parallax::compute {

std::span<const Nick<Pattern>> nicks(Pattern);

}  // namespace parallax::compute

namespace parallax::elements {

struct VideoTestSrcOptions {
    compute::Pattern pattern = compute::Pattern::smpte;
    int num_buffers = -1;
    bool is_live = false;

    static constexpr auto describe() {
        using O = VideoTestSrcOptions;
        return std::tuple{Option{"pattern", &O::pattern, "what is shown", {.live = true}},
                          Option{"num-buffers",
                                 &O::num_buffers,
                                 "frames before the end of the stream; -1 goes on for ever",
                                 {.min = -1}},
                          Option{"is-live", &O::is_live, "make frames at their pts, not before"}};
    }
};

class VideoTestSrc final : public ElementWith<VideoTestSrcOptions> {
  public:
    static Pads pads();
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;
    void save(InlineState& state) const override;
    Result<> restore(const InlineState& state) override;

  private:
    PictureColor color_;
    Fraction framerate_{30, 1};
    std::int64_t frames_ = 0;
};

}  // namespace parallax::elements
