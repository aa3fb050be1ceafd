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

// The arithmetic of level_row, with what it needs in registers.
class Leveler {
  public:
    Leveler(const Levels& levels, int y)
        : white_(hn::Set(kSamples, levels.white)), shift_(levels.shift) {
        for (std::size_t x = 0; x < 2; ++x) {
            black_[x] = levels.black[2 * static_cast<std::size_t>(y & 1) + x];
        }
    }

    void store(VU even, VU odd, const HalfRows& out, int i) const {
        store_half<0>(even, out, i);
        store_half<1>(odd, out, i);
    }

  private:
    template <std::size_t kX>
    void store_half(VU samples, const HalfRows& out, int i) const {
        const VU clipped = hn::Min(samples, white_);
        const VU scaled =
            shift_ < 0 ? hn::ShiftRight<1>(clipped) : hn::ShiftLeftSame(clipped, shift_);
        const VU black = hn::Set(kSamples, static_cast<std::uint16_t>(black_[kX]));
        hn::StoreU(hn::BitCast(kLanes, hn::SaturatedSub(scaled, black)), kLanes, out.half[kX] + i);
    }

    VU white_;
    int shift_;
    std::array<std::int16_t, 2> black_{};
};

// Calls two(half column, first sample) for whole pairs of vectors, then once on a padded copy.
template <class Sample, class Two>
void over_pairs(std::span<const Sample> samples, int pair, const Two& two) {
    const int count = static_cast<int>(samples.size());
    int x = 0;
    for (; x + pair <= count; x += pair) two(x / 2, samples.data() + x);
    if (x == count) return;
    std::array<Sample, 2 * static_cast<std::size_t>(kPad)> tail{};
    std::ranges::copy(samples.subspan(static_cast<std::size_t>(x)), tail.begin());
    two(x / 2, tail.data());
}

void level16(std::span<const std::uint16_t> samples, const Levels& levels, int y,
             const HalfRows& out) {
    const Leveler leveler(levels, y);
    over_pairs(samples, 2 * lanes(), [&](int i, const std::uint16_t* from) HWY_ATTR {
        VU even;
        VU odd;
        hn::LoadInterleaved2(kSamples, from, even, odd);
        leveler.store(even, odd, out, i);
    });
}

void level8(std::span<const std::uint8_t> samples, const Levels& levels, int y,
            const HalfRows& out) {
    const Leveler leveler(levels, y);
    const hn::Rebind<std::uint8_t, Samples> bytes;
    over_pairs(samples, 2 * lanes(), [&](int i, const std::uint8_t* from) HWY_ATTR {
        hn::Vec<decltype(bytes)> even;
        hn::Vec<decltype(bytes)> odd;
        hn::LoadInterleaved2(bytes, from, even, odd);
        leveler.store(hn::PromoteTo(kSamples, even), hn::PromoteTo(kSamples, odd), out, i);
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

template <bool kShading, bool kShift>
void balance_half(const BalanceRow& row, const Gains& gains, std::size_t index, int count) {
    const std::size_t x = index & 1;
    const V gain = hn::Set(kLanes, gains.gain[index]);
    const V limit = hn::Set(kLanes, gains.limit);
    // Whatever is above this has reached the limit, and would overflow when shifted.
    const V before = hn::Set(kLanes, static_cast<std::int16_t>((gains.limit >> gains.shift) + 1));
    for (int i = 0; i < count; i += lanes()) {
        V v = at(row.in.half[x], i);
        if constexpr (kShading) v = hn::MulFixedPoint15(v, at(row.shading.half[x], i));
        v = hn::MulFixedPoint15(v, gain);
        if constexpr (kShift) v = hn::ShiftLeftSame(hn::Min(v, before), gains.shift);
        hn::StoreU(hn::Min(v, limit), kLanes, row.out.half[x] + i);
    }
}

void balance(const BalanceRow& row, const Gains& gains, int y, int width) {
    const bool shading = row.shading.half[0] != nullptr;
    for (std::size_t x = 0; x < 2; ++x) {
        const std::size_t index = 2 * static_cast<std::size_t>(y & 1) + x;
        const int count = (width + 1) / 2;
        if (shading && gains.shift > 0) {
            balance_half<true, true>(row, gains, index, count);
        } else if (shading) {
            balance_half<true, false>(row, gains, index, count);
        } else if (gains.shift > 0) {
            balance_half<false, true>(row, gains, index, count);
        } else {
            balance_half<false, false>(row, gains, index, count);
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
HWY_EXPORT(repair);
HWY_EXPORT(balance);
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
void balance_row(const BalanceRow& row, const Gains& gains, int y, int width) {
    HWY_DYNAMIC_DISPATCH(balance)(row, gains, y, width);
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
