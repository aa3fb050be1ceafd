// Lanes: how rows of the mosaic lie in the line buffers of the fast path.
//
// A row is kept as two half rows of int16, its even columns and its odd ones: then every lane of a
// vector has the same colour, and a kernel computes nothing that it throws away. Each half row has
// kPad lanes before and after it, so that kernels may read neighbours and overrun to whole vectors.
// The two columns beyond each edge hold the mirrored ones (…2 1 | 0 1 2…), which keeps the phase of
// the mosaic.
//
// Threads: plain memory. Lifetime: a HalfRows is borrowed from its LineRing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace parallax::isp {

// Full scale of the balanced mosaic: 13 bits, so that filters have room in int16 …
inline constexpr int kOne = 8191;

// … and of linear RGB, interpolated from it: 15 bits.
inline constexpr int kLinearOne = 4 * kOne;

// Lanes of padding on each side of a half row; more than the widest vector and two columns.
inline constexpr int kPad = 64;

// Half columns that one call of a demosaic or finishing kernel treats: small enough for the
// first-level cache. A block of pixels is twice as wide.
inline constexpr int kBlock = 256;

// The two halves of one row: [0] its even columns, [1] its odd ones.
struct HalfRows {
    std::array<std::int16_t*, 2> half{};
};

// Index i mirrored into 0 … size − 1 without repeating the edge; parity is kept where size ≥ 2.
constexpr int mirror(int i, int size) {
    if (size == 1) return 0;
    const int period = 2 * (size - 1);
    const int m = ((i % period) + period) % period;
    return m < size ? m : period - m;
}

// The last few rows of a mosaic.
class LineRing {
  public:
    static constexpr int kRows = 8;

    explicit LineRing(int width)
        : width_(width),
          half_stride_((static_cast<std::size_t>(width) / 2 + 1 + 2 * std::size_t{kPad} + 63) / 64 *
                       64),
          lanes_(half_stride_ * 2 * kRows) {}

    HalfRows row(int y) {
        const auto r = static_cast<std::size_t>(y % kRows);
        std::int16_t* const start = lanes_.data() + r * 2 * half_stride_ + kPad;
        return {{start, start + half_stride_}};
    }

    // Fills the two columns beyond each edge of a finished row.
    void mirror_edges(const HalfRows& row) const {
        for (const int x : {-2, -1, width_, width_ + 1}) at(row, x) = at(row, mirror(x, width_));
    }

  private:
    static std::int16_t& at(const HalfRows& row, int x) {
        return row.half[static_cast<std::size_t>(x & 1)][x >> 1];
    }

    int width_;
    std::size_t half_stride_;
    std::vector<std::int16_t> lanes_;
};

// A block of linear RGB: planes R, G, B, each as even and odd columns, 0 … kLinearOne.
struct LinearBlock {
    static constexpr std::size_t kLanes = kBlock + kPad;
    alignas(64) std::array<std::array<std::array<std::int16_t, kLanes>, 2>, 3> plane;
};

// A block of finished pixels, planes R, G, B of 8 bits: two neighbours in one word, the even column
// in its low byte, which is the order of bytes in memory here.
struct PictureBlock {
    static constexpr std::size_t kPixels = 2 * std::size_t{kBlock + kPad};
    alignas(64) std::array<std::array<std::uint16_t, kPixels / 2>, 3> pairs;

    const std::uint8_t* plane(std::size_t channel) const {
        return std::bit_cast<const std::uint8_t*>(pairs[channel].data());
    }
    std::uint8_t* edit(std::size_t channel) {
        return std::bit_cast<std::uint8_t*>(pairs[channel].data());
    }
};

}  // namespace parallax::isp
