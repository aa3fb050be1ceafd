#include "isp/unpack.h"

#include <algorithm>
#include <cstring>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/unpack.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {
namespace hn = hwy::HWY_NAMESPACE;

#if HWY_TARGET == HWY_SCALAR
// One lane is too narrow for the shuffles: everything is left to the plain loops below.
std::size_t unpack10(std::span<const std::byte>, std::span<std::uint16_t>) { return 0; }
std::size_t unpack12(std::span<const std::byte>, std::span<std::uint16_t>) { return 0; }
#else

using Bytes = hn::CappedTag<std::uint8_t, 32>;
using Words = hn::Repartition<std::uint16_t, Bytes>;
constexpr Bytes kBytes;
constexpr Words kWords;

// How eight samples lie in one 128-bit block of packed bytes. `shuffle` brings the upper bits of
// sample j to the upper byte of lane j and the shared lower bits to its lower byte; times `move`,
// the sample's own lower bits come to stand in bits 7 … 8 - low_bits.
struct Packing {
    alignas(16) std::uint8_t shuffle[16];
    alignas(16) std::uint16_t move[8];
    int low_bits;
    std::size_t bytes;  // That eight samples take.
};

constexpr Packing kRaw10{
    {4, 0, 4, 1, 4, 2, 4, 3, 9, 5, 9, 6, 9, 7, 9, 8}, {64, 16, 4, 1, 64, 16, 4, 1}, 2, 10};
constexpr Packing kRaw12{
    {2, 0, 2, 1, 5, 3, 5, 4, 8, 6, 8, 7, 11, 9, 11, 10}, {16, 1, 16, 1, 16, 1, 16, 1}, 4, 12};

// As many whole vectors as can be read without passing the end; the count of samples done.
template <const Packing& kPacking>
std::size_t unpack(std::span<const std::byte> packed, std::span<std::uint16_t> samples) {
    const auto shuffle = hn::LoadDup128(kBytes, kPacking.shuffle);
    const auto move = hn::LoadDup128(kWords, kPacking.move);
    const auto upper = hn::Set(kWords, std::uint16_t{0xFF00});
    const auto lower =
        hn::Set(kWords, static_cast<std::uint16_t>(0x100 - (0x100 >> kPacking.low_bits)));
    const auto* const bytes =
        static_cast<const std::uint8_t*>(static_cast<const void*>(packed.data()));
    const std::size_t step = hn::Lanes(kWords);
    const std::size_t reach = step / 8 * kPacking.bytes - kPacking.bytes + 16;
    std::size_t done = 0;
    for (std::size_t at = 0; done + step <= samples.size() && at + reach <= packed.size();
         done += step, at += step / 8 * kPacking.bytes) {
#if HWY_CAP_GE256
        const hn::Half<Bytes> half;
        const auto block = hn::Combine(kBytes, hn::LoadU(half, bytes + at + kPacking.bytes),
                                       hn::LoadU(half, bytes + at));
#else
        const auto block = hn::LoadU(kBytes, bytes + at);
#endif
        const auto word = hn::BitCast(kWords, hn::TableLookupBytes(block, shuffle));
        const auto moved = hn::Mul(word, move);
        const auto both = hn::Or(hn::And(word, upper), hn::And(moved, lower));
        hn::StoreU(hn::ShiftRight<8 - kPacking.low_bits>(both), kWords, samples.data() + done);
    }
    return done;
}

std::size_t unpack10(std::span<const std::byte> packed, std::span<std::uint16_t> samples) {
    return unpack<kRaw10>(packed, samples);
}
std::size_t unpack12(std::span<const std::byte> packed, std::span<std::uint16_t> samples) {
    return unpack<kRaw12>(packed, samples);
}

#endif

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {

HWY_EXPORT(unpack10);
HWY_EXPORT(unpack12);

std::uint16_t value(std::byte byte) { return std::to_integer<std::uint16_t>(byte); }

std::uint16_t sample10(std::span<const std::byte> packed, std::size_t i) {
    const std::size_t group = i / 4 * 5;
    const auto low = value(packed[group + 4]) >> (2 * (i % 4)) & 3;
    return static_cast<std::uint16_t>(value(packed[group + i % 4]) << 2 | low);
}

std::uint16_t sample12(std::span<const std::byte> packed, std::size_t i) {
    const std::size_t group = i / 2 * 3;
    const auto low = value(packed[group + 2]) >> (4 * (i % 2)) & 15;
    return static_cast<std::uint16_t>(value(packed[group + i % 2]) << 4 | low);
}

}  // namespace

void unpack_raw10(std::span<const std::byte> packed, std::span<std::uint16_t> samples) {
    std::size_t i = HWY_DYNAMIC_DISPATCH(unpack10)(packed, samples);
    for (; i < samples.size(); ++i) samples[i] = sample10(packed, i);
}

void unpack_raw12(std::span<const std::byte> packed, std::span<std::uint16_t> samples) {
    std::size_t i = HWY_DYNAMIC_DISPATCH(unpack12)(packed, samples);
    for (; i < samples.size(); ++i) samples[i] = sample12(packed, i);
}

void unpack_row(const ImageView& raw, int y, std::span<std::uint16_t> samples) {
    const PixelTraits& t = traits(raw.format());
    const std::span row(raw.row(y), raw.stride_bytes());
    if (t.packed) {
        t.bits == 10 ? unpack_raw10(row, samples) : unpack_raw12(row, samples);
    } else if (t.bits == 8) {
        std::ranges::transform(row.first(samples.size()), samples.begin(), value);
    } else {
        std::memcpy(samples.data(), row.data(), samples.size_bytes());
    }
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
