// fuzzing: what every fuzz target of a codec does: probe, and if that is content, decode.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <vector>

#include "base/check.h"
#include "elements/codec/picture.h"

namespace parallax::codec {

// Small, so that a fuzzer spends its time on parsing and not on clearing memory.
inline constexpr Limits kFuzzLimits{.side_px = 4096, .picture_bytes = std::size_t{4} << 20};

inline Bytes fuzz_bytes(const std::uint8_t* data, std::size_t size) {
    return std::as_bytes(std::span(data, size));
}

// What a probe promises must be what decoding expects; that decoding may fail all the same.
template <class Decode>
void fuzz_decode(const PictureInfo& info, Decode&& decode) {
    const Result<ImageLayout> layout = bounded_layout(info, kFuzzLimits, "fuzz");
    PX_CHECK(layout.has_value());
    std::vector<std::byte> bytes(layout->size_bytes);
    (void)decode(MutableImageView{*layout, bytes});
}

}  // namespace parallax::codec
