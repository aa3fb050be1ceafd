// crop, flip: pictures whose samples only change places.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

struct Point {
    int x = 0;
    int y = 0;
};

// The part of `src` that is as large as `dst` and starts at `origin`. Formats must agree. Chroma
// of subsampled formats comes from the sample that covers the pixel, so odd origins shift it by
// half a sample: even origins keep it exact. Mosaics may be cropped too, packed ones from the start
// of a group of samples on; `dst` then has the order that is left.
Result<> crop(const ImageView& src, const MutableImageView& dst, Point origin);

// Samples that are packed together: 4 in RAW10, 2 in RAW12; 1 where nothing is packed.
int packed_group(PixelFormat format);

// The order of a mosaic that loses its first columns and rows.
BayerOrder cropped_order(BayerOrder order, Point origin);

// In the words of GStreamer's videoflip.
enum class FlipMethod : std::uint8_t {
    none,
    clockwise,  // By 90°.
    rotate_180,
    counterclockwise,      // By 90°.
    horizontal_flip,       // Left becomes right.
    vertical_flip,         // Top becomes bottom.
    upper_left_diagonal,   // Across the diagonal through the upper left corner: transposed.
    upper_right_diagonal,  // Across the other one.
};
inline constexpr std::array<std::string_view, 8> kFlipMethodNames{"none",
                                                                  "clockwise",
                                                                  "rotate-180",
                                                                  "counterclockwise",
                                                                  "horizontal-flip",
                                                                  "vertical-flip",
                                                                  "upper-left-diagonal",
                                                                  "upper-right-diagonal"};

std::optional<FlipMethod> flip_method(std::string_view name);
// Whether width and height change places.
bool transposes(FlipMethod method);

// `dst` has the size that the method makes of `src`. Formats must agree, Bayer has none. Chroma on
// half the columns only (Y42B, YUY2, UYVY) loses every other row when transposed.
Result<> flip(const ImageView& src, const MutableImageView& dst, FlipMethod method);

}  // namespace parallax::compute
