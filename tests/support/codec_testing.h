// codec_testing: pictures to encode, and the laws that every codec keeps.
#pragma once

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "elements/codec/picture.h"
#include "support/unwrap.h"

namespace parallax::codec::testing {

// A picture with its own memory.
struct Canvas {
    std::vector<std::byte> bytes;
    MutableImageView view;

    Canvas(PixelFormat format, int width, int height) {
        const ImageLayout layout = unwrap(image_layout(format, width, height));
        bytes.resize(layout.size_bytes);
        view = {layout, bytes};
    }
    Canvas(const Canvas&) = delete;
    Canvas& operator=(const Canvas&) = delete;
    ImageView picture() const { return as_const(view); }
};

// Every byte random: what compresses worst. Mosaics keep to their bits.
inline void fill_noise(const MutableImageView& out, unsigned seed = 1) {
    std::mt19937 random(seed);
    for (std::byte& byte : out.bytes) byte = static_cast<std::byte>(random());
    const PixelTraits& t = traits(out.format());
    if (t.packed || t.bits == 8 || t.bits == 16) return;
    for (int y = 0; y < out.height(); ++y) {
        auto* row = out.samples<std::uint16_t>(y);
        for (int x = 0; x < out.width(); ++x)
            row[x] &= static_cast<std::uint16_t>((1 << t.bits) - 1);
    }
}

// Soft slopes with a different period in each channel: what lossy codecs keep well.
inline void fill_slopes(const MutableImageView& out) {
    const std::size_t row_size = row_bytes(out.layout);
    const int step = static_cast<int>(row_size / static_cast<std::size_t>(out.width()));
    for (int y = 0; y < out.height(); ++y) {
        for (std::size_t i = 0; i < row_size; ++i) {
            const int x = static_cast<int>(i) / step;
            const int channel = static_cast<int>(i) % step;
            const int value = channel == 0 ? 40 + x : channel == 1 ? 200 - y : 60 + (x + y) / 2;
            out.row(y)[i] = static_cast<std::byte>(channel == 3 ? 255 : value);
        }
    }
}

// The samples of plane 0 are the same; what pads its rows does not matter.
inline bool same_rows(const ImageView& a, const ImageView& b) {
    if (a.width() != b.width() || a.height() != b.height()) return false;
    for (int y = 0; y < a.height(); ++y) {
        if (std::memcmp(a.row(y), b.row(y), row_bytes(a.layout)) != 0) return false;
    }
    return true;
}

// `read` is probe and decode of a whole file; every proper prefix of it must fail with a message,
// and no byte flipped may crash it.
template <class Read>
void check_prefixes_and_flips(Bytes file, Read&& read) {
    REQUIRE(read(file));
    for (std::size_t size = 0; size < file.size(); ++size) {
        // A copy of exactly that size, so that a sanitizer sees one byte too far.
        const std::vector<std::byte> prefix(file.begin(), file.begin() + static_cast<long>(size));
        const Result<> result = read(Bytes(prefix));
        CAPTURE(size);
        REQUIRE_FALSE(result);
        REQUIRE_FALSE(result.error().message.empty());
    }
    std::mt19937 random(7);
    for (std::size_t at = 0; at < file.size(); ++at) {
        std::vector<std::byte> bent(file.begin(), file.end());
        bent[at] ^= static_cast<std::byte>(1U << (random() % 8));
        (void)read(Bytes(bent));
    }
}

}  // namespace parallax::codec::testing
