#include "compute/image/scale_kernels.h"

#include <algorithm>
#include <array>
#include <cstring>

// Vectors of unknown size cannot be kept in arrays, as is done below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/image/scale_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::compute::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
#include "compute/image/scale_kernels_plain-inl.h"
#else
using D16 = hn::CappedTag<std::int16_t, 16>;
using D32 = hn::RepartitionToWide<D16>;
using DHalf8 = hn::Rebind<std::uint8_t, D16>;
using D8 = hn::Repartition<std::uint8_t, D16>;
using V16 = hn::Vec<D16>;
using V32 = hn::Vec<D32>;
constexpr D16 words;
constexpr D32 dwords;
constexpr DHalf8 halves;
constexpr D8 octets;

HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(words)); }
HWY_INLINE V16 load(const std::uint8_t* row, int i) {
    return hn::PromoteTo(words, hn::LoadU(halves, row + i));
}

// Two rows by weights that sum up to 2^14, which is the sum below, by one product.
HWY_INLINE V16 blend(V16 a, V16 b, std::int16_t weight_b) {
    const V16 apart = hn::ShiftLeft<7>(b - a);
    return hn::ShiftLeft<6>(a) + hn::MulFixedPoint15(apart, hn::Set(words, weight_b));
}

HWY_INLINE V16 pair_weights(std::int16_t first, std::int16_t second) {
    const auto both = static_cast<std::uint32_t>(static_cast<std::uint16_t>(first)) |
                      static_cast<std::uint32_t>(static_cast<std::uint16_t>(second)) << 16;
    return hn::BitCast(words, hn::Set(dwords, static_cast<std::int32_t>(both)));
}

// Sums of neighbouring products.
HWY_INLINE V32 pair_sums(V16 a, V16 b, V32 sum) {
    V32 rest = hn::Zero(dwords);
    sum = hn::ReorderWidenMulAccumulate(dwords, a, b, sum, rest);
    return hn::RearrangeToOddPlusEven(sum, rest);
}

HWY_INLINE V16 weigh_rows(const ColumnSum& sum, int i) {
    const int down = sum.shift - kScaleFraction;
    V32 low = hn::Set(dwords, 1 << (down - 1));
    V32 high = low;
    const std::size_t n = sum.rows.size();
    for (std::size_t k = 0; k < n; k += 2) {
        const bool two = k + 1 < n;
        const V16 a = load(sum.rows[k], i);
        const V16 b = two ? load(sum.rows[k + 1], i) : hn::Zero(words);
        const V16 weights =
            pair_weights(sum.weights[k], two ? sum.weights[k + 1] : std::int16_t{0});
        low = pair_sums(hn::InterleaveLower(words, a, b), weights, low);
        high = pair_sums(hn::InterleaveUpper(words, a, b), weights, high);
    }
    return hn::ReorderDemote2To(words, hn::ShiftRightSame(low, down),
                                hn::ShiftRightSame(high, down));
}

HWY_INLINE V16 sum_at(const ColumnSum& sum, int i) {
    if (sum.rows.size() == 1) return hn::ShiftLeft<kScaleFraction>(load(sum.rows[0], i));
    if (sum.rows.size() == 2 && sum.shift == 14)
        return blend(load(sum.rows[0], i), load(sum.rows[1], i), sum.weights[1]);
    return weigh_rows(sum, i);
}

// The last samples, where whole vectors would read beyond the rows.
void last_sums(const ColumnSum& sum, int x, int count) {
    std::array<std::array<std::uint8_t, 32>, kMostFixedTaps> rows{};
    std::array<const std::uint8_t*, kMostFixedTaps> pointers{};
    for (std::size_t k = 0; k < sum.rows.size(); ++k) {
        std::memcpy(rows[k].data(), sum.rows[k] + x, static_cast<std::size_t>(count - x));
        pointers[k] = rows[k].data();
    }
    const ColumnSum last{std::span(pointers).first(sum.rows.size()), sum.weights, sum.shift,
                         sum.out};
    hn::StoreU(sum_at(last, 0), words, sum.out + x);
}

void rows_to_lanes(const ColumnSum& given, int count) {
    const ColumnSum sum = given;
    int x = 0;
    for (; x + lanes() <= count; x += lanes()) hn::StoreU(sum_at(sum, x), words, sum.out + x);
    if (x < count) last_sums(sum, x, count);
}

// Windows of eight lanes, as many as a vector holds.
constexpr std::size_t kWindows = hn::MaxLanes(words) / 8;
template <class D>
HWY_INLINE hn::Vec<D> load_windows(D d, const std::int16_t* in, const std::int32_t* first) {
    const hn::CappedTag<std::int16_t, 8> one;
    if constexpr (hn::MaxLanes(d) == 16)
        return hn::Combine(d, hn::LoadU(one, in + first[1]), hn::LoadU(one, in + first[0]));
    else
        return hn::LoadU(d, in + first[0]);
}

HWY_INLINE V32 rounding(const RowPlan& plan) {
    return hn::Set(dwords, 1 << (plan.shift + kScaleFraction - 1));
}
HWY_INLINE auto to_bytes(const RowPlan& plan, V32 sum) {
    const hn::Rebind<std::uint8_t, D32> d;
    return hn::DemoteTo(d, hn::ShiftRightSame(sum, plan.shift + kScaleFraction));
}

