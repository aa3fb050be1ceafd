// videocrop, videoflip: pictures whose pixels only change places.
#pragma once

#include "compute/image/geometry.h"
#include "elements/video_format.h"
#include "parallax/element.h"

namespace parallax::compute {

std::span<const Nick<FlipMethod>> nicks(FlipMethod);

}  // namespace parallax::compute

namespace parallax::elements {

struct VideoCropOptions {
    int top = 0;
    int bottom = 0;
    int left = 0;
    int right = 0;

    static constexpr auto describe() {
        using O = VideoCropOptions;
        constexpr OptionDetail side{.min = 0, .max = kMaxSidePx - 1, .unit = "px"};
        return std::tuple{Option{"top", &O::top, "rows to take away above", side},
                          Option{"bottom", &O::bottom, "rows to take away below", side},
                          Option{"left", &O::left, "columns to take away on the left", side},
                          Option{"right", &O::right, "columns to take away on the right", side}};
    }
};

class VideoCrop final : public ElementWith<VideoCropOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<Flow> process(Context& context) override;
};

struct VideoFlipOptions {
    compute::FlipMethod method = compute::FlipMethod::none;
    static constexpr auto describe() {
        return std::tuple{Option{"method", &VideoFlipOptions::method, "how the picture is turned"}};
    }
};

class VideoFlip final : public ElementWith<VideoFlipOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<Flow> process(Context& context) override;
};

}  // namespace parallax::elements
