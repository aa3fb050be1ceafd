// Row kernels: between samples of any layout and rows of floats, and arithmetic on such rows.
//
// Highway picks the instruction set at run time. Only single IEEE operations in a fixed order are
// used, never a fused multiply-add, so every set gives the same bits.
//
// Float rows have room up to the next multiple of kRowUnit, which kernels may overwrite; rows of
// samples end where they end, and are never read or written beyond.
//
// Threads: pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace parallax::compute {

inline constexpr int kRowUnit = 64;
constexpr int padded(int width) { return (width + kRowUnit - 1) / kRowUnit * kRowUnit; }

// What the codes of one component mean: value = scale · code + offset.
struct CodeMeaning {
    float scale = 1.0F;
    float offset = 0.0F;
};

// Pixels of `components` interleaved samples, and a float row for each component.
struct FloatRows {
    int components = 1;
    // Null: skipped when reading; written as the largest code.
    std::array<float*, 4> row{};
    std::array<CodeMeaning, 4> meaning{};
    int shift = 0;  // A code is the sample without its lowest bits.
    float top = 255.0F;
};

void read_samples(const std::uint8_t* in, const FloatRows& rows, int pixels);
void read_samples(const std::uint16_t* in, const FloatRows& rows, int pixels);
// Clamped to 0 … top and rounded to nearest, halves up.
void write_samples(const FloatRows& rows, std::uint8_t* out, int pixels);
void write_samples(const FloatRows& rows, std::uint16_t* out, int pixels);

// Every value twice: 2 · count values.
void repeat_values(const float* in, float* out, int count);

// Means of neighbours of one or two rows: out[i] of 2i and 2i + 1, or of i alone.
struct MeanRows {
    const float* first;
    const float* last;  // The same as `first` where there is one row.
    float* out;
    bool pairs;
};
void average(const MeanRows& rows, int count);

// Three rows in place: out[k] = m[k][0] a + m[k][1] b + m[k][2] c + offset[k].
struct Affine3 {
    std::array<std::array<float, 3>, 3> m{};
    std::array<float, 3> offset{};
};
void transform_rows(const Affine3& by, const std::array<float*, 4>& rows, int count);

void scale_values(float* values, const CodeMeaning& by, int count);

}  // namespace parallax::compute
