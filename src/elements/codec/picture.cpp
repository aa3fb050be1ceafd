#include "elements/codec/picture.h"

#include <fmt/format.h>

namespace parallax::codec {

Result<ImageLayout> bounded_layout(const PictureInfo& info, const Limits& limits,
                                   std::string_view what) {
    if (info.width < 1 || info.height < 1 || info.width > limits.side_px ||
        info.height > limits.side_px) {
        return fail(Errc::corrupt,
                    fmt::format("{}: a picture of {}x{} is outside 1x1 to {}x{}", what, info.width,
                                info.height, limits.side_px, limits.side_px));
    }
    const ImageLayout layout = PX_TRY(image_layout(info.format, info.width, info.height));
    if (layout.size_bytes > limits.picture_bytes) {
        return fail(Errc::quota_exceeded,
                    fmt::format("{}: a picture of {} takes {} bytes, the limit is {}", what,
                                describe(info.format, info.width, info.height), layout.size_bytes,
                                limits.picture_bytes));
    }
    return layout;
}

Result<> expect_size(const PictureInfo& found, const ImageLayout& given, std::string_view what) {
    if (found.width == given.width && found.height == given.height) return {};
    return fail(Errc::corrupt, fmt::format("{}: expected {}x{}, found {}x{}", what, given.width,
                                           given.height, found.width, found.height));
}

std::size_t row_bytes(const ImageLayout& layout) {
    const auto width = static_cast<std::size_t>(layout.width);
    switch (layout.format) {
        case PixelFormat::gray16le:
            return width * 2;
        case PixelFormat::rgb:
        case PixelFormat::bgr:
            return width * 3;
        case PixelFormat::rgba:
        case PixelFormat::bgra:
        case PixelFormat::rgbx:
        case PixelFormat::bgrx:
            return width * 4;
        case PixelFormat::rgba64le:
            return width * 8;
        case PixelFormat::yuy2:
        case PixelFormat::uyvy:
            return (width + 1) / 2 * 4;
        default:
            // Bayer rows have no padding; the luma rows of planar formats have one byte a pixel.
            return traits(layout.format).family == PixelFamily::bayer ? layout.stride_bytes[0]
                                                                      : width;
    }
}

bool is_plane_of_samples(PixelFormat format) {
    const PixelTraits& t = traits(format);
    return t.family == PixelFamily::gray || (t.family == PixelFamily::bayer && !t.packed);
}

Failure cannot_hold(std::string_view what, PixelFormat format, std::string_view choices) {
    return fail(Errc::unsupported, fmt::format("{}: cannot hold {}", what, traits(format).name),
                fmt::format("it takes {}", choices));
}

std::string describe(PixelFormat format, int width, int height) {
    return fmt::format("{}x{} {}", width, height, traits(format).name);
}

}  // namespace parallax::codec
