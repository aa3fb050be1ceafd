// Vectors of lanes, as all kernels of the fused pass use them.
//
// Read once for each instruction set, so without #pragma once.
#if defined(PARALLAX_ISP_VECTORS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef PARALLAX_ISP_VECTORS_INL
#undef PARALLAX_ISP_VECTORS_INL
#else
#define PARALLAX_ISP_VECTORS_INL
#endif

#include <cstdint>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

using Lanes = hn::ScalableTag<std::int16_t>;
using V = hn::Vec<Lanes>;
constexpr Lanes kLanes;
constexpr hn::RebindToUnsigned<Lanes> kWords;

HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(kLanes)); }
HWY_INLINE V constant(int value) { return hn::Set(kLanes, static_cast<std::int16_t>(value)); }
HWY_INLINE V at(const std::int16_t* row, int i) { return hn::LoadU(kLanes, row + i); }

// One vector of each channel.
struct Rgb {
    V r, g, b;
};

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // Once for each instruction set.
