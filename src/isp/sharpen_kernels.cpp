#include "isp/sharpen_kernels.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/sharpen_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::sharpening::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using D16 = hn::CappedTag<std::uint16_t, 32>;
using Signed16 = hn::RebindToSigned<D16>;
using D8 = hn::Rebind<std::uint8_t, D16>;
using V16 = hn::Vec<D16>;
constexpr D16 d16;
constexpr Signed16 signed16;
constexpr D8 d8;

HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(d16)); }
HWY_INLINE V16 load(const std::uint16_t* row, int i) { return hn::LoadU(d16, row + i); }
HWY_INLINE V16 load(const std::uint8_t* row, int i) {
    return hn::PromoteTo(d16, hn::LoadU(d8, row + i));
}
HWY_INLINE V16 constant(int value) { return hn::Set(d16, static_cast<std::uint16_t>(value)); }

// BT.709's 0.2126, 0.7152 and 0.0722 in 256ths; they sum to 256.
constexpr int kRed = 54;
constexpr int kGreen = 183;
constexpr int kBlue = 19;

void luma8(const LumaRow<std::uint8_t>& given, int count) {
    const LumaRow<std::uint8_t> row = given;
    for (int i = 0; i < count; i += lanes()) {
        const V16 sum = constant(kRed) * load(row.rgb[0], i) +
                        constant(kGreen) * load(row.rgb[1], i) +
                        constant(kBlue) * load(row.rgb[2], i) + constant(8);
        hn::StoreU(hn::ShiftRight<4>(sum), d16, row.out + i);
    }
}

void luma16(const LumaRow<std::uint16_t>& given, int count) {
    const LumaRow<std::uint16_t> row = given;
    for (int i = 0; i < count; i += lanes()) {
        const V16 sum = hn::MulHigh(constant(kRed * 256), load(row.rgb[0], i)) +
                        hn::MulHigh(constant(kGreen * 256), load(row.rgb[1], i)) +
                        hn::MulHigh(constant(kBlue * 256), load(row.rgb[2], i));
        hn::StoreU(hn::ShiftRight<4>(sum), d16, row.out + i);
    }
}

// The sum is at most 16 · 4095, so 16 bits hold it.
HWY_INLINE V16 binomial(V16 a, V16 b, V16 c, V16 d, V16 e) {
    const V16 sum = (a + e) + hn::ShiftLeft<2>(b + d) + (hn::ShiftLeft<2>(c) + (c + c));
    return hn::ShiftRight<4>(sum + constant(8));
}

void blur(const BlurRow& given, int count) {
    const BlurRow row = given;
    for (int i = 0; i < count; i += lanes()) {
        const V16 value = binomial(load(row.in, i - 2), load(row.in, i - 1), load(row.in, i),
                                   load(row.in, i + 1), load(row.in, i + 2));
        hn::StoreU(value, d16, row.out + i);
    }
}

// Luma minus its blur, at most ±4095.
template <class Row>
HWY_INLINE hn::Vec<Signed16> detail(const Row& row, int i) {
    const auto& b = row.blurred;
    const V16 blurred =
        binomial(load(b[0], i), load(b[1], i), load(b[2], i), load(b[3], i), load(b[4], i));
    return hn::BitCast(signed16, load(row.luma, i) - blurred);
}

void sharpen8(const SharpenRow<std::uint8_t>& given, int count) {
    const SharpenRow<std::uint8_t> row = given;
    // Luma is 16 to a step of a sample; the product is detail · 8 · amount / 2^15.
    const auto amount = hn::Set(signed16, static_cast<std::int16_t>(row.amount / 16));
    for (int i = 0; i < count; i += lanes()) {
        const auto change = hn::MulFixedPoint15(hn::ShiftLeft<3>(detail(row, i)), amount);
        for (std::size_t c = 0; c < 3; ++c) {
            const auto value = hn::BitCast(signed16, load(row.rgb[c], i)) + change;
            hn::StoreU(hn::DemoteTo(d8, value), d8, row.out[c] + i);
        }
    }
}

void sharpen16(const SharpenRow<std::uint16_t>& given, int count) {
    const SharpenRow<std::uint16_t> row = given;
    const auto amount = hn::Set(signed16, row.amount);
    const auto zero = hn::Zero(signed16);
    const auto most = hn::Set(signed16, std::int16_t{4095});
    for (int i = 0; i < count; i += lanes()) {
        const auto change = hn::MulFixedPoint15(hn::ShiftLeft<3>(detail(row, i)), amount);
        const auto up = hn::BitCast(d16, hn::Min(hn::Max(change, zero), most));
        const auto down = hn::BitCast(d16, hn::Min(hn::Max(zero - change, zero), most));
        for (std::size_t c = 0; c < 3; ++c) {
            const V16 raised = hn::SaturatedAdd(load(row.rgb[c], i), hn::ShiftLeft<4>(up));
            hn::StoreU(hn::SaturatedSub(raised, hn::ShiftLeft<4>(down)), d16, row.out[c] + i);
        }
    }
}

}  // namespace parallax::isp::sharpening::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp::sharpening {

HWY_EXPORT(luma8);
HWY_EXPORT(luma16);
HWY_EXPORT(blur);
HWY_EXPORT(sharpen8);
HWY_EXPORT(sharpen16);

void luma(const LumaRow<std::uint8_t>& row, int count) { HWY_DYNAMIC_DISPATCH(luma8)(row, count); }
void luma(const LumaRow<std::uint16_t>& row, int count) {
    HWY_DYNAMIC_DISPATCH(luma16)(row, count);
}
void blur(const BlurRow& row, int count) { HWY_DYNAMIC_DISPATCH(blur)(row, count); }
void sharpen(const SharpenRow<std::uint8_t>& row, int count) {
    HWY_DYNAMIC_DISPATCH(sharpen8)(row, count);
}
void sharpen(const SharpenRow<std::uint16_t>& row, int count) {
    HWY_DYNAMIC_DISPATCH(sharpen16)(row, count);
}

}  // namespace parallax::isp::sharpening
#endif  // HWY_ONCE
