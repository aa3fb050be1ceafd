#include "isp/burst/tile_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/burst/tile_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::tile::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using Weights = std::array<float, 4>;

// Rows that lie one below the other in `rows`, `Step` apart.
template <std::size_t Size, std::size_t Step, std::size_t Rows>
HWY_INLINE void convolve_down(const std::array<std::array<float, Size>, Rows>& rows,
                              const Weights& given, TileOf<Size>& out) {
    const Weights w = given;
    for (std::size_t r = 0; r < Size; ++r) {
        const std::size_t at = Step * r;
        for (std::size_t c = 0; c < Size; ++c) {
            out[r][c] = rows[at][c] * w[0] + rows[at + 1][c] * w[1] + rows[at + 2][c] * w[2] +
                        rows[at + 3][c] * w[3];
        }
    }
}

template <std::size_t Size>
HWY_INLINE void convolve_tile(const Samples& from, const Resampling& by, TileOf<Size>& out) {
    std::array<std::array<float, Size>, Size + 3> rows;
    const Weights w = by.across;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const float* const at = from.at + static_cast<std::ptrdiff_t>(r) * from.stride;
        for (std::size_t c = 0; c < Size; ++c) {
            rows[r][c] = at[c] * w[0] + at[c + 1] * w[1] + at[c + 2] * w[2] + at[c + 3] * w[3];
        }
    }
    convolve_down<Size, 1>(rows, by.down, out);
}

void convolve16(const Samples& from, const Resampling& by, Tile& out) {
    convolve_tile<kSide>(from, by, out);
}
void convolve32(const Samples& from, const Resampling& by, Window& out) {
    convolve_tile<kWindow>(from, by, out);
}

void convolve_halves(const HalvedSamples& from, const Resampling& by, Tile& out) {
    std::array<std::array<float, kSide>, 2 * kSide + 2> rows;
    const Weights w = by.across;
    for (std::size_t r = 0; r < rows.size(); ++r) {
        const float* const first = from.first + static_cast<std::ptrdiff_t>(r) * from.stride;
        const float* const second = from.second + static_cast<std::ptrdiff_t>(r) * from.stride;
        for (std::size_t c = 0; c < kSide; ++c) {
            rows[r][c] =
                first[c] * w[0] + second[c] * w[1] + first[c + 1] * w[2] + second[c + 1] * w[3];
        }
    }
    convolve_down<kSide, 2>(rows, by.down, out);
}

void add_scaled(const Tile& added, float scale, Tile& out) {
    for (std::size_t y = 0; y < kSide; ++y) {
        for (std::size_t x = 0; x < kSide; ++x) out[y][x] = (out[y][x] + added[y][x]) * scale;
    }
}

// Sums go by column first, so that their order is the same in vectors of any width.
template <std::size_t Size>
HWY_INLINE float total(const std::array<float, Size>& columns) {
    std::array<float, 8> eighths{};
    for (std::size_t i = 0; i < Size; ++i) eighths[i % 8] += columns[i];
    return ((eighths[0] + eighths[4]) + (eighths[1] + eighths[5])) +
           ((eighths[2] + eighths[6]) + (eighths[3] + eighths[7]));
}

float squares(const Samples& a, const Samples& b) {
    std::array<float, kSide> columns{};
    for (std::ptrdiff_t r = 0; r < kSide; ++r) {
        const float* const x = a.at + r * a.stride;
        const float* const y = b.at + r * b.stride;
        for (std::size_t c = 0; c < kSide; ++c) {
            const float d = x[c] - y[c];
            columns[c] += d * d;
        }
    }
    return total(columns);
}

Normal normal_sums(const Windows& w) {
    std::array<float, kWindow> xx{};
    std::array<float, kWindow> xy{};
    std::array<float, kWindow> yy{};
    std::array<float, kWindow> x_error{};
    std::array<float, kWindow> y_error{};
    for (std::size_t y = 0; y < kWindow; ++y) {
        for (std::size_t x = 0; x < kWindow; ++x) {
            const float gx = w.across[y][x];
            const float gy = w.down[y][x];
            const float d = w.here[y][x] - w.there[y][x];
            xx[x] += gx * gx;
            xy[x] += gx * gy;
            yy[x] += gy * gy;
            x_error[x] += gx * d;
            y_error[x] += gy * d;
        }
    }
    return {total(xx), total(xy), total(yy), total(x_error), total(y_error)};
}

