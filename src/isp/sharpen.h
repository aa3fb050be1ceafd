// Sharpener: an unsharp mask on the luma of finished rows, in a streaming manner.
//
//     sharpener.start({.x0 = 0, .x1 = width});
//     for each row y:  push(y, row);  pull(y - 2, out);       // then the last two
//
// The luma's difference from its 5 × 5 binomial blur (1 4 6 4 1, separable) is added, `amount`
// times, to red, green and blue alike: so differences between channels, and with them colour, stay.
// Luma has the weights of ITU-R BT.709 and 12 bits; beyond its edges the picture is reflected.
//
// Rows may be cut into segments and into slices at will: a caller pushes kReachPx columns and rows
// more than it pulls, except beyond the frame, and gets the bytes of the whole picture. Integers
// throughout, so every instruction set gives the same bytes.
//
// Threads: one thread per Sharpener. It keeps a few rows, of at most Options::segment_px.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "parallax/result.h"

namespace parallax::isp {

// One row segment of each of R, G, B, equally long. `Sample` is uint8_t or uint16_t, full range.
template <class Sample>
using PlanarRow = std::array<std::span<Sample>, 3>;

class Sharpener {
  public:
    struct Options {
        int width = 0;  // Of the picture.
        int height = 0;
        int segment_px = 0;   // The longest segment to be pushed.
        int sample_bits = 8;  // 8 or 16.
        float amount = 0.0F;  // 0 … 2
    };

    // How far beyond a pixel its result looks, in rows and in columns.
    static constexpr int kReachPx = 2;

    static Result<Sharpener> create(const Options& options);

    Sharpener(Sharpener&&) noexcept;
    Sharpener& operator=(Sharpener&&) noexcept;
    ~Sharpener();

    // Rows to come hold columns x0 … x1 - 1; what was pushed before is forgotten.
    struct Columns {
        int x0 = 0;
        int x1 = 0;
    };
    void start(const Columns& columns);

    // The next row: any one at first, then one after the other.
    void push(int y, const PlanarRow<const std::uint8_t>& row);
    void push(int y, const PlanarRow<const std::uint16_t>& row);

    // Row y from column x on, once row y + 2 or the last one is pushed and before y + 5 is.
    void pull(int y, int x, const PlanarRow<std::uint8_t>& out);
    void pull(int y, int x, const PlanarRow<std::uint16_t>& out);

  private:
    struct Rows;
    explicit Sharpener(std::unique_ptr<Rows> rows);
    std::unique_ptr<Rows> rows_;
};

}  // namespace parallax::isp
