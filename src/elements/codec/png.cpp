#include "elements/codec/png.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <spng.h>

#include <fmt/format.h>

#include "elements/codec/samples.h"

namespace parallax::codec {
namespace {

static_assert(std::endian::native == std::endian::little, "libspng's samples are the host's");

// Text chunks and the like: nothing we read needs more than the ICC profile of a scanner.
constexpr std::size_t kChunkLimitBytes = std::size_t{8} << 20;

// Trying all filters costs as much as deflating at these levels, and gains two per cent.
constexpr int kFastLevels = 3;

constexpr std::string_view kProvenanceKeyword = "parallax.provenance";

struct FreeContext {
    void operator()(spng_ctx* context) const { spng_ctx_free(context); }
};
using Context = std::unique_ptr<spng_ctx, FreeContext>;

Failure png_failure(Errc code, int error) {
    return fail(code, fmt::format("png: {}", spng_strerror(error)));
}

// What libspng finds wrong is the file's fault, but for running out of memory.
Failure bad_png(int error) {
    if (error == SPNG_EMEM) return fail(Errc::quota_exceeded, "png: out of memory");
    return png_failure(Errc::corrupt, error);
}

// How a PNG's own colour type is asked of libspng, and what it becomes with us.
struct Reading {
    PixelFormat format;
    int spng_format;
};

Reading reading_of(const spng_ihdr& ihdr, bool transparent) {
    const bool deep = ihdr.bit_depth == 16;
    const bool gray = ihdr.color_type == SPNG_COLOR_TYPE_GRAYSCALE;
    if (gray && !transparent && deep) return {PixelFormat::gray16le, SPNG_FMT_PNG};
    if (gray && !transparent) return {PixelFormat::gray8, SPNG_FMT_G8};
    const bool alpha = transparent || ihdr.color_type == SPNG_COLOR_TYPE_GRAYSCALE_ALPHA ||
                       ihdr.color_type == SPNG_COLOR_TYPE_TRUECOLOR_ALPHA;
    if (deep) return {PixelFormat::rgba64le, SPNG_FMT_RGBA16};
    if (alpha) return {PixelFormat::rgba, SPNG_FMT_RGBA8};
    return {PixelFormat::rgb, SPNG_FMT_RGB8};
}

struct Opened {
    Context context;
    Reading reading;
    PictureInfo info;
};

// Of an eXIf chunk before the samples; what follows them is not looked for.
int orientation_of(spng_ctx* context) {
    spng_exif exif{};
    if (spng_get_exif(context, &exif) != 0) return 1;
    return exif_orientation(std::as_bytes(std::span(exif.data, exif.length)));
}

Result<Opened> open_png(Bytes png) {
    if (png.empty()) return fail(Errc::corrupt, "png: expected a header, found 0 bytes");
    Context context(spng_ctx_new(0));
    if (!context) return fail(Errc::quota_exceeded, "png: out of memory");
    spng_set_image_limits(context.get(), kMaxSidePx, kMaxSidePx);
    spng_set_chunk_limits(context.get(), kChunkLimitBytes, kChunkLimitBytes);
    int error = spng_set_png_buffer(context.get(), png.data(), png.size());
    if (error != 0) return bad_png(error);
    spng_ihdr ihdr{};
    error = spng_get_ihdr(context.get(), &ihdr);
    if (error == SPNG_EUSER_WIDTH || error == SPNG_EUSER_HEIGHT) {
        return fail(Errc::corrupt, fmt::format("png: a side is longer than {} px", kMaxSidePx));
    }
    if (error != 0) return bad_png(error);
    spng_trns trns{};
    error = spng_get_trns(context.get(), &trns);
    if (error != 0 && error != SPNG_ECHUNKAVAIL) return bad_png(error);
    const Reading reading = reading_of(ihdr, error == 0);
    const PictureInfo info{.format = reading.format,
                           .width = static_cast<int>(ihdr.width),
                           .height = static_cast<int>(ihdr.height),
                           .orientation = orientation_of(context.get())};
    return Opened{std::move(context), reading, info};
}

// libspng is content without the end of the last chunk; a file cut short there is cut short.
Result<> expect_end(Bytes png) {
    constexpr std::size_t signature_bytes = 8;
    constexpr std::size_t chunk_frame_bytes = 12;  // Length, type and checksum.
    std::size_t at = signature_bytes;
    while (png.size() >= at + chunk_frame_bytes) {
        std::uint32_t length_bytes = 0;
        std::memcpy(&length_bytes, png.data() + at, 4);
        const bool last = std::memcmp(png.data() + at + 4, "IEND", 4) == 0;
        at += chunk_frame_bytes + __builtin_bswap32(length_bytes);
        if (last && at <= png.size()) return {};
    }
    return fail(Errc::corrupt, fmt::format("png: expected {} bytes or more, found {}",
                                           std::max(at, png.size() + 1), png.size()));
}

// libspng's end of the output: a span that remembers how full it is.
struct Sink {
    MutableBytes out;
    std::size_t used = 0;