// By hand, since the compiler does not see that these are vectors. Products and sums stay apart:
// one rounding for both, which only some machines have, would be another result.
using Full = hn::CappedTag<float, kSide>;
using One = hn::CappedTag<float, 1>;

// body(tag, i) for each vector of `count`, and for what is left one by one.
template <class Body>
HWY_INLINE void each_vector(int given, const Body& body) {
    constexpr Full full;
    const auto count = static_cast<std::size_t>(given);
    const std::size_t step = hn::Lanes(full);
    std::size_t i = 0;
    for (; i + step <= count; i += step) body(full, i);
    for (; i < count; ++i) body(One(), i);
}

// For each vector of a tile's row, which holds a whole number of them.
template <class Body>
HWY_INLINE void each_of_row(const Body& body) {
    constexpr Full full;
    for (std::size_t i = 0; i < kSide; i += hn::Lanes(full)) body(full, i);
}

// NoiseModel::variance().
template <class D>
HWY_INLINE hn::Vec<D> variance(D d, const NoiseModel& noise, hn::Vec<D> light) {
    const auto at = hn::Add(hn::Mul(hn::Set(d, noise.scale), hn::Max(light, hn::Zero(d))),
                            hn::Set(d, noise.offset));
    return hn::Min(hn::Max(at, hn::Set(d, kLeastVariance)), hn::Set(d, kMostVariance));
}

void compare_tile(const Tile& here, const Tile& there, const NoiseModel& noise,
                  Likeness& likeness) {
    for (std::size_t y = 0; y < kSide; ++y) {
        float* const kept = likeness.kept[y].data();
        float* const ratios = likeness.ratio[y / kBlock].data();
        const float* const ours = here[y].data();
        const float* const theirs = there[y].data();
        each_of_row([&](auto d, std::size_t x) HWY_ATTR {
            const auto a = hn::LoadU(d, ours + x);
            const auto b = hn::LoadU(d, theirs + x);
            const auto apart = hn::Sub(b, a);
            const auto light = hn::Mul(hn::Add(a, b), hn::Set(d, 0.5F));
            const auto expected = hn::Mul(variance(d, noise, light), hn::Set(d, kNoiseOfBoth));
            const auto ratio = hn::Div(hn::Mul(apart, apart), expected);
            const auto most = hn::Set(d, kOutlier);
            // What is not a number is not less either.
            const auto like = hn::Lt(ratio, most);
            hn::StoreU(hn::IfThenElseZero(like, hn::LoadU(d, kept + x)), d, kept + x);
            hn::StoreU(hn::Add(hn::LoadU(d, ratios + x), hn::IfThenElse(like, ratio, most)), d,
                       ratios + x);
        });
    }
}

void add_weights(const Tile& weight, const Sum& sum, const Part& part) {
    float* out = sum.at;
    for (int y = part.first_y; y < part.last_y; ++y, out += sum.stride) {
        const float* const own = weight[static_cast<std::size_t>(y)].data() + part.first_x;
        each_vector(part.last_x - part.first_x, [&](auto d, std::size_t x) HWY_ATTR {
            hn::StoreU(hn::Add(hn::LoadU(d, out + x), hn::LoadU(d, own + x)), d, out + x);
        });
    }
}

void add_samples(const Tile& weight, const Tile& samples, const Sum& sum, const Part& part) {
    float* out = sum.at;
    for (int y = part.first_y; y < part.last_y; ++y, out += sum.stride) {
        const float* const own = weight[static_cast<std::size_t>(y)].data() + part.first_x;
        const float* const from = samples[static_cast<std::size_t>(y)].data() + part.first_x;
        each_vector(part.last_x - part.first_x, [&](auto d, std::size_t x) HWY_ATTR {
            const auto weighted = hn::Mul(hn::LoadU(d, own + x), hn::LoadU(d, from + x));
            hn::StoreU(hn::Add(hn::LoadU(d, out + x), weighted), d, out + x);
        });
    }
}

