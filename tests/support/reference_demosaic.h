// reference: demosaics written as plainly as they can be, a whole frame at a time, in float.
//
// What the fast ones are held against. The frame is continued by reflection about its first and
// last samples. RCD keeps the operations of the fast one in their order, so that both must agree to
// the last bit; MHC and bilinear are the published coefficients in float.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <vector>

#include "parallax/format.h"

namespace parallax::reference {

struct Mosaic {
    int width = 0;
    int height = 0;
    BayerOrder order = BayerOrder::rggb;
    std::vector<float> samples;

    static int reflect(int i, int n) {
        while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
        return i;
    }
    float at(int x, int y) const {
        return samples[static_cast<std::size_t>(reflect(y, height)) *
                           static_cast<std::size_t>(width) +
                       static_cast<std::size_t>(reflect(x, width))];
    }
    // 0 red, 1 green, 2 blue; also outside the frame.
    std::size_t color(int x, int y) const {
        constexpr std::array<std::array<std::size_t, 4>, 4> cells{
            {{0, 1, 1, 2}, {1, 0, 2, 1}, {1, 2, 0, 1}, {2, 1, 1, 0}}};
        return cells[static_cast<std::size_t>(order)]
                    [static_cast<std::size_t>(2 * (y & 1) + (x & 1))];
    }
};

struct Rgb {
    int width = 0;
    int height = 0;
    std::array<std::vector<float>, 3> planes{};

    Rgb(int w, int h) : width(w), height(h) {
        for (auto& plane : planes)
            plane.resize(static_cast<std::size_t>(w) * static_cast<std::size_t>(h));
    }
    std::size_t index(int x, int y) const {
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
               static_cast<std::size_t>(x);
    }
    float& at(std::size_t channel, int x, int y) { return planes[channel][index(x, y)]; }
    float at(std::size_t channel, int x, int y) const { return planes[channel][index(x, y)]; }
};

// The average of the nearest samples of each colour.
inline Rgb bilinear(const Mosaic& mosaic) {
    Rgb out(mosaic.width, mosaic.height);
    for (int y = 0; y < mosaic.height; ++y)
        for (int x = 0; x < mosaic.width; ++x) {
            std::array<float, 3> sum{};
            std::array<float, 3> weight{};
            for (int dy = -1; dy <= 1; ++dy)
                for (int dx = -1; dx <= 1; ++dx) {
                    const std::size_t c = mosaic.color(x + dx, y + dy);
                    const float w = static_cast<float>((2 - std::abs(dx)) * (2 - std::abs(dy)));
                    sum[c] += w * mosaic.at(x + dx, y + dy);
                    weight[c] += w;
                }
            for (std::size_t c = 0; c < 3; ++c) out.at(c, x, y) = sum[c] / weight[c];
            const std::size_t own = mosaic.color(x, y);
            out.at(own, x, y) = mosaic.at(x, y);
        }
    return out;
}

// One pixel from each cell of 2 × 2 samples; its greens are averaged.
inline Rgb superpixel(const Mosaic& mosaic) {
    Rgb out(mosaic.width / 2, mosaic.height / 2);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x)
            for (int k = 0; k < 4; ++k) {
                const int sx = 2 * x + k % 2;
                const int sy = 2 * y + k / 2;
                const std::size_t c = mosaic.color(sx, sy);
                out.at(c, x, y) += mosaic.at(sx, sy) * (c == 1 ? 0.5F : 1.0F);
            }
    return out;
}

