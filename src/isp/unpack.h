// unpack: samples of one raw row as uint16, whatever their packing.
//
// MIPI CSI-2 (v1.3, 11.4) RAW10 keeps four samples in five bytes: their upper eight bits, then one
// byte with the four times two lower ones, the first sample lowest. RAW12: two samples in three
// bytes, likewise.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "parallax/image.h"

namespace parallax::isp {

// `packed` holds whole groups: ⌈count / 4⌉ × 5 bytes. Reads and writes nothing beyond either span.
void unpack_raw10(std::span<const std::byte> packed, std::span<std::uint16_t> samples);
void unpack_raw12(std::span<const std::byte> packed, std::span<std::uint16_t> samples);

// Row y of any Bayer picture as uint16: `samples` must hold its width.
void unpack_row(const ImageView& raw, int y, std::span<std::uint16_t> samples);

}  // namespace parallax::isp
