#include <array>

#include <jerror.h>

#include <fmt/format.h>

#include "elements/codec/jpeg.h"
#include "elements/codec/jpeg_guard.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {
namespace {

// A progressive picture may be sent in any number of scans, each of which costs as much as a whole
// one; encoders use ten.
constexpr int kMaxScans = 200;

struct Decoder {
    jpeg_decompress_struct jpeg{};
    JpegGuard guard{jpeg.err};
    jpeg_progress_mgr progress{};
    Bytes bytes;
    const MutableImageView* out = nullptr;
    J_COLOR_SPACE color = JCS_RGB;

    Decoder() = default;
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() { jpeg_destroy_decompress(&jpeg); }
};

void limit_scans(j_common_ptr info) {
    const void* whole = info;  // The common part is its beginning.
    const auto* jpeg = static_cast<const jpeg_decompress_struct*>(whole);
    if (jpeg->input_scan_number > kMaxScans) ERREXIT(info, JERR_BAD_PROGRESSION);
}

void read_header(Decoder& d) {
    jpeg_create_decompress(&d.jpeg);
    jpeg_mem_src(&d.jpeg, jpeg_samples(d.bytes.data()), d.bytes.size());
    d.progress.progress_monitor = &limit_scans;
    d.jpeg.progress = &d.progress;
    jpeg_read_header(&d.jpeg, TRUE);
}

void read_rows(Decoder& d) {
    d.jpeg.out_color_space = d.color;
    // Coefficients of a progressive picture are kept whole: six bytes a pixel, and slack.
    constexpr std::size_t slack_bytes = std::size_t{32} << 20;
    d.jpeg.mem->max_memory_to_use =
        static_cast<long>(std::size_t{d.jpeg.image_width} * d.jpeg.image_height * 12 + slack_bytes);
    jpeg_start_decompress(&d.jpeg);
    while (d.jpeg.output_scanline < d.jpeg.output_height) {
        JSAMPROW row = jpeg_samples(d.out->row(static_cast<int>(d.jpeg.output_scanline)));
        jpeg_read_scanlines(&d.jpeg, &row, 1);
    }
    jpeg_finish_decompress(&d.jpeg);
}

J_COLOR_SPACE color_space_of(PixelFormat format) {
    switch (format) {
        case PixelFormat::gray8:
            return JCS_GRAYSCALE;
        case PixelFormat::rgb:
            return JCS_EXT_RGB;
        case PixelFormat::bgr:
            return JCS_EXT_BGR;
        case PixelFormat::rgba:
            return JCS_EXT_RGBA;
        case PixelFormat::bgra:
            return JCS_EXT_BGRA;
        case PixelFormat::rgbx:
            return JCS_EXT_RGBX;
        case PixelFormat::bgrx:
            return JCS_EXT_BGRX;
        default:
            return JCS_UNKNOWN;
    }
}

Result<PictureInfo> open_jpeg(Decoder& d, Bytes jpeg) {
    if (jpeg.empty()) return fail(Errc::corrupt, "jpeg: expected a header, found 0 bytes");
    d.bytes = jpeg;
    if (!d.guard.guarded(read_header, d)) return d.guard.failure(Errc::corrupt);
    const J_COLOR_SPACE stored = d.jpeg.jpeg_color_space;
    if (stored == JCS_CMYK || stored == JCS_YCCK) {
        return fail(Errc::unsupported, "jpeg: expected gray or RGB, found CMYK");
    }
    const bool gray = stored == JCS_GRAYSCALE;
    return PictureInfo{.format = gray ? PixelFormat::gray8 : PixelFormat::rgb,
                       .width = static_cast<int>(d.jpeg.image_width),
                       .height = static_cast<int>(d.jpeg.image_height),
                       .orientation = jpeg_orientation(jpeg)};
}

}  // namespace

Result<PictureInfo> jpeg_probe(Bytes jpeg, const Limits& limits) {
    Decoder d;
    const PictureInfo info = PX_TRY(open_jpeg(d, jpeg));
    PX_TRY(bounded_layout(info, limits, "jpeg"));
    return info;
}

Result<> jpeg_decode(Bytes jpeg, const MutableImageView& out) {
    Decoder d;
    const PictureInfo info = PX_TRY(open_jpeg(d, jpeg));
    PX_TRY(expect_size(info, out.layout, "jpeg"));
    d.out = &out;
    d.color = color_space_of(out.format());
    if (d.color == JCS_UNKNOWN) {
        return cannot_hold("jpeg", out.format(), "GRAY8 and RGB of 8 bits");
    }
    if (!d.guard.guarded(read_rows, d)) return d.guard.failure(Errc::corrupt);
    if (d.guard.damaged()) return d.guard.failure(Errc::corrupt);
    return {};
}

}  // namespace parallax::codec
