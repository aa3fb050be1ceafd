#include "compute/image/row_kernels.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

// Vectors of unknown size cannot be kept in arrays, as is done below.
#define HWY_DISABLED_TARGETS (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128 | HWY_RVV)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "compute/image/row_kernels.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::compute::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// At most 16 lanes, of which kRowUnit is a multiple.
using DF = hn::CappedTag<float, 16>;
using DI = hn::RebindToSigned<DF>;
using VF = hn::Vec<DF>;
constexpr DF df;
constexpr DI di;

HWY_INLINE int lanes() { return static_cast<int>(hn::Lanes(df)); }
HWY_INLINE VF constant(float value) { return hn::Set(df, value); }

// One unit of pixels, each component by itself.
template <class Sample>
using Planes = std::array<std::array<Sample, kRowUnit>, 4>;

template <class Sample>
HWY_INLINE void split_unit(const Sample* in, int components, Planes<Sample>& out) {
    const hn::CappedTag<Sample, 32> d;
    using V = hn::Vec<decltype(d)>;
    const auto step = static_cast<int>(hn::Lanes(d));
    for (int x = 0; x < kRowUnit; x += step, in += step * components) {
        V a = hn::Zero(d);
        V b = a;
        V c = a;
        V e = a;
        if (components == 1)
            a = hn::LoadU(d, in);
        else if (components == 2)
            hn::LoadInterleaved2(d, in, a, b);
        else if (components == 3)
            hn::LoadInterleaved3(d, in, a, b, c);
        else
            hn::LoadInterleaved4(d, in, a, b, c, e);
        hn::StoreU(a, d, &out[0][static_cast<std::size_t>(x)]);
        if (components > 1) hn::StoreU(b, d, &out[1][static_cast<std::size_t>(x)]);
        if (components > 2) hn::StoreU(c, d, &out[2][static_cast<std::size_t>(x)]);
        if (components > 3) hn::StoreU(e, d, &out[3][static_cast<std::size_t>(x)]);
    }
}

template <class Sample>
HWY_INLINE void join_unit(const Planes<Sample>& in, int components, Sample* out) {
    const hn::CappedTag<Sample, 32> d;
    const auto step = static_cast<int>(hn::Lanes(d));
    for (int x = 0; x < kRowUnit; x += step, out += step * components) {
        const auto at = [&](std::size_t c)
                            HWY_ATTR { return hn::LoadU(d, &in[c][static_cast<std::size_t>(x)]); };
        if (components == 1)
            hn::StoreU(at(0), d, out);
        else if (components == 2)
            hn::StoreInterleaved2(at(0), at(1), d, out);
        else if (components == 3)
            hn::StoreInterleaved3(at(0), at(1), at(2), d, out);
        else
            hn::StoreInterleaved4(at(0), at(1), at(2), at(3), d, out);
    }
}

template <class Sample>
HWY_INLINE void to_floats(const Sample* in, const FloatRows& rows, const CodeMeaning& meaning,
                          float* out) {
    const hn::Rebind<Sample, DF> ds;
    for (int x = 0; x < kRowUnit; x += lanes()) {
        auto sample = hn::LoadU(ds, in + x);
        if constexpr (sizeof(Sample) == 2) sample = hn::ShiftRightSame(sample, rows.shift);
        const VF code = hn::ConvertTo(df, hn::PromoteTo(di, sample));
        hn::StoreU(code * constant(meaning.scale) + constant(meaning.offset), df, out + x);
    }
}

template <class Sample>
HWY_INLINE void to_codes(const float* in, const FloatRows& rows, const CodeMeaning& meaning,
                         Sample* out) {
    const hn::Rebind<Sample, DF> ds;
    for (int x = 0; x < kRowUnit; x += lanes()) {
        VF value = constant(rows.top);
        if (in != nullptr)
            value = hn::LoadU(df, in + x) * constant(meaning.scale) + constant(meaning.offset);
        value = hn::Min(hn::Max(value, hn::Zero(df)), constant(rows.top));
        auto sample = hn::DemoteTo(ds, hn::ConvertTo(di, value + constant(0.5F)));
        if constexpr (sizeof(Sample) == 2) sample = hn::ShiftLeftSame(sample, rows.shift);
        hn::StoreU(sample, ds, out + x);
    }
}

template <class Sample>
HWY_INLINE void read_row(const Sample* in, const FloatRows& rows, int pixels) {
    const auto n = static_cast<std::size_t>(rows.components);
    Planes<Sample> planes;
    std::array<Sample, std::size_t{4} * kRowUnit> last{};
    for (int x = 0; x < pixels; x += kRowUnit) {
        const Sample* from = in + static_cast<std::size_t>(x) * n;
        if (pixels - x < kRowUnit) {
            std::memcpy(last.data(), from, static_cast<std::size_t>(pixels - x) * n * sizeof *from);
            from = last.data();
        }
        split_unit(from, rows.components, planes);
        for (std::size_t c = 0; c < n; ++c)
            if (rows.row[c] != nullptr)
                to_floats(planes[c].data(), rows, rows.meaning[c], rows.row[c] + x);
    }
}

