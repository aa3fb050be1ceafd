// ImageView, MutableImageView: a picture in somebody else's memory.
//
// Layout: up to three planes, each `rows` rows of `stride_bytes`; see ImageLayout for which plane
// holds what. Samples of more than 8 bits are little-endian uint16_t in the low bits; those of
// P010_10LE and P012_LE are in the high bits.
// Threads: plain values. Lifetime: borrowed; valid as long as the memory they were made on.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

#include "parallax/format.h"
#include "parallax/result.h"

namespace parallax {

template <class Byte>
struct BasicImageView {
    ImageLayout layout;
    std::span<Byte> bytes;  // At least layout.size_bytes, checked when the view is made.

    int width() const { return layout.width; }
    int height() const { return layout.height; }
    PixelFormat format() const { return layout.format; }
    std::size_t stride_bytes(int plane = 0) const {
        return layout.stride_bytes[static_cast<std::size_t>(plane)];
    }

    // First byte of a row of a plane.
    Byte* row(int y, int plane = 0) const {
        const auto p = static_cast<std::size_t>(plane);
        return bytes.data() + layout.offset_bytes[p] +
               static_cast<std::size_t>(y) * layout.stride_bytes[p];
    }

    // The same row as samples of 8 or 16 bits. Plane offsets and strides keep them aligned.
    template <class Sample>
    auto* samples(int y, int plane = 0) const {
        using S = std::conditional_t<std::is_const_v<Byte>, const Sample, Sample>;
        return static_cast<S*>(
            static_cast<std::conditional_t<std::is_const_v<Byte>, const void*, void*>>(
                row(y, plane)));
    }
};

using ImageView = BasicImageView<const std::byte>;
using MutableImageView = BasicImageView<std::byte>;

inline ImageView as_const(const MutableImageView& image) { return {image.layout, image.bytes}; }

// Fails when `bytes` is too small for the layout, with both sizes.
Result<ImageView> view_image(const ImageLayout& layout, std::span<const std::byte> bytes);
Result<MutableImageView> view_image(const ImageLayout& layout, std::span<std::byte> bytes);

}  // namespace parallax