// H. Malvar, L. He, R. Cutler, "High-quality linear interpolation for demosaicing of
// Bayer-patterned color images", ICASSP 2004: figure 2, filters in eighths.
inline Rgb mhc(const Mosaic& mosaic) {
    using Filter = std::array<std::array<float, 5>, 5>;
    constexpr Filter green{
        {{0, 0, -1, 0, 0}, {0, 0, 2, 0, 0}, {-1, 2, 4, 2, -1}, {0, 0, 2, 0, 0}, {0, 0, -1, 0, 0}}};
    // At green: the wanted colour's neighbours are in the same row.
    constexpr Filter in_row{{{0, 0, 0.5F, 0, 0},
                             {0, -1, 0, -1, 0},
                             {-1, 4, 5, 4, -1},
                             {0, -1, 0, -1, 0},
                             {0, 0, 0.5F, 0, 0}}};
    constexpr Filter diagonal{{{0, 0, -1.5F, 0, 0},
                               {0, 2, 0, 2, 0},
                               {-1.5F, 0, 6, 0, -1.5F},
                               {0, 2, 0, 2, 0},
                               {0, 0, -1.5F, 0, 0}}};
    Rgb out(mosaic.width, mosaic.height);
    const auto apply = [&](const Filter& filter, bool transposed, int x, int y) {
        float sum = 0;
        for (int dy = -2; dy <= 2; ++dy)
            for (int dx = -2; dx <= 2; ++dx) {
                const auto row = static_cast<std::size_t>((transposed ? dx : dy) + 2);
                const auto column = static_cast<std::size_t>((transposed ? dy : dx) + 2);
                sum += filter[row][column] * mosaic.at(x + dx, y + dy);
            }
        return std::clamp(sum / 8, 0.0F, 1.0F);
    };
    for (int y = 0; y < mosaic.height; ++y)
        for (int x = 0; x < mosaic.width; ++x) {
            const std::size_t own = mosaic.color(x, y);
            const std::size_t beside = mosaic.color(x + 1, y);
            for (std::size_t c = 0; c < 3; ++c) {
                float& value = out.at(c, x, y);
                if (c == own)
                    value = mosaic.at(x, y);
                else if (own == 1)
                    value = apply(in_row, c != beside, x, y);
                else
                    value = apply(c == 1 ? green : diagonal, false, x, y);
            }
        }
    return out;
}

// RCD over a frame extended by a margin; see isp/rcd.h for what it is. One step of the published
// algorithm per function.
class Rcd {
  public:
    explicit Rcd(const Mosaic& mosaic)
        : mosaic_(mosaic), stride_(mosaic.width + 2 * kMargin), rows_(mosaic.height + 2 * kMargin) {
        const auto size = static_cast<std::size_t>(stride_) * static_cast<std::size_t>(rows_);
        for (auto* plane : {&raw_, &column_, &row_, &falling_, &rising_, &straight_, &slanted_,
                            &low_, &rgb_[0], &rgb_[1], &rgb_[2]})
            plane->assign(size, 0.0F);
    }

    Rgb run() {
        over(0, [&](int p, int x, int y) {
            raw_[p] = mosaic_.at(x, y);
            rgb_[mosaic_.color(x, y)][p] = raw_[p];
        });
        over(3, [&](int p, int, int) { find_energies(p); });
        over(4, [&](int p, int, int) { find_directions(p); });
        over(5, [&](int p, int x, int y) {
            if (mosaic_.color(x, y) != 1) fill_green(p);
        });
        over(7, [&](int p, int x, int y) {
            if (mosaic_.color(x, y) != 1) fill_opposite(2 - mosaic_.color(x, y), p);
        });
        over(10, [&](int p, int x, int y) {
            if (mosaic_.color(x, y) != 1) return;
            fill_at_green(0, p);
            fill_at_green(2, p);
        });
        Rgb out(mosaic_.width, mosaic_.height);
        over(kMargin, [&](int p, int x, int y) {
            for (std::size_t c = 0; c < 3; ++c) out.at(c, x, y) = rgb_[c][p];
        });
        return out;
    }

  private:
    static constexpr int kMargin = 12;
    static constexpr float kEps = 1e-5F;

    // A plane that is indexed by int.
    struct Plane : std::vector<float> {
        float& operator[](int p) { return at(static_cast<std::size_t>(p)); }
    };

    template <class Body>
    void over(int skip, const Body& body) {
        for (int y = skip; y < rows_ - skip; ++y)
            for (int x = skip; x < stride_ - skip; ++x)
                body(y * stride_ + x, x - kMargin, y - kMargin);
    }

    float square_high_pass(int p, int step) {
        const float outer = raw_[p - 3 * step] + raw_[p + 3 * step];
        const float middle = raw_[p - 2 * step] + raw_[p + 2 * step];
        const float near = raw_[p - step] + raw_[p + step];
        const float response = (outer - near) - 3 * middle + 6 * raw_[p];
        return response * response;
    }
    void find_energies(int p) {
        column_[p] = square_high_pass(p, stride_);
        row_[p] = square_high_pass(p, 1);
        falling_[p] = square_high_pass(p, stride_ + 1);
        rising_[p] = square_high_pass(p, stride_ - 1);
    }

