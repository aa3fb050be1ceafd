// developed: small raw frames and the pictures made of them, for tests of the developer.
//
// Threads: plain values.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "isp/demosaic.h"
#include "parallax/isp.h"
#include "support/unwrap.h"

namespace parallax::isp {

inline constexpr std::array kOrders{BayerOrder::rggb, BayerOrder::grbg, BayerOrder::gbrg,
                                    BayerOrder::bggr};

inline constexpr std::array kDemosaics{Demosaic::bilinear, Demosaic::mhc, Demosaic::rcd,
                                       Demosaic::superpixel};

struct Picture {
    ImageLayout layout;
    std::vector<std::byte> bytes;

    Picture(PixelFormat format, int width, int height)
        : layout(unwrap(image_layout(format, width, height))), bytes(layout.size_bytes) {}
    ImageView view() const { return unwrap(view_image(layout, std::span(bytes))); }
    MutableImageView edit() { return unwrap(view_image(layout, std::span(bytes))); }
};

// Any bits: clipped, dark and defective samples, hard edges, everything.
inline Picture noise(PixelFormat format, int width, int height) {
    Picture raw(format, width, height);
    std::mt19937 random(static_cast<unsigned>(width * 131 + height));
    const int bits = traits(format).bits;
    if (bits == 8 || traits(format).packed) {
        for (std::byte& byte : raw.bytes) byte = std::byte(random());
        return raw;
    }
    for (int y = 0; y < height; ++y) {
        auto* const row = raw.edit().samples<std::uint16_t>(y);
        for (int x = 0; x < width; ++x) {
            row[x] = static_cast<std::uint16_t>(random() & ((1U << bits) - 1));
        }
    }
    return raw;
}

inline RawInfo sensor(int bits) {
    RawInfo info;
    const float unit = std::ldexp(1.0F, bits - 8);
    info.black_level = {4 * unit, 4.25F * unit, 4 * unit, 3.5F * unit};
    info.white_level = 250 * unit;
    info.as_shot_neutral = {0.5F, 1.0F, 0.6F};
    info.calibrations = {{6504.0F,  //
                          {0.9F, -0.3F, -0.1F, -0.4F, 1.2F, 0.2F, -0.1F, 0.2F, 0.6F}}};
    return info;
}

inline Picture developed(const Settings& settings, const Picture& raw, const RawInfo& info,
                         PixelFormat format = PixelFormat::rgb, const Slices& slices = {}) {
    const auto [width, height] = natural_size_px(settings.demosaic, raw.layout);
    Picture out(format, width, height);
    Developer developer = unwrap(Developer::create(settings, raw.layout, out.layout));
    unwrap(developer.develop(raw.view(), info, out.edit(), slices));
    return out;
}

inline Slices threads(int count) {
    return [count](int slices, const std::function<void(int)>& body) {
        std::vector<std::jthread> all;
        for (int first = 0; first < count; ++first) {
            all.emplace_back([&body, first, slices, count] {
                for (int i = first; i < slices; i += count) body(i);
            });
        }
    };
}

inline std::array<std::uint8_t, 3> pixel(const Picture& rgb, int x, int y) {
    const auto* const p = rgb.view().samples<std::uint8_t>(y) + 3 * x;
    return {p[0], p[1], p[2]};
}

inline Picture flat(int bits, const std::array<std::uint16_t, 3>& rgb, BayerOrder order) {
    Picture raw(bayer_format(order, bits).value(), 22, 14);
    for (int y = 0; y < 14; ++y) {
        const RowPhase phase = row_phase(order, y);
        for (int x = 0; x < 22; ++x) {
            const std::size_t c = (x & 1) != phase.column ? 1 : phase.red ? 0 : 2;
            raw.edit().samples<std::uint16_t>(y)[x] = rgb[c];
        }
    }
    return raw;
}

}  // namespace parallax::isp
