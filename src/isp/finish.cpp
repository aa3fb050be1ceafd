#include "isp/finish.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/finish.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "isp/finish-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {

HWY_INLINE Rgb load(const LinearBlock& in, std::size_t x, int k) {
    return {at(in.plane[0][x].data(), k), at(in.plane[1][x].data(), k),
            at(in.plane[2][x].data(), k)};
}

// Calls body with the Finisher that the frame needs.
template <class Body>
void with_finisher(const Finish& finish, const Body& body) {
    if (finish.fading.on) {
        finish.mixing.wide ? body(Finisher<true, true>(finish))
                           : body(Finisher<true, false>(finish));
    } else {
        finish.mixing.wide ? body(Finisher<false, true>(finish))
                           : body(Finisher<false, false>(finish));
    }
}

void finish_bytes(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    with_finisher(finish, [&](const auto& finisher) HWY_ATTR {
        const Curve curve(finish.tone);
        for (int k = 0; k < count; k += lanes()) {
            Rgb even = finisher.linear(load(in, 0, k));
            Rgb odd = finisher.linear(load(in, 1, k));
            curve.apply(even, odd);
            store_pair(even.r, odd.r, out.pairs[0].data() + k);
            store_pair(even.g, odd.g, out.pairs[1].data() + k);
            store_pair(even.b, odd.b, out.pairs[2].data() + k);
        }
    });
}

void finish_linear(const LinearBlock& in, int count, const Finish& finish, LinearBlock& out) {
    with_finisher(finish, [&](const auto& finisher) HWY_ATTR {
        for (std::size_t x = 0; x < 2; ++x) {
            for (int k = 0; k < count; k += lanes()) {
                const Rgb p = finisher.linear(load(in, x, k));
                hn::StoreU(hn::Max(p.r, hn::Zero(kLanes)), kLanes, out.plane[0][x].data() + k);
                hn::StoreU(hn::Max(p.g, hn::Zero(kLanes)), kLanes, out.plane[1][x].data() + k);
                hn::StoreU(hn::Max(p.b, hn::Zero(kLanes)), kLanes, out.plane[2][x].data() + k);
            }
        }
    });
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(finish_bytes);
HWY_EXPORT(finish_linear);

}  // namespace

Result<Mixing> mixing(const Matrix3& matrix) {
    float largest = 0;
    for (const std::size_t i : {1UZ, 2UZ, 3UZ, 5UZ, 6UZ, 7UZ}) {
        if (!(std::abs(matrix[i]) < 3.99F)) {
            return fail(Errc::corrupt, "a colour matrix with an element of 4 or more",
                        "check ColorMatrix and the white balance, or turn the matrix off");
        }
        largest = std::max(largest, std::abs(matrix[i]));
    }
    const bool wide = largest > 0.999F;
    const float one = wide ? 8192 : 32768;
    const auto fixed = [&](std::size_t i) {
        return static_cast<std::int16_t>(std::lround(matrix[i] * one));
    };
    return Mixing{.rg = fixed(1),
                  .rb = fixed(2),
                  .gr = fixed(3),
                  .gb = fixed(5),
                  .br = fixed(6),
                  .bg = fixed(7),
                  .wide = wide};
}

void finish_block(const LinearBlock& in, int count, const Finish& finish, PictureBlock& out) {
    HWY_DYNAMIC_DISPATCH(finish_bytes)(in, count, finish, out);
}

void finish_block16(const LinearBlock& in, int count, const DeepFinish& deep, DeepBlock& out) {
    LinearBlock linear;
    HWY_DYNAMIC_DISPATCH(finish_linear)(in, count, deep.finish, linear);
    for (std::size_t plane = 0; plane < 6; ++plane) {
        const std::size_t c = plane / 2;
        const std::size_t x = plane % 2;
        for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
            out.plane[c][2 * i + x] = deep.table[static_cast<std::size_t>(linear.plane[c][x][i])];
        }
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