// Tables are ordered by pairs of fours, then steps, then the fours of the pair.
void shuffled_columns(const RowPlan& plan, const std::int16_t* in, std::uint8_t* out) {
    const std::int32_t* first = plan.first.data();
    const std::uint8_t* shuffle = plan.shuffle.data();
    const std::int16_t* weights = plan.weights.data();
    const hn::Rebind<std::uint8_t, D32> bytes;
    for (int x = 0; x < plan.width; x += 8) {
        for (std::size_t part = 0; part < 2; part += kWindows) {
            V32 sum = rounding(plan);
            for (int step = 0; step < plan.steps; ++step) {
                const std::size_t at = static_cast<std::size_t>(step) * 2 + part;
                const V16 window = load_windows(words, in, first + at);
                const auto places = hn::LoadU(octets, shuffle + at * 16);
                const V16 pairs = hn::BitCast(words, hn::TableLookupBytes(window, places));
                sum = pair_sums(pairs, hn::LoadU(words, weights + at * 8), sum);
            }
            hn::StoreU(to_bytes(plan, sum), bytes, out + x + part * 4);
        }
        const auto windows = static_cast<std::size_t>(plan.steps) * 2;
        first += windows;
        shuffle += windows * 16;
        weights += windows * 8;
    }
}

// Four samples at a time: eights of products, then across.
void eights_columns(const RowPlan& plan, const std::int16_t* in, std::uint8_t* out) {
    const hn::CappedTag<std::int16_t, 8> d;
    const hn::RepartitionToWide<decltype(d)> wide;
    const hn::Rebind<std::uint8_t, decltype(wide)> bytes;
    const auto steps = static_cast<std::size_t>(plan.steps);
    const auto one = [&](std::size_t x) HWY_ATTR {
        auto sum = hn::Zero(wide);
        for (std::size_t step = 0; step < steps; ++step) {
            auto rest = hn::Zero(wide);
            sum = hn::ReorderWidenMulAccumulate(
                wide, hn::LoadU(d, in + plan.first[x] + step * 8),
                hn::LoadU(d, plan.weights.data() + (x * steps + step) * 8), sum, rest);
            sum = sum + rest;
        }
        return sum;
    };
    const auto round = hn::Set(wide, 1 << (plan.shift + kScaleFraction - 1));
    for (int x = 0; x < plan.width; x += 4) {
        const auto at = static_cast<std::size_t>(x);
        const auto a = one(at);
        const auto b = one(at + 1);
        const auto c = one(at + 2);
        const auto e = one(at + 3);
        const auto ab = hn::InterleaveLower(wide, a, b) + hn::InterleaveUpper(wide, a, b);
        const auto ce = hn::InterleaveLower(wide, c, e) + hn::InterleaveUpper(wide, c, e);
        const auto sum =
            hn::ConcatLowerLower(wide, ce, ab) + hn::ConcatUpperUpper(wide, ce, ab) + round;
        const auto codes = hn::ShiftRightSame(sum, plan.shift + kScaleFraction);
        hn::StoreU(hn::DemoteTo(bytes, codes), bytes, out + x);
    }
}

void columns(const RowPlan& plan, const std::int16_t* in, std::uint8_t* out) {
    if (plan.shuffled)
        shuffled_columns(plan, in, out);
    else
        eights_columns(plan, in, out);
}

void split(const std::int16_t* in, const LaneSplit& to, int pixels) {
    for (int x = 0; x < pixels; x += lanes()) {
        const std::int16_t* const from = in + std::ptrdiff_t{x} * to.components;
        V16 v[4];
        if (to.components == 2)
            hn::LoadInterleaved2(words, from, v[0], v[1]);
        else if (to.components == 3)
            hn::LoadInterleaved3(words, from, v[0], v[1], v[2]);
        else
            hn::LoadInterleaved4(words, from, v[0], v[1], v[2], v[3]);
        for (int c = 0; c < to.components; ++c)
            hn::StoreU(v[c], words, to.out + static_cast<std::size_t>(c) * to.stride + x);
    }
}

void join(const ByteJoin& given, std::uint8_t* out, int pixels) {
    const ByteJoin from = given;
    const auto at = [&](int x, std::size_t c)
                        HWY_ATTR { return hn::LoadU(octets, from.in + c * from.stride + x); };
    const auto step = static_cast<int>(hn::Lanes(octets));
    int x = 0;
    for (; x + step <= pixels; x += step) {
        std::uint8_t* const to = out + std::ptrdiff_t{x} * from.components;
        if (from.components == 2)
            hn::StoreInterleaved2(at(x, 0), at(x, 1), octets, to);
        else if (from.components == 3)
            hn::StoreInterleaved3(at(x, 0), at(x, 1), at(x, 2), octets, to);
        else
            hn::StoreInterleaved4(at(x, 0), at(x, 1), at(x, 2), at(x, 3), octets, to);
    }
    for (; x < pixels; ++x)
        for (int c = 0; c < from.components; ++c)
            out[x * from.components + c] =
                from.in[static_cast<std::size_t>(c) * from.stride + static_cast<std::size_t>(x)];
}

#endif  // HWY_SCALAR

}  // namespace parallax::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::compute {

HWY_EXPORT(rows_to_lanes);
HWY_EXPORT(columns);
HWY_EXPORT(split);
HWY_EXPORT(join);

void sum_rows(const ColumnSum& sum, int count) { HWY_DYNAMIC_DISPATCH(rows_to_lanes)(sum, count); }
void sum_columns(const RowPlan& plan, const std::int16_t* in, std::uint8_t* out) {
    HWY_DYNAMIC_DISPATCH(columns)(plan, in, out);
}
void split_lanes(const std::int16_t* in, const LaneSplit& to, int pixels) {
    HWY_DYNAMIC_DISPATCH(split)(in, to, pixels);
}
void join_bytes(const ByteJoin& from, std::uint8_t* out, int pixels) {
    HWY_DYNAMIC_DISPATCH(join)(from, out, pixels);
}

}  // namespace parallax::compute
#endif  // HWY_ONCE
