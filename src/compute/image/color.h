// Colour facts shared by the picture functions: transfer curves and YCbCr matrices.
//
// Sources: IEC 61966-2-1 (sRGB), ITU-R BT.601-7, BT.709-6 and BT.2020-2 (luma weights and ranges).
// Threads: pure functions of plain values.
#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace parallax::compute {

enum class YuvMatrix : std::uint8_t { bt601, bt709, bt2020 };
enum class YuvRange : std::uint8_t { limited, full };

// How sample values follow light: by the sRGB curve, or in proportion.
enum class Transfer : std::uint8_t { srgb, linear };

struct ColorOptions {
    YuvMatrix matrix = YuvMatrix::bt601;
    YuvRange range = YuvRange::limited;  // Of YUV formats; RGB and gray are always full range.
    bool operator==(const ColorOptions&) const = default;
};

// Weights of linear or encoded R, G and B in luma; they add up to one.
struct LumaWeights {
    double r, g, b;
};

constexpr LumaWeights luma_weights(YuvMatrix matrix) {
    switch (matrix) {
        case YuvMatrix::bt709:
            return {0.2126, 0.7152, 0.0722};
        case YuvMatrix::bt2020:
            return {0.2627, 0.6780, 0.0593};
        case YuvMatrix::bt601:
            break;
    }
    return {0.299, 0.587, 0.114};
}

// Codes of 8-bit YCbCr: luma = zero + scale · y, chroma = 128 + chroma_scale · c (c in ±½).
struct YuvCodes {
    double luma_zero, luma_scale, chroma_scale;
};

constexpr YuvCodes yuv_codes(YuvRange range) {
    return range == YuvRange::full ? YuvCodes{0.0, 255.0, 255.0} : YuvCodes{16.0, 219.0, 224.0};
}

// Between sRGB-encoded and linear values, both in 0 … 1.
inline double srgb_to_linear(double encoded) {
    return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}
inline double linear_to_srgb(double linear) {
    return linear <= 0.0031308 ? linear * 12.92 : 1.055 * std::pow(linear, 1.0 / 2.4) - 0.055;
}

// The same curves over 16-bit codes: entry i answers for i/65535, scaled to 0 … 255.
std::span<const float, 65536> srgb_decode_table();
std::span<const float, 65536> srgb_encode_table();

}  // namespace parallax::compute
