// read_caps: caps text to Caps, with the place of a mistake, for callers that quote the text.
//
// The syntax is GStreamer's. Differences, all on the strict side: quoted text is always a string;
// integers are 64-bit; [5,1], 1/0, {} and text left over are errors; empty text is one too.
// Bounded: see kMaxCapsBytes and the limits in the source.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "parallax/caps.h"

namespace parallax {

inline constexpr std::size_t kMaxCapsBytes = 65536;

struct CapsTextError {
    std::size_t offset = 0;  // Bytes from the start of the text; may be its end.
    std::size_t length = 0;  // Bytes at fault; 0 at the end of the text.
    std::string message;     // One clause: "a range must not end before it starts".
    std::string hint;        // A remedy, or empty.
};

std::expected<Caps, CapsTextError> read_caps(std::string_view text);

// One value as it stands after `field=`: "NV12", "[1,5]", "30/1", "(string)30".
std::expected<Value, CapsTextError> read_value(std::string_view text);

}  // namespace parallax