// How uneven the two neighbours of one direction are, and the colour's own bend along it.
template <class V>
struct Direction {
    V mean;  // Of green, with the bend of the colour.
    V rough;
};
template <class V>
HWY_INLINE Direction<V> direction(V before, V after, V bend, V spread) {
    constexpr hn::DFromV<V> d;
    const V uneven = hn::Add(hn::Abs(hn::Sub(before, after)), hn::Abs(bend));
    const V mean = hn::Add(hn::Mul(hn::Add(before, after), hn::Set(d, 0.5F)),
                           hn::Mul(bend, hn::Set(d, 0.25F)));
    return {mean, hn::Add(hn::Mul(uneven, uneven), spread)};
}

void green_at_colors(const GreenRow& row, const NoiseModel& noise, int count) {
    each_vector(count, [&](auto d, std::size_t i) HWY_ATTR {
        const auto gain = hn::Set(d, row.gain);
        const auto raw = hn::LoadU(d, row.own + i);
        const auto own = hn::Mul(raw, gain);
        const auto bend = [&](auto before, auto after) HWY_ATTR {
            return hn::Sub(hn::Add(own, own), hn::Mul(hn::Add(before, after), gain));
        };
        // Of the sum of the two differences: 2 of green and 6 of the colour's own.
        const auto spread = hn::Mul(variance(d, noise, raw), hn::Set(d, 8 * (row.gain * row.gain)));
        const auto across =
            direction(hn::LoadU(d, row.left + i), hn::LoadU(d, row.left + i + 1),
                      bend(hn::LoadU(d, row.own + i - 1), hn::LoadU(d, row.own + i + 1)), spread);
        const auto down = direction(
            hn::LoadU(d, row.above + i), hn::LoadU(d, row.below + i),
            bend(hn::LoadU(d, row.own_above + i), hn::LoadU(d, row.own_below + i)), spread);
        // Each by how smooth it is, that is by the other's roughness.
        const auto green =
            hn::Div(hn::Add(hn::Mul(across.mean, down.rough), hn::Mul(down.mean, across.rough)),
                    hn::Add(across.rough, down.rough));
        hn::StoreU(green, d, row.green + i);
        hn::StoreU(hn::Sub(own, green), d, row.difference + i);
    });
}

}  // namespace parallax::isp::tile::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp::tile {

HWY_EXPORT(convolve16);
HWY_EXPORT(convolve32);
HWY_EXPORT(convolve_halves);
HWY_EXPORT(add_scaled);
HWY_EXPORT(squares);
HWY_EXPORT(normal_sums);
HWY_EXPORT(compare_tile);
HWY_EXPORT(add_weights);
HWY_EXPORT(add_samples);
HWY_EXPORT(green_at_colors);

void convolve(const Samples& from, const Resampling& by, Tile& out) {
    HWY_DYNAMIC_DISPATCH(convolve16)(from, by, out);
}
void convolve(const Samples& from, const Resampling& by, Window& out) {
    HWY_DYNAMIC_DISPATCH(convolve32)(from, by, out);
}
void convolve_second(const HalvedSamples& from, const Resampling& by, Tile& out) {
    HWY_DYNAMIC_DISPATCH(convolve_halves)(from, by, out);
}
void add_and_scale(const Tile& added, float scale, Tile& out) {
    HWY_DYNAMIC_DISPATCH(add_scaled)(added, scale, out);
}
float difference(const Samples& a, const Samples& b) { return HWY_DYNAMIC_DISPATCH(squares)(a, b); }
Normal normal_equations(const Windows& windows) {
    return HWY_DYNAMIC_DISPATCH(normal_sums)(windows);
}
void compare(const Tile& here, const Tile& there, const NoiseModel& noise, Likeness& likeness) {
    HWY_DYNAMIC_DISPATCH(compare_tile)(here, there, noise, likeness);
}
void add(const Tile& weight, const Sum& sum, const Part& part) {
    HWY_DYNAMIC_DISPATCH(add_weights)(weight, sum, part);
}
void add(const Tile& weight, const Tile& samples, const Sum& sum, const Part& part) {
    HWY_DYNAMIC_DISPATCH(add_samples)(weight, samples, sum, part);
}
void green_row(const GreenRow& row, const NoiseModel& noise, int count) {
    HWY_DYNAMIC_DISPATCH(green_at_colors)(row, noise, count);
}

}  // namespace parallax::isp::tile
#endif  // HWY_ONCE
