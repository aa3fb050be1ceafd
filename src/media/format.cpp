#include "parallax/format.h"

#include <algorithm>
#include <string>

#include "parallax/image.h"

namespace parallax {
namespace {

using F = PixelFormat;
using Family = PixelFamily;

// A row of the table below: its columns are parameters.
// NOLINTNEXTLINE(readability-function-size)
constexpr PixelTraits raw(std::string_view name, Family family, int planes, int bits = 8,
                          int shift_x = 0, int shift_y = 0) {
    return {name,
            "video/x-raw",
            family,
            static_cast<std::uint8_t>(planes),
            static_cast<std::uint8_t>(bits),
            static_cast<std::uint8_t>(shift_x),
            static_cast<std::uint8_t>(shift_y),
            false,
            BayerOrder::rggb};
}

constexpr PixelTraits bayer(std::string_view name, BayerOrder order, int bits, bool packed) {
    return {name, "video/x-bayer", Family::bayer, 1, static_cast<std::uint8_t>(bits), 0,
            0,    packed,          order};
}

constexpr std::array<PixelTraits, kPixelFormatCount> make_traits() {
    using enum BayerOrder;
    return {raw("GRAY8", Family::gray, 1),
            raw("GRAY16_LE", Family::gray, 1, 16),
            raw("RGB", Family::rgb, 1),
            raw("BGR", Family::rgb, 1),
            raw("RGBA", Family::rgb, 1),
            raw("BGRA", Family::rgb, 1),
            raw("RGBx", Family::rgb, 1),
            raw("BGRx", Family::rgb, 1),
            raw("ARGB", Family::rgb, 1),
            raw("ABGR", Family::rgb, 1),
            raw("xRGB", Family::rgb, 1),
            raw("xBGR", Family::rgb, 1),
            raw("GBR", Family::rgb, 3),
            raw("RGBA64_LE", Family::rgb, 1, 16),
            raw("I420", Family::yuv, 3, 8, 1, 1),
            raw("YV12", Family::yuv, 3, 8, 1, 1),
            raw("Y42B", Family::yuv, 3, 8, 1, 0),
            raw("Y444", Family::yuv, 3, 8, 0, 0),
            raw("NV12", Family::yuv, 2, 8, 1, 1),
            raw("NV21", Family::yuv, 2, 8, 1, 1),
            raw("NV16", Family::yuv, 2, 8, 1, 0),
            raw("NV61", Family::yuv, 2, 8, 1, 0),
            raw("NV24", Family::yuv, 2, 8, 0, 0),
            raw("YUY2", Family::yuv, 1, 8, 1, 0),
            raw("UYVY", Family::yuv, 1, 8, 1, 0),
            raw("YVYU", Family::yuv, 1, 8, 1, 0),
            raw("VYUY", Family::yuv, 1, 8, 1, 0),
            raw("AYUV", Family::yuv, 1),
            raw("I420_10LE", Family::yuv, 3, 10, 1, 1),
            raw("I422_10LE", Family::yuv, 3, 10, 1, 0),
            raw("Y444_10LE", Family::yuv, 3, 10),
            raw("I420_12LE", Family::yuv, 3, 12, 1, 1),
            raw("I422_12LE", Family::yuv, 3, 12, 1, 0),
            raw("Y444_12LE", Family::yuv, 3, 12),
            raw("Y444_16LE", Family::yuv, 3, 16),
            raw("P010_10LE", Family::yuv, 2, 10, 1, 1),
            raw("P012_LE", Family::yuv, 2, 12, 1, 1),
            raw("P016_LE", Family::yuv, 2, 16, 1, 1),
            bayer("rggb", rggb, 8, false),
            bayer("grbg", grbg, 8, false),
            bayer("gbrg", gbrg, 8, false),
            bayer("bggr", bggr, 8, false),
            bayer("rggb10le", rggb, 10, false),
            bayer("grbg10le", grbg, 10, false),
            bayer("gbrg10le", gbrg, 10, false),
            bayer("bggr10le", bggr, 10, false),
            bayer("rggb12le", rggb, 12, false),
            bayer("grbg12le", grbg, 12, false),
            bayer("gbrg12le", gbrg, 12, false),
            bayer("bggr12le", bggr, 12, false),
            bayer("rggb14le", rggb, 14, false),
            bayer("grbg14le", grbg, 14, false),
            bayer("gbrg14le", gbrg, 14, false),
            bayer("bggr14le", bggr, 14, false),
            bayer("rggb16le", rggb, 16, false),
            bayer("grbg16le", grbg, 16, false),
            bayer("gbrg16le", gbrg, 16, false),
            bayer("bggr16le", bggr, 16, false),
            bayer("rggb10p", rggb, 10, true),
            bayer("grbg10p", grbg, 10, true),
            bayer("gbrg10p", gbrg, 10, true),
            bayer("bggr10p", bggr, 10, true),
            bayer("rggb12p", rggb, 12, true),
            bayer("grbg12p", grbg, 12, true),
            bayer("gbrg12p", gbrg, 12, true),
            bayer("bggr12p", bggr, 12, true)};
}
constexpr std::array<PixelTraits, kPixelFormatCount> kTraits = make_traits();

constexpr std::array<PixelFormat, kPixelFormatCount> kAll = [] {
    std::array<PixelFormat, kPixelFormatCount> all{};
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<PixelFormat>(i);
    return all;
}();

constexpr std::size_t round_up(std::size_t value, std::size_t unit) {
    return (value + unit - 1) / unit * unit;
}

std::size_t bayer_stride(const PixelTraits& t, std::size_t width) {
    if (t.packed) return t.bits == 10 ? round_up(width, 4) / 4 * 5 : round_up(width, 2) / 2 * 3;
    return t.bits == 8 ? width : width * 2;
}

// Of the first plane, packed 4:2:2 apart.
std::size_t samples_per_pixel(PixelFormat format) {
    if (format == F::ayuv) return 4;
    const PixelTraits& t = traits(format);
    if (t.family != Family::rgb || t.planes > 1) return 1;
    return format == F::rgb || format == F::bgr ? 3 : 4;
}

std::size_t stride_of(PixelFormat format, int plane, std::size_t width) {
    const PixelTraits& t = traits(format);
    if (t.family == Family::bayer) return bayer_stride(t, width);
    if (t.planes == 1 && t.chroma_shift_x == 1) return round_up(width * 2, 4);
    const std::size_t sample_bytes = t.bits > 8 ? 2 : 1;
    if (plane == 0) return round_up(width * samples_per_pixel(format) * sample_bytes, 4);
    const std::size_t chroma = (width + (1U << t.chroma_shift_x) - 1) >> t.chroma_shift_x;
    return round_up((t.planes == 2 ? chroma * 2 : chroma) * sample_bytes, 4);
}

template <class View, class Bytes>
Result<View> checked_view(const ImageLayout& layout, Bytes bytes) {
    if (bytes.size() < layout.size_bytes) {
        return fail(Errc::invalid_argument, "a picture of " + std::to_string(layout.width) + "x" +
                                                std::to_string(layout.height) + " " +
                                                std::string(traits(layout.format).name) +
                                                " needs " + std::to_string(layout.size_bytes) +
                                                " bytes, there are " +
                                                std::to_string(bytes.size()));
    }
    return View{layout, bytes};
}

}  // namespace

const PixelTraits& traits(PixelFormat format) {
    return kTraits.at(static_cast<std::size_t>(format));
}

std::span<const PixelFormat> all_pixel_formats() { return kAll; }

std::optional<PixelFormat> pixel_format(std::string_view media_type, std::string_view name) {
    for (const PixelFormat format : kAll) {
        const PixelTraits& t = traits(format);
        if (t.name == name && t.media_type == media_type) return format;
    }
    return std::nullopt;
}

std::optional<PixelFormat> bayer_format(BayerOrder order, int bits, bool packed) {
    for (const PixelFormat format : kAll) {
        const PixelTraits& t = traits(format);
        if (t.family == Family::bayer && t.order == order && t.bits == bits && t.packed == packed)
            return format;
    }
    return std::nullopt;
}

std::string_view to_string(BayerOrder order) {
    static constexpr std::array<std::string_view, 4> kNames{"rggb", "grbg", "gbrg", "bggr"};
    return kNames.at(static_cast<std::size_t>(order));
}

Result<ImageLayout> image_layout(PixelFormat format, int width, int height) {
    if (width < 1 || height < 1 || width > kMaxSidePx || height > kMaxSidePx) {
        return fail(Errc::invalid_argument, "a picture of " + std::to_string(width) + "x" +
                                                std::to_string(height) +
                                                " is outside 1x1 to 65536x65536");
    }
    const PixelTraits& t = traits(format);
    ImageLayout layout{.format = format, .width = width, .height = height};
    for (int plane = 0; plane < t.planes; ++plane) {
        const auto p = static_cast<std::size_t>(plane);
        layout.stride_bytes[p] = stride_of(format, plane, static_cast<std::size_t>(width));
        layout.rows[p] =
            plane == 0 ? height : (height + (1 << t.chroma_shift_y) - 1) >> t.chroma_shift_y;
        layout.offset_bytes[p] = layout.size_bytes;
        // GStreamer rounds the luma rows of subsampled planar formats up to a whole chroma row.
        const auto unit = static_cast<std::size_t>(plane == 0 ? 1 << t.chroma_shift_y : 1);
        layout.size_bytes +=
            layout.stride_bytes[p] * round_up(static_cast<std::size_t>(layout.rows[p]), unit);
    }
    return layout;
}

Result<ImageView> view_image(const ImageLayout& layout, std::span<const std::byte> bytes) {
    return checked_view<ImageView>(layout, bytes);
}
Result<MutableImageView> view_image(const ImageLayout& layout, std::span<std::byte> bytes) {
    return checked_view<MutableImageView>(layout, bytes);
}

}  // namespace parallax