    static float contrast(Plane& first, int step1, Plane& second, int step2, int p) {
        const auto energy = [p](Plane& plane, int step) {
            return std::max((plane[p - step] + plane[p + step]) + plane[p], 1e-10F);
        };
        const float a = energy(first, step1);
        const float b = energy(second, step2);
        return (a - b) / (a + b);
    }
    void find_directions(int p) {
        straight_[p] = contrast(column_, stride_, row_, 1, p);
        slanted_[p] = contrast(falling_, stride_ + 1, rising_, stride_ - 1, p);
        const float cross = (raw_[p - stride_] + raw_[p + stride_]) + (raw_[p - 1] + raw_[p + 1]);
        low_[p] = 0.25F * raw_[p] + 0.125F * cross + 0.0625F * corners(raw_, p);
    }
    float corners(Plane& plane, int p) const {
        return (plane[p - stride_ - 1] + plane[p + stride_ + 1]) +
               (plane[p - stride_ + 1] + plane[p + stride_ - 1]);
    }
    float decide(Plane& direction, int p) const {
        const float around = 0.25F * corners(direction, p);
        return std::abs(direction[p]) < std::abs(around) ? around : direction[p];
    }

    float estimate_green(int p, int step) {
        const auto gradient = [&](int s) {
            return (kEps +
                    (std::abs(raw_[p - s] - raw_[p + s]) + std::abs(raw_[p] - raw_[p + 2 * s]))) +
                   (std::abs(raw_[p + s] - raw_[p + 3 * s]) +
                    std::abs(raw_[p + 2 * s] - raw_[p + 4 * s]));
        };
        const float before = gradient(-step);
        const float after = gradient(step);
        const float low_eps = low_[p] + kEps;
        const float below_before = low_eps + low_[p - 2 * step];
        const float below_after = low_eps + low_[p + 2 * step];
        const float sum =
            (after * raw_[p - step]) * below_after + (before * raw_[p + step]) * below_before;
        return ((low_[p] + low_eps) * sum) / ((before + after) * (below_before * below_after));
    }
    void fill_green(int p) {
        const float direction = decide(straight_, p);
        const float twice =
            (1 - direction) * estimate_green(p, stride_) + (1 + direction) * estimate_green(p, 1);
        rgb_[1][p] = 0.5F * twice;
    }

    // Colour differences on both sides of p along a line, each with its gradient, over a common
    // denominator.
    struct Slope {
        float above, below;
    };
    Slope slope(std::size_t c, int p, int step) {
        Plane& color = rgb_[c];
        Plane& green = rgb_[1];
        const float across = std::abs(color[p - step] - color[p + step]);
        const auto gradient = [&](int s) {
            const float farther = std::abs(color[p + s] - color[p + 3 * s]);
            const float rough = std::abs(green[p] - green[p + 2 * s]);
            const bool at_green = step == 1 || step == stride_;
            return at_green ? (kEps + rough) + (across + farther)
                            : (kEps + across) + (farther + rough);
        };
        const float before = gradient(-step);
        const float after = gradient(step);
        return {before * (color[p + step] - green[p + step]) +
                    after * (color[p - step] - green[p - step]),
                before + after};
    }
    float mix(const Slope& first, const Slope& second, float direction) const {
        const float above = (1 - direction) * (first.above * second.below) +
                            (1 + direction) * (second.above * first.below);
        return (0.5F * above) / (first.below * second.below);
    }
    void fill_opposite(std::size_t c, int p) {
        const float difference =
            mix(slope(c, p, stride_ + 1), slope(c, p, stride_ - 1), decide(slanted_, p));
        rgb_[c][p] = std::max(rgb_[1][p] + difference, 0.0F);
    }
    void fill_at_green(std::size_t c, int p) {
        const float difference = mix(slope(c, p, stride_), slope(c, p, 1), decide(straight_, p));
        rgb_[c][p] = std::max(rgb_[1][p] + difference, 0.0F);
    }

    const Mosaic& mosaic_;
    int stride_;
    int rows_;
    Plane raw_, column_, row_, falling_, rising_, straight_, slanted_, low_;
    std::array<Plane, 3> rgb_;
};

inline Rgb rcd(const Mosaic& mosaic) { return Rcd(mosaic).run(); }

}  // namespace parallax::reference
