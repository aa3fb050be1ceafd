#include "isp/store.h"

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/isp.h"
#include "support/developed.h"
#include "support/each_target.h"

namespace parallax::isp {
namespace {

// Rows so far apart that a small picture counts as one that is streamed.
ImageLayout sparse(PixelFormat format, int width, int height) {
    ImageLayout layout = unwrap(image_layout(format, width, height));
    layout.stride_bytes[0] = kStreamedBytes / static_cast<std::size_t>(height - 1) + 3;
    layout.size_bytes = layout.stride_bytes[0] * static_cast<std::size_t>(height);
    return layout;
}

constexpr std::byte kUntouched{0x5A};

// Develops into `bytes`, of which only the pixels may change.
void develop_into(const ImageLayout& layout, const Picture& raw, std::vector<std::byte>& bytes) {
    bytes.assign(layout.size_bytes, kUntouched);
    const Settings settings{.demosaic = Demosaic::mhc};
    Developer developer = unwrap(Developer::create(settings, raw.layout, layout));
    const MutableImageView out = unwrap(view_image(layout, std::span(bytes)));
    REQUIRE(is_streamed(out));
    unwrap(developer.develop(raw.view(), sensor(12), out));
}

bool same_pixels(const Picture& expected, const ImageLayout& layout,
                 std::span<const std::byte> bytes) {
    const std::size_t row =
        static_cast<std::size_t>(layout.width) * (layout.format == PixelFormat::rgb ? 3 : 4);
    const std::size_t stride = expected.layout.stride_bytes[0];
    for (std::size_t y = 0; y < static_cast<std::size_t>(layout.height); ++y) {
        const auto got = bytes.subspan(y * layout.stride_bytes[0], layout.stride_bytes[0]);
        const auto want = std::span(expected.bytes).subspan(y * stride, row);
        if (!std::ranges::equal(got.first(row), want)) return false;
        for (std::size_t i = row; i < row + 128; ++i) {
            if (got[i] != kUntouched) return false;
        }
    }
    return true;
}

}  // namespace

TEST_CASE("store: a streamed picture has the bytes of one that is not, and touches no others") {
    std::vector<std::byte> bytes;
    for (const PixelFormat format : {PixelFormat::rgb, PixelFormat::bgra}) {
        for (const auto& [width, height] : {std::array{2, 5}, {85, 7}, {512, 4}, {1061, 6}}) {
            CAPTURE(traits(format).name);
            CAPTURE(width);
            const Picture raw = noise(PixelFormat::grbg12le, width, height);
            const Settings settings{.demosaic = Demosaic::mhc};
            const Picture expected = developed(settings, raw, sensor(12), format);
            const ImageLayout layout = sparse(format, width, height);
            each_target([&] {
                develop_into(layout, raw, bytes);
                CHECK(same_pixels(expected, layout, bytes));
            });
        }
    }
}

}  // namespace parallax::isp
