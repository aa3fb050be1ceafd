#include "elements/codec/samples.h"

#include <cstring>

#include <fmt/format.h>

namespace parallax::codec {

std::size_t copy_without_alpha(Bytes row, PixelFormat format, MutableBytes out) {
    const std::size_t sample = format == PixelFormat::rgba64le ? 2 : 1;
    const std::size_t pixels = row.size() / (4 * sample);
    for (std::size_t x = 0; x < pixels; ++x) {
        std::memcpy(out.data() + x * 3 * sample, row.data() + x * 4 * sample, 3 * sample);
    }
    return pixels * 3 * sample;
}

void swap_bytes16(Bytes in, MutableBytes out) {
    for (std::size_t i = 0; i + 1 < in.size(); i += 2) {
        const std::byte first = in[i];
        out[i] = in[i + 1];
        out[i + 1] = first;
    }
}

void unpack_mipi_row(Bytes row, int bits, std::span<std::uint16_t> out) {
    // RAW10: four high bytes, then one with the low bits of the four, first sample lowest.
    // RAW12: two high bytes, then one with the low bits of the two. MIPI CSI-2, Recommended Memory
    // Storage.
    const std::size_t group = bits == 10 ? 4 : 2;
    const int low_bits = bits - 8;
    const auto low_mask = (1U << low_bits) - 1U;
    for (std::size_t x = 0; x < out.size(); ++x) {
        const std::byte* start = row.data() + x / group * (group + 1);
        const auto high = std::to_integer<unsigned>(start[x % group]);
        const auto low = std::to_integer<unsigned>(start[group]);
        const auto shift = static_cast<unsigned>(x % group) * static_cast<unsigned>(low_bits);
        out[x] = static_cast<std::uint16_t>(high << low_bits | (low >> shift & low_mask));
    }
}

Result<> expect_samples(PixelFormat found, PixelFormat given, std::string_view what) {
    if (found == given) return {};
    const bool gray = traits(found).family == PixelFamily::gray;
    const bool mosaic = traits(given).family == PixelFamily::bayer && is_plane_of_samples(given);
    if (gray && mosaic && (traits(found).bits > 8) == (traits(given).bits > 8)) return {};
    return fail(Errc::corrupt, fmt::format("{}: expected {}, found {}", what, traits(given).name,
                                           traits(found).name));
}

Result<> check_bits(const ImageView& picture, std::string_view what) {
    const int bits = traits(picture.format()).bits;
    if (bits == 8 || bits == 16 || traits(picture.format()).packed) return {};
    const auto maximum = (1U << bits) - 1U;
    for (int y = 0; y < picture.height(); ++y) {
        const std::uint16_t* row = picture.samples<std::uint16_t>(y);
        unsigned any = 0;
        for (int x = 0; x < picture.width(); ++x) any |= row[x];
        if (any <= maximum) continue;
        int x = 0;
        while (row[x] <= maximum) ++x;
        return fail(Errc::corrupt, fmt::format("{}: expected samples of {} bits, found {} at {},{}",
                                               what, bits, row[x], x, y));
    }
    return {};
}

}  // namespace parallax::codec
