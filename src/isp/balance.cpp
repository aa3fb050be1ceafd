#include "isp/balance.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/balance.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<std::int16_t>;
using Samples = hn::ScalableTag<std::uint16_t>;
using V = hn::Vec<Lanes>;
using VU = hn::Vec<Samples>;
constexpr Lanes kLanes;
constexpr Samples kSamples;

int lanes() { return static_cast<int>(hn::Lanes(kLanes)); }
V at(const std::int16_t* row, int i) { return hn::LoadU(kLanes, row + i); }

// What level_row does to samples of one column parity.
struct Level {
    VU white;
    VU black;
    int shift;

    Level(const Levels& levels, int y, std::size_t x)
        : white(hn::Set(kSamples, levels.white)),
          black(hn::Set(kSamples, static_cast<std::uint16_t>(
                                      levels.black[2 * static_cast<std::size_t>(y & 1) + x]))),
          shift(levels.shift) {}

    V operator()(VU samples) const {
        const VU clipped = hn::Min(samples, white);
        const VU scaled =
            shift < 0 ? hn::ShiftRight<1>(clipped) : hn::ShiftLeftSame(clipped, shift);
        return hn::BitCast(kLanes, hn::SaturatedSub(scaled, black));
    }
};

// What balance_row does to lanes of one column parity.
template <bool kShading, bool kShift>
struct Gain {
    V gain;
    V limit;
    V before;  // Whatever is above this reaches the limit, and would overflow when shifted.
    int shift;
    const std::int16_t* shading;
    std::int16_t* out;

    Gain(const Balance& balance, std::size_t x)
        : gain(
              hn::Set(kLanes, balance.gains.gain[2 * static_cast<std::size_t>(balance.y & 1) + x])),
          limit(hn::Set(kLanes, balance.gains.limit)),
          before(hn::Set(
              kLanes, static_cast<std::int16_t>((balance.gains.limit >> balance.gains.shift) + 1))),
          shift(balance.gains.shift),
          shading(balance.shading.half[x]),
          out(balance.out.half[x]) {}

    void store(V v, int i) const {
        if constexpr (kShading) v = hn::MulFixedPoint15(v, at(shading, i));
        v = hn::MulFixedPoint15(v, gain);
        if constexpr (kShift) v = hn::ShiftLeftSame(hn::Min(v, before), shift);
        hn::StoreU(hn::Min(v, limit), kLanes, out + i);
    }
};

// Calls body(Gain…, Gain…) for both columns, of the kind that the row needs.
template <class Body>
void with_gains(const Balance& balance, const Body& body) {
    const bool shading = balance.shading.half[0] != nullptr;
    const bool shift = balance.gains.shift > 0;
    if (shading && shift) {
        body(Gain<true, true>(balance, 0), Gain<true, true>(balance, 1));
    } else if (shading) {
        body(Gain<true, false>(balance, 0), Gain<true, false>(balance, 1));
    } else if (shift) {
        body(Gain<false, true>(balance, 0), Gain<false, true>(balance, 1));
    } else {
        body(Gain<false, false>(balance, 0), Gain<false, false>(balance, 1));
    }
}

void load_pair(const std::uint16_t* from, VU& even, VU& odd) {
    hn::LoadInterleaved2(kSamples, from, even, odd);
}

void load_pair(const std::uint8_t* from, VU& even, VU& odd) {
    const hn::Rebind<std::uint8_t, Samples> bytes;
    hn::Vec<decltype(bytes)> even_bytes;
    hn::Vec<decltype(bytes)> odd_bytes;
    hn::LoadInterleaved2(bytes, from, even_bytes, odd_bytes);
    even = hn::PromoteTo(kSamples, even_bytes);
    odd = hn::PromoteTo(kSamples, odd_bytes);
}

// Calls take(half column, even samples, odd samples) for whole vectors, the last ones padded.
template <class Sample, class Take>
void over_pairs(std::span<const Sample> samples, const Take& take) {
    const int count = static_cast<int>(samples.size());
    const int step = 2 * lanes();
    VU even;
    VU odd;
    int x = 0;
    for (; x + step <= count; x += step) {
        load_pair(samples.data() + x, even, odd);
        take(x / 2, even, odd);
    }
    if (x == count) return;
    std::array<Sample, 2 * static_cast<std::size_t>(kPad)> tail{};
    std::ranges::copy(samples.subspan(static_cast<std::size_t>(x)), tail.begin());
    load_pair(tail.data(), even, odd);
    take(x / 2, even, odd);
}