template <class Sample>
HWY_INLINE void write_row(const FloatRows& rows, Sample* out, int pixels) {
    const auto n = static_cast<std::size_t>(rows.components);
    Planes<Sample> planes;
    std::array<Sample, std::size_t{4} * kRowUnit> last;
    for (int x = 0; x < pixels; x += kRowUnit) {
        for (std::size_t c = 0; c < n; ++c)
            to_codes(rows.row[c] == nullptr ? nullptr : rows.row[c] + x, rows, rows.meaning[c],
                     planes[c].data());
        Sample* const to = out + static_cast<std::size_t>(x) * n;
        if (pixels - x >= kRowUnit) {
            join_unit(planes, rows.components, to);
            continue;
        }
        join_unit(planes, rows.components, last.data());
        std::memcpy(to, last.data(), static_cast<std::size_t>(pixels - x) * n * sizeof *to);
    }
}

void read8(const std::uint8_t* in, const FloatRows& rows, int n) { read_row(in, rows, n); }
void read16(const std::uint16_t* in, const FloatRows& rows, int n) { read_row(in, rows, n); }
void write8(const FloatRows& rows, std::uint8_t* out, int n) { write_row(rows, out, n); }
void write16(const FloatRows& rows, std::uint16_t* out, int n) { write_row(rows, out, n); }

void repeat(const float* in, float* out, int count) {
    for (int i = 0; i < count; i += lanes()) {
        const VF value = hn::LoadU(df, in + i);
        hn::StoreInterleaved2(value, value, df, out + std::ptrdiff_t{2} * i);
    }
}

void mean(const MeanRows& given, int count) {
    const MeanRows rows = given;
    for (int i = 0; i < count; i += lanes()) {
        if (!rows.pairs) {
            const VF sum = hn::LoadU(df, rows.first + i) + hn::LoadU(df, rows.last + i);
            hn::StoreU(constant(0.5F) * sum, df, rows.out + i);
            continue;
        }
        VF a;
        VF b;
        VF c;
        VF d;
        hn::LoadInterleaved2(df, rows.first + std::ptrdiff_t{2} * i, a, b);
        hn::LoadInterleaved2(df, rows.last + std::ptrdiff_t{2} * i, c, d);
        hn::StoreU(constant(0.25F) * ((a + b) + (c + d)), df, rows.out + i);
    }
}

void affine3(const Affine3& given, const std::array<float*, 4>& rows, int count) {
    const Affine3 by = given;
    for (int i = 0; i < count; i += lanes()) {
        const VF a = hn::LoadU(df, rows[0] + i);
        const VF b = hn::LoadU(df, rows[1] + i);
        const VF c = hn::LoadU(df, rows[2] + i);
        for (std::size_t k = 0; k < 3; ++k) {
            const auto& m = by.m[k];
            const VF sum = (constant(m[0]) * a + constant(m[1]) * b) + constant(m[2]) * c;
            hn::StoreU(sum + constant(by.offset[k]), df, rows[k] + i);
        }
    }
}

void affine(float* values, const CodeMeaning& by, int count) {
    for (int i = 0; i < count; i += lanes()) {
        const VF value = hn::LoadU(df, values + i);
        hn::StoreU(value * constant(by.scale) + constant(by.offset), df, values + i);
    }
}

}  // namespace parallax::compute::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::compute {

HWY_EXPORT(read8);
HWY_EXPORT(read16);
HWY_EXPORT(write8);
HWY_EXPORT(write16);
HWY_EXPORT(repeat);
HWY_EXPORT(mean);
HWY_EXPORT(affine3);
HWY_EXPORT(affine);

void read_samples(const std::uint8_t* in, const FloatRows& rows, int pixels) {
    HWY_DYNAMIC_DISPATCH(read8)(in, rows, pixels);
}
void read_samples(const std::uint16_t* in, const FloatRows& rows, int pixels) {
    HWY_DYNAMIC_DISPATCH(read16)(in, rows, pixels);
}
void write_samples(const FloatRows& rows, std::uint8_t* out, int pixels) {
    HWY_DYNAMIC_DISPATCH(write8)(rows, out, pixels);
}
void write_samples(const FloatRows& rows, std::uint16_t* out, int pixels) {
    HWY_DYNAMIC_DISPATCH(write16)(rows, out, pixels);
}
void repeat_values(const float* in, float* out, int count) {
    HWY_DYNAMIC_DISPATCH(repeat)(in, out, count);
}
void average(const MeanRows& rows, int count) { HWY_DYNAMIC_DISPATCH(mean)(rows, count); }
void transform_rows(const Affine3& by, const std::array<float*, 4>& rows, int count) {
    HWY_DYNAMIC_DISPATCH(affine3)(by, rows, count);
}
void scale_values(float* values, const CodeMeaning& by, int count) {
    HWY_DYNAMIC_DISPATCH(affine)(values, by, count);
}

}  // namespace parallax::compute
#endif  // HWY_ONCE
