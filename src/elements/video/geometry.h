// videocrop, videoflip: pictures whose pixels only change places.
//
// videocrop takes mosaics too: an odd offset changes the order of their colours, in the caps as in
// the samples, and levels, shading gains and defects follow. Packed mosaics begin at a multiple of
// 4 columns (10 bits) or 2 (12 bits); else they have no format. Of pictures with subsampled chroma
// any part may be taken: even offsets keep chroma where it was, odd ones move it by half a sample.
//
// videoflip method=automatic turns each frame as its own metadata says; a picture turned upright is
// of orientation 1 from there on, by whatever method.
#pragma once

#include <optional>
#include <span>

#include "compute/image/geometry.h"
#include "elements/video_format.h"
#include "parallax/element.h"

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

  private:
    std::optional<Structure> transform_one(Structure shape, int sign) const;
};

// The methods of compute::FlipMethod, then the one that asks the frame.
enum class FlipBy : std::uint8_t {
    none,
    clockwise,
    rotate_180,
    counterclockwise,
    horizontal_flip,
    vertical_flip,
    upper_left_diagonal,
    upper_right_diagonal,
    automatic,
};
std::span<const Nick<FlipBy>> nicks(FlipBy);

struct VideoFlipOptions {
    FlipBy method = FlipBy::none;
    static constexpr auto describe() {
        return std::tuple{Option{"method", &VideoFlipOptions::method, "how the picture is turned"}};
    }
};

class VideoFlip final : public ElementWith<VideoFlipOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;

  private:
    Result<compute::FlipMethod> method_for(const Meta& meta) const;

    std::optional<ImageLayout> agreed_;  // Of the output, where it is linked.
};

}  // namespace parallax::elements
