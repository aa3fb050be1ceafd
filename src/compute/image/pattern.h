// paint_pattern: the test pictures of videotestsrc.
//
// Threads: a pure function.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "compute/image/color.h"
#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

// GStreamer's words for what they look like.
enum class Pattern : std::uint8_t {
    smpte,  // Colour bars after SMPTE EG 1-1990, with snow in the lower right corner.
    snow,   // Gray noise, another one for each frame.
    black,
    white,
    red,
    green,
    blue,
    checkers_1,  // Red and green squares of 1 pixel,
    checkers_2,  // 2,
    checkers_4,  // 4
    checkers_8,  // and 8.
    ball,        // A white ball on black that goes round.
    gradient,    // Black at the top, white at the bottom.
};
inline constexpr std::array<std::string_view, 13> kPatternNames{
    "smpte",      "snow",       "black",      "white",      "red",  "green",   "blue",
    "checkers-1", "checkers-2", "checkers-4", "checkers-8", "ball", "gradient"};

std::optional<Pattern> pattern(std::string_view name);

struct PatternOptions {
    Pattern pattern = Pattern::smpte;
    std::uint64_t frame = 0;
    ColorOptions color = {};
};

// In any format, mosaics too unless packed.
Result<> paint_pattern(const MutableImageView& picture, const PatternOptions& options);

}  // namespace parallax::compute
