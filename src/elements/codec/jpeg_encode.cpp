#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include <jerror.h>

#include <fmt/format.h>

#include "elements/codec/jpeg.h"
#include "elements/codec/jpeg_guard.h"

namespace parallax::codec {
namespace {

constexpr int kBlock = DCTSIZE;
constexpr std::size_t kMaxLines = 16;  // Of luma in a row of blocks, at 4:2:0.

struct Sampling {
    int x = 1, y = 1;
};  // Luma samples to a chroma sample.

// `side`, rounded up to a multiple of `unit`.
std::size_t whole_units(int side, int unit) {
    const auto u = static_cast<std::size_t>(unit);
    return (static_cast<std::size_t>(side) + u - 1) / u * u;
}

bool is_planar_yuv(PixelFormat format) {
    using enum PixelFormat;
    constexpr std::array known{i420, yv12, y42b, y444, nv12, nv21};
    return std::ranges::find(known, format) != known.end();
}

Sampling sampling_of(PixelFormat format, const JpegOptions& options) {
    const PixelTraits& t = traits(format);
    if (t.family == PixelFamily::gray) return {};
    if (is_planar_yuv(format)) return {.x = 1 << t.chroma_shift_x, .y = 1 << t.chroma_shift_y};
    switch (options.chroma) {
        case ChromaSampling::s444:
            return {};
        case ChromaSampling::s422:
            return {.x = 2, .y = 1};
        case ChromaSampling::s420:
            break;
    }
    return {.x = 2, .y = 2};
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
        case PixelFormat::rgbx:
            return JCS_EXT_RGBX;
        case PixelFormat::bgra:
        case PixelFormat::bgrx:
            return JCS_EXT_BGRX;
        default:
            return is_planar_yuv(format) ? JCS_YCbCr : JCS_UNKNOWN;
    }
}

// The block, as it stands in APP1; empty where there is nothing to tell.
std::vector<std::byte> exif_segment(const JpegOptions& options) {
    constexpr std::array<char, 6> opening{'E', 'x', 'i', 'f', 0, 0};
    const std::vector<std::byte> block = exif_block(options.notes.shot, options.orientation);
    if (block.empty()) return {};
    const auto start = std::as_bytes(std::span(opening));
    std::vector<std::byte> segment(start.begin(), start.end());
    segment.insert(segment.end(), block.begin(), block.end());
    return segment;
}

// All that the guarded steps need; what they own is cleared away from out here.
struct Encoder {
    jpeg_compress_struct jpeg{};
    JpegGuard guard{jpeg.err};
    jpeg_destination_mgr sink{};
    const ImageView* picture = nullptr;
    const JpegOptions* options = nullptr;
    Sampling sampling;
    std::vector<std::byte> exif;
    // One row of blocks of each plane, for YUV: padded to whole blocks by repeating the last
    // sample.
    std::array<std::vector<JSAMPLE>, 3> blocks;
    std::array<std::array<JSAMPROW, kMaxLines>, 3> rows{};

    Encoder() = default;
    Encoder(const Encoder&) = delete;
    Encoder& operator=(const Encoder&) = delete;
    ~Encoder() { jpeg_destroy_compress(&jpeg); }
};

void set_sink(Encoder& e, MutableBytes out) {
    e.sink.next_output_byte = jpeg_samples(out.data());
    e.sink.free_in_buffer = out.size();
    e.sink.init_destination = [](j_compress_ptr) {};
    e.sink.term_destination = [](j_compress_ptr) {};
    e.sink.empty_output_buffer = [](j_compress_ptr jpeg) -> boolean {
        ERREXIT(jpeg, JERR_BUFFER_SIZE);
        return FALSE;
    };
}

void start(Encoder& e) {
    jpeg_compress_struct& jpeg = e.jpeg;
    jpeg_create_compress(&jpeg);
    jpeg.dest = &e.sink;
    jpeg.image_width = static_cast<JDIMENSION>(e.picture->width());
    jpeg.image_height = static_cast<JDIMENSION>(e.picture->height());
    jpeg.in_color_space = color_space_of(e.picture->format());
    const bool padded = jpeg.in_color_space == JCS_EXT_RGBX || jpeg.in_color_space == JCS_EXT_BGRX;
    jpeg.input_components = jpeg.in_color_space == JCS_GRAYSCALE ? 1 : padded ? 4 : 3;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, e.options->quality, TRUE);
    if (e.options->progressive) jpeg_simple_progression(&jpeg);
    jpeg.comp_info[0].h_samp_factor = e.sampling.x;
    jpeg.comp_info[0].v_samp_factor = e.sampling.y;
    jpeg.raw_data_in = is_planar_yuv(e.picture->format()) ? TRUE : FALSE;
    jpeg_start_compress(&jpeg, TRUE);
    if (!e.exif.empty()) {
        jpeg_write_marker(&jpeg, JPEG_APP0 + 1, jpeg_samples(e.exif.data()),
                          static_cast<unsigned>(e.exif.size()));
    }
    const std::string& provenance = e.options->notes.provenance;
    if (!provenance.empty()) {
        jpeg_write_marker(&jpeg, JPEG_COM, jpeg_samples(as_bytes(std::span(provenance)).data()),
                          static_cast<unsigned>(provenance.size()));
    }
}

void write_rows(Encoder& e) {
    while (e.jpeg.next_scanline < e.jpeg.image_height) {
        const std::byte* row = e.picture->row(static_cast<int>(e.jpeg.next_scanline));
        JSAMPROW line = jpeg_samples(row);
        jpeg_write_scanlines(&e.jpeg, &line, 1);
    }
}

