// dng_opcodes: lens shading and bad pixels as DNG's opcode lists (DNG 1.7, chapter 7).
//
// OpcodeList2 carries shading as GainMap, one for each position of the 2x2 mosaic cell; OpcodeList1
// carries known bad pixels as FixBadPixelsList. Opcode lists are big-endian in every file.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "parallax/raw_info.h"

namespace parallax::codec {

// The active area: where it begins in the stored picture, and its size, in pixels.
struct ActiveArea {
    int left = 0, top = 0, width = 0, height = 0;
};

std::vector<std::byte> shading_opcodes(const ShadingGrid& grid, ActiveArea area);
std::vector<std::byte> defect_opcodes(std::span<const std::array<int, 2>> defects);

// Which colour plane of a linear picture stands at each position of the mosaic made from it; all
// zero for a true mosaic, which has one plane.
using PlaneOfPosition = std::array<int, 4>;

// The gain maps that cover the whole area, multiplied together and sampled from corner to corner;
// nothing when there are none. Opcodes of other kinds, and damaged ones, are skipped.
std::optional<ShadingGrid> read_shading(std::span<const std::byte> opcodes, ActiveArea area,
                                        const PlaneOfPosition& planes);
// Bad pixels inside the active area, counted from its corner.
std::vector<std::array<int, 2>> read_defects(std::span<const std::byte> opcodes, ActiveArea area);

}  // namespace parallax::codec
