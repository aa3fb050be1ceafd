// shared_picture, mosaic_of: true pictures of the shared data, and what a sensor would see of them.
#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

#include "elements/codec/file_io.h"
#include "elements/codec/png.h"
#include "elements/codec/pnm.h"
#include "support/picture.h"
#include "support/reference_demosaic.h"
#include "support/shared_data.h"
#include "support/unwrap.h"

namespace parallax {

// The whole file, or nothing (with a message) where it is absent.
inline std::optional<std::vector<std::byte>> shared_bytes(std::string_view name) {
    const auto path = shared_file(name);
    if (!path) return std::nullopt;
    return unwrap(codec::read_file(*path, std::uint64_t{1} << 28));
}

// An RGB picture from a PNG file.
inline std::optional<Picture> shared_png(std::string_view name) {
    const auto bytes = shared_bytes(name);
    if (!bytes) return std::nullopt;
    const codec::PictureInfo info = unwrap(codec::png_probe(*bytes));
    REQUIRE(info.format == PixelFormat::rgb);
    Picture picture(PixelFormat::rgb, info.width, info.height);
    unwrap(codec::png_decode(*bytes, picture.edit()));
    return picture;
}

// The picture's own values, seen through a mosaic: 255 becomes 1.
inline reference::Mosaic mosaic_of(const Picture& picture, BayerOrder order) {
    const ImageView view = picture.view();
    reference::Mosaic mosaic{view.width(), view.height(), order, {}};
    for (int y = 0; y < mosaic.height; ++y) {
        const auto* row = view.samples<std::uint8_t>(y);
        for (int x = 0; x < mosaic.width; ++x) {
            const std::size_t sample = 3 * static_cast<std::size_t>(x) + mosaic.color(x, y);
            mosaic.samples.push_back(static_cast<float>(row[sample]) / 255.0F);
        }
    }
    return mosaic;
}

// The same as a raw frame of `bits` = 8 … 16 bits, which fills the range.
inline Picture raw_frame(const reference::Mosaic& mosaic, int bits) {
    const PixelFormat format = *bayer_format(mosaic.order, bits);
    Picture frame(format, mosaic.width, mosaic.height);
    const MutableImageView view = frame.edit();
    const auto full = static_cast<float>((1 << bits) - 1);
    for (int y = 0; y < mosaic.height; ++y)
        for (int x = 0; x < mosaic.width; ++x) {
            const long value = std::lround(mosaic.at(x, y) * full);
            if (bits == 8)
                view.samples<std::uint8_t>(y)[x] = static_cast<std::uint8_t>(value);
            else
                view.samples<std::uint16_t>(y)[x] = static_cast<std::uint16_t>(value);
        }
    return frame;
}

// Rounded to 8 bits.
inline Picture rgb_picture(const reference::Rgb& rgb) {
    Picture picture(PixelFormat::rgb, rgb.width, rgb.height);
    const MutableImageView view = picture.edit();
    for (int y = 0; y < rgb.height; ++y) {
        auto* out = view.samples<std::uint8_t>(y);
        for (int x = 0; x < rgb.width; ++x)
            for (std::size_t c = 0; c < 3; ++c)
                *out++ = static_cast<std::uint8_t>(
                    std::lround(std::min(rgb.at(c, x, y), 1.0F) * 255.0F));
    }
    return picture;
}

}  // namespace parallax