// Where component `c` (Y, Cb, Cr) lies: its plane, first byte and distance between samples.
struct Source {
    int plane, first, step;
};
Source source_of(PixelFormat format, int c) {
    if (c == 0) return {0, 0, 1};
    switch (format) {
        case PixelFormat::nv12:
            return {1, c - 1, 2};
        case PixelFormat::nv21:
            return {1, 2 - c, 2};
        case PixelFormat::yv12:
            return {3 - c, 0, 1};
        default:
            return {c, 0, 1};
    }
}

// Fills the rows of blocks that begin at luma row `y`; below the picture its last row is repeated.
void fill_blocks(Encoder& e, int y) {
    const ImageView& picture = *e.picture;
    for (int c = 0; c < 3; ++c) {
        const auto i = static_cast<std::size_t>(c);
        const Source source = source_of(picture.format(), c);
        const Sampling shrink = c == 0 ? Sampling{} : e.sampling;
        const int width = (picture.width() + shrink.x - 1) / shrink.x;
        const int height = (picture.height() + shrink.y - 1) / shrink.y;
        const int count = c == 0 ? kBlock * e.sampling.y : kBlock;
        const auto padded = e.blocks[i].size() / static_cast<std::size_t>(count);
        for (int line = 0; line < count; ++line) {
            const int from = std::min(y / shrink.y + line, height - 1);
            const std::byte* in = picture.row(from, source.plane) + source.first;
            JSAMPLE* out = e.blocks[i].data() + static_cast<std::size_t>(line) * padded;
            e.rows[i][static_cast<std::size_t>(line)] = out;
            for (int x = 0; x < width; ++x) {
                out[x] = std::to_integer<JSAMPLE>(in[static_cast<std::ptrdiff_t>(x) * source.step]);
            }
            std::fill(out + width, out + padded, out[width - 1]);
        }
    }
}

void write_blocks(Encoder& e) {
    const int lines = kBlock * e.sampling.y;
    std::array<JSAMPARRAY, 3> planes{e.rows[0].data(), e.rows[1].data(), e.rows[2].data()};
    for (int y = 0; y < e.picture->height(); y += lines) {
        fill_blocks(e, y);
        jpeg_write_raw_data(&e.jpeg, planes.data(), static_cast<JDIMENSION>(lines));
    }
}

void make_blocks(Encoder& e) {
    const int mcu = kBlock * e.sampling.x;
    const std::size_t padded = whole_units(e.picture->width(), mcu);
    const auto down = static_cast<std::size_t>(e.sampling.y);
    e.blocks[0].resize(padded * down * DCTSIZE);
    e.blocks[1].resize(padded / static_cast<std::size_t>(e.sampling.x) * DCTSIZE);
    e.blocks[2].resize(e.blocks[1].size());
}

Result<> check(const ImageView& picture, const JpegOptions& options) {
    if (color_space_of(picture.format()) == JCS_UNKNOWN) {
        return cannot_hold("jpeg", picture.format(),
                           "GRAY8, RGB of 8 bits, I420, YV12, Y42B, Y444, NV12 and NV21");
    }
    if (options.quality < 1 || options.quality > 100) {
        return fail(Errc::invalid_argument,
                    fmt::format("jpeg: quality {} is outside 1 to 100", options.quality));
    }
    if (std::max(picture.width(), picture.height()) > JPEG_MAX_DIMENSION) {
        return fail(Errc::unsupported,
                    fmt::format("jpeg: {} is longer than {} px",
                                describe(picture.format(), picture.width(), picture.height()),
                                JPEG_MAX_DIMENSION));
    }
    return {};
}

}  // namespace

std::size_t jpeg_bound(const ImageLayout& layout, const JpegOptions& options) {
    // TurboJPEG's tjBufSize(): two bytes for a sample at worst, of whole MCUs, and the headers.
    const Sampling s = sampling_of(layout.format, options);
    const std::size_t luma =
        whole_units(layout.width, kBlock * s.x) * whole_units(layout.height, kBlock * s.y);
    const bool gray = traits(layout.format).family == PixelFamily::gray;
    const auto shrink_x = static_cast<std::size_t>(s.x);
    const auto shrink_y = static_cast<std::size_t>(s.y);
    const std::size_t chroma = gray ? 0 : 2 * luma / (shrink_x * shrink_y);
    return 2 * (luma + chroma) + 2048 + kNotesBytes;
}

Result<std::size_t> jpeg_encode(const ImageView& picture, const JpegOptions& options,
                                MutableBytes out) {
    PX_TRY(check(picture, options));
    // libjpeg looks for room only after it has written a byte.
    if (out.empty()) return fail(Errc::invalid_argument, "jpeg: there is no output");
    Encoder e;
    e.picture = &picture;
    e.options = &options;
    e.sampling = sampling_of(picture.format(), options);
    e.exif = exif_segment(options);
    set_sink(e, out);
    const bool raw = is_planar_yuv(picture.format());
    if (raw) make_blocks(e);
    const bool done = e.guard.guarded(start, e) &&
                      e.guard.guarded(raw ? write_blocks : write_rows, e) &&
                      e.guard.guarded([](Encoder& x) { jpeg_finish_compress(&x.jpeg); }, e);
    if (done) return out.size() - e.sink.free_in_buffer;
    if (e.guard.code() == JERR_BUFFER_SIZE) {
        return fail(Errc::invalid_argument, "jpeg: the output is too small",
                    "give it jpeg_bound() bytes");
    }
    return e.guard.failure(Errc::system);
}

}  // namespace parallax::codec
