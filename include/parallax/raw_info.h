// RawInfo: what is known of a sensor frame beside its samples; what a DNG would tell.
//
// It travels as a custom entry of a frame's Meta, and is all that the ISP learns of a sensor.
// Field meanings and defaults follow the DNG 1.7 specification; tag names stand beside them.
// Threads: a plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/result.h"

namespace parallax {

using Matrix3 = std::array<float, 9>;  // Row-major.

// One of at most two calibrations: XYZ (D50-adapted by nobody: as in the tag) → camera RGB.
struct ColorCalibration {
    float temperature_k = 6504.0F;  // Of CalibrationIlluminant1/2.
    Matrix3 xyz_to_camera{};        // ColorMatrix1/2.
    bool operator==(const ColorCalibration&) const = default;
};

// Lens shading: gains on a grid that spans the active area corner to corner, bilinear between.
struct ShadingGrid {
    int columns = 0;           // ≥ 2, ≤ 256
    int rows = 0;              // ≥ 2, ≤ 256
    std::vector<float> gains;  // rows × columns × 4, channels in CFA position order; ≥ 0.
    bool operator==(const ShadingGrid&) const = default;
};

struct RawInfo {
    // Levels in sample units; black per CFA position, row-major over the 2×2 cell.
    std::array<float, 4> black_level{};  // BlackLevel
    float white_level = 0.0F;            // WhiteLevel; 0 means full scale of the format.

    // White balance of the shot: camera RGB of a neutral, largest is 1. AsShotNeutral
    std::optional<std::array<float, 3>> as_shot_neutral;
    std::vector<ColorCalibration> calibrations;  // 0, 1 or 2 of them.
    float baseline_exposure_ev = 0.0F;           // BaselineExposure

    // Variance of a sample x in 0 … 1 after black and white: scale · x + offset. NoiseProfile
    std::optional<std::array<float, 2>> noise_profile;
    std::optional<ShadingGrid> shading;       // OpcodeList2 GainMap
    std::vector<std::array<int, 2>> defects;  // Known bad pixels as {x, y}; ≤ 65536.

    // Of the exposure; 0 or empty where unknown.
    float exposure_s = 0.0F;
    float iso = 0.0F;
    float aperture_f = 0.0F;
    float focal_mm = 0.0F;
    int orientation = 1;  // TIFF/EXIF 1 … 8
    std::string make;
    std::string model;
    std::string date_time;  // DateTimeOriginal: "2024:05:31 18:07:59", the camera's own time.

    bool operator==(const RawInfo&) const = default;
};

// The key under which a frame's Meta carries it.
inline constexpr std::string_view kRawInfoKey = "parallax.raw";

// A versioned little-endian encoding. Reading validates everything: bytes may come from anywhere.
std::vector<std::byte> serialize(const RawInfo& info);
Result<RawInfo> parse_raw_info(std::span<const std::byte> bytes);

}  // namespace parallax