    static int write(spng_ctx*, void* user, void* bytes, std::size_t count) {
        Sink& sink = *static_cast<Sink*>(user);
        if (count > sink.out.size() - sink.used) return SPNG_IO_ERROR;
        std::memcpy(sink.out.data() + sink.used, bytes, count);
        sink.used += count;
        return 0;
    }
};

// What the file will say of its samples, or nothing for formats it cannot hold.
Result<spng_ihdr> header_for(const ImageLayout& layout, const PngOptions& options) {
    spng_ihdr ihdr{};
    ihdr.width = static_cast<std::uint32_t>(layout.width);
    ihdr.height = static_cast<std::uint32_t>(layout.height);
    ihdr.bit_depth = traits(layout.format).bits > 8 ? 16 : 8;
    const auto with_alpha =
        options.alpha ? SPNG_COLOR_TYPE_TRUECOLOR_ALPHA : SPNG_COLOR_TYPE_TRUECOLOR;
    if (is_plane_of_samples(layout.format)) {
        ihdr.color_type = SPNG_COLOR_TYPE_GRAYSCALE;
    } else if (layout.format == PixelFormat::rgb) {
        ihdr.color_type = SPNG_COLOR_TYPE_TRUECOLOR;
    } else if (layout.format == PixelFormat::rgba || layout.format == PixelFormat::rgba64le) {
        ihdr.color_type = static_cast<std::uint8_t>(with_alpha);
    } else {
        return cannot_hold("png", layout.format,
                           "GRAY8, GRAY16_LE, RGB, RGBA, RGBA64_LE and unpacked Bayer");
    }
    return ihdr;
}

// Chunks that stand before the samples. libspng borrows the bytes until it has written them.
struct Chunks {
    std::vector<std::byte> exif;
    std::string provenance;
    std::array<char, 1> no_text{};  // libspng wants a language, if only an empty one.
};

int set_chunks(spng_ctx* context, Chunks& chunks) {
    if (!chunks.exif.empty()) {
        spng_exif exif{.length = chunks.exif.size(), .data = nullptr};
        exif.data = static_cast<char*>(static_cast<void*>(chunks.exif.data()));
        if (const int error = spng_set_exif(context, &exif); error != 0) return error;
    }
    if (chunks.provenance.empty()) return 0;
    spng_text text{};
    std::ranges::copy(kProvenanceKeyword, std::begin(text.keyword));
    text.type = SPNG_ITXT;
    text.length = chunks.provenance.size();
    text.text = chunks.provenance.data();
    text.language_tag = chunks.no_text.data();
    text.translated_keyword = chunks.no_text.data();
    return spng_set_text(context, &text, 1);
}

Result<> encode_rows(spng_ctx* context, const ImageView& picture, bool drop_alpha) {
    const std::size_t bytes = row_bytes(picture.layout);
    std::vector<std::byte> opaque(drop_alpha ? bytes : 0);
    for (int y = 0; y < picture.height(); ++y) {
        const std::byte* row = picture.row(y);
        std::size_t count = bytes;
        if (drop_alpha) {
            count = copy_without_alpha(Bytes(row, bytes), picture.format(), opaque);
            row = opaque.data();
        }
        const int error = spng_encode_row(context, row, count);
        if (error == SPNG_EOI && y == picture.height() - 1) return {};
        if (error == SPNG_IO_ERROR) {
            return fail(Errc::invalid_argument, "png: the output is too small",
                        "give it png_bound() bytes");
        }
        if (error != 0) return png_failure(Errc::system, error);
    }
    return {};
}

}  // namespace

std::size_t png_bound(const ImageLayout& layout) {
    // Deflate grows random bytes by less than 1/1000 and each IDAT chunk of 8 KB adds 12 bytes;
    // 1/64 holds both with ease, 4 KB hold the headers and the last chunk's slack.
    const std::size_t raw_bytes = (row_bytes(layout) + 1) * static_cast<std::size_t>(layout.height);
    return raw_bytes + raw_bytes / 64 + 4096 + kNotesBytes;
}

Result<std::size_t> png_encode(const ImageView& picture, const PngOptions& options,
                               MutableBytes out) {
    spng_ihdr ihdr = PX_TRY(header_for(picture.layout, options));
    if (options.compression < 0 || options.compression > 9) {
        return fail(Errc::invalid_argument,
                    fmt::format("png: compression {} is outside 0 to 9", options.compression));
    }
    const Context context(spng_ctx_new(SPNG_CTX_ENCODER));
    if (!context) return fail(Errc::quota_exceeded, "png: out of memory");
    Sink sink{.out = out};
    spng_set_option(context.get(), SPNG_IMG_COMPRESSION_LEVEL, options.compression);
    const bool fast = options.compression <= kFastLevels;
    spng_set_option(context.get(), SPNG_FILTER_CHOICE,
                    fast ? SPNG_FILTER_CHOICE_AVG : SPNG_FILTER_CHOICE_ALL);
    Chunks chunks{.exif = exif_block(options.notes.shot, options.orientation),
                  .provenance = options.notes.provenance};
    spng_set_png_stream(context.get(), &Sink::write, &sink);
    int error = spng_set_ihdr(context.get(), &ihdr);
    if (error == 0) error = set_chunks(context.get(), chunks);
    if (error == 0) {
        error = spng_encode_image(context.get(), nullptr, 0, SPNG_FMT_PNG,
                                  SPNG_ENCODE_PROGRESSIVE | SPNG_ENCODE_FINALIZE);
    }
    if (error == SPNG_IO_ERROR) return fail(Errc::invalid_argument, "png: the output is too small");
    if (error != 0) return png_failure(Errc::system, error);
    const bool has_alpha =
        picture.format() == PixelFormat::rgba || picture.format() == PixelFormat::rgba64le;
    PX_TRY(encode_rows(context.get(), picture, has_alpha && !options.alpha));
    return sink.used;
}

Result<PictureInfo> png_probe(Bytes png, const Limits& limits) {
    const Opened opened = PX_TRY(open_png(png));
    PX_TRY(bounded_layout(opened.info, limits, "png"));
    return opened.info;
}

Result<> png_decode(Bytes png, const MutableImageView& out) {
    const Opened opened = PX_TRY(open_png(png));
    PX_TRY(expect_size(opened.info, out.layout, "png"));
    PX_TRY(expect_samples(opened.info.format, out.format(), "png"));
    PX_TRY(expect_end(png));
    spng_ctx* context = opened.context.get();
    int error = spng_decode_image(context, nullptr, 0, opened.reading.spng_format,
                                  SPNG_DECODE_PROGRESSIVE | SPNG_DECODE_TRNS);
    if (error != 0) return bad_png(error);
    const std::size_t bytes = row_bytes(out.layout);
    // An interlaced row comes in up to seven passes, each filling its pixels of the row given.
    do {
        spng_row_info at{};
        error = spng_get_row_info(context, &at);
        if (error != 0) break;
        error = spng_decode_row(context, out.row(static_cast<int>(at.row_num)), bytes);
    } while (error == 0);
    if (error != SPNG_EOI) return bad_png(error);
    return check_bits(as_const(out), "png");
}

}  // namespace parallax::codec
