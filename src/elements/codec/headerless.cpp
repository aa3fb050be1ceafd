#include "elements/codec/headerless.h"

#include <fmt/format.h>

namespace parallax::codec {
namespace {

// What negotiation takes where nothing says a size; nobody may have written it.
constexpr int kUsualWidth = 640;
constexpr int kUsualHeight = 480;

// "rggb, rggb10p": what one picture of this size could be. Of mosaics one order stands for all.
std::string formats_that_fit(const ImageLayout& wanted, std::uint64_t file_bytes) {
    const PixelTraits& t = traits(wanted.format);
    const bool bayer = t.family == PixelFamily::bayer;
    std::string names;
    for (const PixelFormat format : all_pixel_formats()) {
        const PixelTraits& other = traits(format);
        const bool other_bayer = other.family == PixelFamily::bayer;
        if (bayer != other_bayer || (bayer && other.order != t.order)) continue;
        const auto layout = image_layout(format, wanted.width, wanted.height);
        if (!layout || layout->size_bytes != file_bytes) continue;
        names += (names.empty() ? "" : ", ") + std::string(other.name);
    }
    return names;
}

}  // namespace

Result<std::uint64_t> headerless_pictures(const ImageLayout& layout, std::uint64_t file_bytes) {
    if (file_bytes > 0 && file_bytes % layout.size_bytes == 0) {
        return file_bytes / layout.size_bytes;
    }
    const std::string fitting = formats_that_fit(layout, file_bytes);
    std::string hint;
    if (!fitting.empty()) {
        hint = fmt::format("one picture of this size would be {}", fitting);
    } else if (layout.width == kUsualWidth && layout.height == kUsualHeight) {
        hint = fmt::format("caps that give no size come to {}x{}: write width=… and height=…",
                           kUsualWidth, kUsualHeight);
    }
    return fail(Errc::corrupt,
                fmt::format("expected {} bytes for each {}, found {}", layout.size_bytes,
                            describe(layout.format, layout.width, layout.height), file_bytes),
                std::move(hint));
}

Result<PixelFormat> mosaic_format(PixelFormat gray, BayerOrder order, int bits) {
    const PixelTraits& t = traits(gray);
    const auto format = bayer_format(order, bits);
    if (t.family != PixelFamily::gray) {
        return fail(Errc::corrupt, fmt::format("a mosaic is gray, found {}", t.name));
    }
    if (!format || (bits > 8) != (t.bits > 8)) {
        return fail(Errc::invalid_argument,
                    fmt::format("{} samples cannot be a mosaic of {} bits", t.name, bits),
                    t.bits > 8 ? "it has 10, 12, 14 or 16" : "it has 8");
    }
    return *format;
}

}  // namespace parallax::codec