template <class Sample>
void level(std::span<const Sample> samples, const Levels& levels, int y, const HalfRows& out) {
    const Level even_level(levels, y, 0);
    const Level odd_level(levels, y, 1);
    over_pairs(samples, [=](int i, VU even, VU odd) HWY_ATTR {
        hn::StoreU(even_level(even), kLanes, out.half[0] + i);
        hn::StoreU(odd_level(odd), kLanes, out.half[1] + i);
    });
}

template <class Sample>
void level_and_balance(std::span<const Sample> samples, const Levels& levels,
                       const Balance& balance) {
    const Level even_level(levels, balance.y, 0);
    const Level odd_level(levels, balance.y, 1);
    with_gains(balance, [&](const auto& even_gain, const auto& odd_gain) HWY_ATTR {
        over_pairs(samples, [=](int i, VU even, VU odd) HWY_ATTR {
            even_gain.store(even_level(even), i);
            odd_gain.store(odd_level(odd), i);
        });
    });
}

void level16(std::span<const std::uint16_t> samples, const Levels& levels, int y,
             const HalfRows& out) {
    level(samples, levels, y, out);
}
void level8(std::span<const std::uint8_t> samples, const Levels& levels, int y,
            const HalfRows& out) {
    level(samples, levels, y, out);
}
void both16(std::span<const std::uint16_t> samples, const Levels& levels, const Balance& balance) {
    level_and_balance(samples, levels, balance);
}
void both8(std::span<const std::uint8_t> samples, const Levels& levels, const Balance& balance) {
    level_and_balance(samples, levels, balance);
}

void balance_lanes(const HalfRows& in, int width, const Balance& balance) {
    with_gains(balance, [&](const auto& even_gain, const auto& odd_gain) HWY_ATTR {
        for (int i = 0; 2 * i < width; i += lanes()) {
            even_gain.store(at(in.half[0], i), i);
            odd_gain.store(at(in.half[1], i), i);
        }
    });
}

// Quarter of `of`, and 1/64 of full scale.
V margin(V of) { return hn::Add(hn::ShiftRight<2>(of), hn::Set(kLanes, std::int16_t{512})); }

V repaired(const std::array<const std::int16_t*, 5>& rows, int i) {
    V high = hn::Max(at(rows[2], i - 1), at(rows[2], i + 1));
    V low = hn::Min(at(rows[2], i - 1), at(rows[2], i + 1));
    for (const int y : {0, 4}) {
        const auto* const row = rows[static_cast<std::size_t>(y)];
        for (int x = -1; x <= 1; ++x) {
            high = hn::Max(high, at(row, i + x));
            low = hn::Min(low, at(row, i + x));
        }
    }
    const V here = at(rows[2], i);
    const V not_hot =
        hn::IfThenElse(hn::Gt(here, hn::SaturatedAdd(high, margin(high))), high, here);
    return hn::IfThenElse(hn::Lt(here, hn::SaturatedSub(low, margin(low))), low, not_hot);
}

void repair(const Window& window, int width, const HalfRows& out) {
    for (std::size_t x = 0; x < 2; ++x) {
        std::array<const std::int16_t*, 5> rows{};
        for (std::size_t y = 0; y < 5; ++y) rows[y] = window[y].half[x];
        for (int i = 0; 2 * i < width; i += lanes()) {
            hn::StoreU(repaired(rows, i), kLanes, out.half[x] + i);
        }
    }
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {
HWY_EXPORT(level16);
HWY_EXPORT(level8);
HWY_EXPORT(both16);
HWY_EXPORT(both8);
HWY_EXPORT(repair);
HWY_EXPORT(balance_lanes);
}  // namespace

void level_row(std::span<const std::uint16_t> samples, const Levels& levels, int y,
               const HalfRows& out) {
    HWY_DYNAMIC_DISPATCH(level16)(samples, levels, y, out);
}
void level_row(std::span<const std::uint8_t> samples, const Levels& levels, int y,
               const HalfRows& out) {
    HWY_DYNAMIC_DISPATCH(level8)(samples, levels, y, out);
}
void repair_row(const Window& window, int width, const HalfRows& out) {
    HWY_DYNAMIC_DISPATCH(repair)(window, width, out);
}
void balance_row(const HalfRows& in, int width, const Balance& balance) {
    HWY_DYNAMIC_DISPATCH(balance_lanes)(in, width, balance);
}
void level_and_balance_row(std::span<const std::uint16_t> samples, const Levels& levels,
                           const Balance& balance) {
    HWY_DYNAMIC_DISPATCH(both16)(samples, levels, balance);
}
void level_and_balance_row(std::span<const std::uint8_t> samples, const Levels& levels,
                           const Balance& balance) {
    HWY_DYNAMIC_DISPATCH(both8)(samples, levels, balance);
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
