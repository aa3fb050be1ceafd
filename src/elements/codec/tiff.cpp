#include "elements/codec/tiff.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include <tiffio.h>

#include <fmt/format.h>

#include "elements/codec/samples.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {
namespace {

constexpr std::size_t kStripBytes = std::size_t{256} << 10;
constexpr tmsize_t kMaxAllocationBytes = tmsize_t{256} << 20;  // For one row or strip of a file.

// libtiff's file: a span, the place in it, and what libtiff said last.
struct Memory {
    const std::byte* in = nullptr;
    std::byte* out = nullptr;
    std::size_t capacity = 0;
    std::size_t size = 0;
    std::size_t at = 0;
    bool full = false;
    std::string said;
};

Memory& of(thandle_t handle) { return *static_cast<Memory*>(handle); }

tmsize_t read_memory(thandle_t handle, void* to, tmsize_t count) {
    Memory& m = of(handle);
    const std::size_t left = m.at < m.size ? m.size - m.at : 0;
    const std::size_t n = std::min(left, static_cast<std::size_t>(std::max<tmsize_t>(count, 0)));
    const std::byte* from = m.in != nullptr ? m.in : m.out;
    if (n > 0) std::memcpy(to, from + m.at, n);
    m.at += n;
    return static_cast<tmsize_t>(n);
}

tmsize_t write_memory(thandle_t handle, void* from, tmsize_t count) {
    Memory& m = of(handle);
    const auto n = static_cast<std::size_t>(std::max<tmsize_t>(count, 0));
    if (m.out == nullptr || m.at > m.capacity || n > m.capacity - m.at) {
        m.full = true;
        return -1;
    }
    if (m.at > m.size) std::memset(m.out + m.size, 0, m.at - m.size);
    std::memcpy(m.out + m.at, from, n);
    m.at += n;
    m.size = std::max(m.size, m.at);
    return count;
}

toff_t seek_memory(thandle_t handle, toff_t offset, int from) {
    Memory& m = of(handle);
    const toff_t base = from == SEEK_CUR ? m.at : from == SEEK_END ? m.size : 0;
    m.at = base + offset;
    return m.at;
}

int close_memory(thandle_t) { return 0; }
toff_t size_of_memory(thandle_t handle) { return of(handle).size; }

// Their parameters are libtiff's.
// NOLINTBEGIN(readability-function-size)
int keep_error(TIFF*, void* user, const char*, const char* format, va_list arguments) {
    std::string& said = static_cast<Memory*>(user)->said;
    std::array<char, 256> text{};
    std::vsnprintf(text.data(), text.size(), format, arguments);
    if (said.empty()) said = text.data();
    return 1;  // Said: libtiff need not print it.
}
int drop_warning(TIFF*, void*, const char*, const char*, va_list) { return 1; }
// NOLINTEND(readability-function-size)

struct CloseTiff {
    void operator()(TIFF* tiff) const { TIFFClose(tiff); }
};
using Tiff = std::unique_ptr<TIFF, CloseTiff>;

// Mode: 'l' little-endian, 'm' no memory mapping, 'h' read the header only.
Tiff open_tiff(Memory& memory, const char* mode) {
    TIFFOpenOptions* options = TIFFOpenOptionsAlloc();
    if (options == nullptr) return nullptr;
    TIFFOpenOptionsSetMaxSingleMemAlloc(options, kMaxAllocationBytes);
    TIFFOpenOptionsSetErrorHandlerExtR(options, &keep_error, &memory);
    TIFFOpenOptionsSetWarningHandlerExtR(options, &drop_warning, nullptr);
    Tiff tiff(TIFFClientOpenExt("memory", mode, &memory, &read_memory, &write_memory, &seek_memory,
                                &close_memory, &size_of_memory, nullptr, nullptr, options));
    TIFFOpenOptionsFree(options);
    return tiff;
}

// How a picture's samples lie in the file.
struct Samples {
    std::uint16_t channels = 1;
    std::uint16_t bits = 8;
    std::size_t row_bytes(int width) const {
        return static_cast<std::size_t>(width) * channels * bits / 8;
    }
};

std::optional<Samples> samples_of(PixelFormat format, bool alpha) {
    const auto four = static_cast<std::uint16_t>(alpha ? 4 : 3);
    const auto bits = static_cast<std::uint16_t>(traits(format).bits > 8 ? 16 : 8);
    if (is_plane_of_samples(format)) return Samples{.channels = 1, .bits = bits};
    if (format == PixelFormat::rgb) return Samples{.channels = 3, .bits = 8};
    if (format == PixelFormat::rgba || format == PixelFormat::rgba64le) {
        return Samples{.channels = four, .bits = bits};
    }
    return std::nullopt;
}

std::uint32_t rows_per_strip(std::size_t row_bytes) {
    return static_cast<std::uint32_t>(std::max<std::size_t>(kStripBytes / row_bytes, 1));
}

void set_fields(TIFF* tiff, const ImageLayout& layout, const Samples& samples,
                const TiffOptions& options) {
    const std::size_t row_size = samples.row_bytes(layout.width);
    TIFFSetField(tiff, TIFFTAG_IMAGEWIDTH, static_cast<std::uint32_t>(layout.width));
    TIFFSetField(tiff, TIFFTAG_IMAGELENGTH, static_cast<std::uint32_t>(layout.height));
    TIFFSetField(tiff, TIFFTAG_BITSPERSAMPLE, samples.bits);
    TIFFSetField(tiff, TIFFTAG_SAMPLESPERPIXEL, samples.channels);
    TIFFSetField(tiff, TIFFTAG_PHOTOMETRIC,
                 samples.channels == 1 ? PHOTOMETRIC_MINISBLACK : PHOTOMETRIC_RGB);
    TIFFSetField(tiff, TIFFTAG_PLANARCONFIG, PLANARCONFIG_CONTIG);
    TIFFSetField(tiff, TIFFTAG_ROWSPERSTRIP, rows_per_strip(row_size));
    TIFFSetField(tiff, TIFFTAG_ORIENTATION, static_cast<std::uint16_t>(options.orientation));
    TIFFSetField(tiff, TIFFTAG_SOFTWARE, "Parallax");
    if (samples.channels == 4) {
        const std::uint16_t kind = EXTRASAMPLE_UNASSALPHA;
        TIFFSetField(tiff, TIFFTAG_EXTRASAMPLES, 1, &kind);
    }
    if (options.deflate) {
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_ADOBE_DEFLATE);
        TIFFSetField(tiff, TIFFTAG_PREDICTOR, PREDICTOR_HORIZONTAL);
    } else {
        TIFFSetField(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    }
}

void set_text(TIFF* tiff, std::uint32_t tag, const std::string& text) {
    if (!text.empty()) TIFFSetField(tiff, tag, text.c_str());
}

void set_notes(TIFF* tiff, const FileNotes& notes) {
    set_text(tiff, TIFFTAG_MAKE, notes.shot.make);
    set_text(tiff, TIFFTAG_MODEL, notes.shot.model);
    set_text(tiff, TIFFTAG_DATETIME, notes.shot.date_time);
    set_text(tiff, TIFFTAG_IMAGEDESCRIPTION, notes.provenance);
}

void set_exif_fields(TIFF* tiff, const RawInfo& shot) {
    const auto set_positive = [&](std::uint32_t tag, float value) {
        if (value > 0) TIFFSetField(tiff, tag, static_cast<double>(value));
    };
    static constexpr std::array<std::uint8_t, 4> kVersion{'0', '2', '3', '0'};
    TIFFSetField(tiff, EXIFTAG_EXIFVERSION, kVersion.data());
    set_positive(EXIFTAG_EXPOSURETIME, shot.exposure_s);
    set_positive(EXIFTAG_FNUMBER, shot.aperture_f);
    set_positive(EXIFTAG_FOCALLENGTH, shot.focal_mm);
    set_text(tiff, EXIFTAG_DATETIMEORIGINAL, shot.date_time);
    if (!(shot.iso > 0)) return;
    const long iso = std::lround(std::min(shot.iso, 4e9F));
    const auto short_iso = static_cast<std::uint16_t>(std::min(iso, 65535L));  // EXIF 2.3
    TIFFSetField(tiff, EXIFTAG_ISOSPEEDRATINGS, 1, &short_iso);
    TIFFSetField(tiff, EXIFTAG_SENSITIVITYTYPE, std::uint16_t{2});
    TIFFSetField(tiff, EXIFTAG_RECOMMENDEDEXPOSUREINDEX, static_cast<std::uint32_t>(iso));
}

// EXIF's directory comes first, so that the picture's can say where it is. 0: there is none.
bool write_exif(TIFF* tiff, const RawInfo& shot, toff_t& at) {
    at = 0;
    if (!tells_exposure(shot)) return true;
    TIFFFreeDirectory(tiff);
    if (TIFFCreateEXIFDirectory(tiff) != 0) return false;
    set_exif_fields(tiff, shot);
    if (TIFFWriteCustomDirectory(tiff, &at) != 1) return false;
    TIFFFreeDirectory(tiff);
    return TIFFCreateDirectory(tiff) == 0;
}

// Strip by strip through a buffer: libtiff's predictor works in place.
bool write_strips(TIFF* tiff, const ImageView& picture, const Samples& samples, bool drop_alpha) {
    const std::size_t row_size = samples.row_bytes(picture.width());
    const auto rows = static_cast<int>(rows_per_strip(row_size));
    std::vector<std::byte> strip(row_size * static_cast<std::size_t>(rows));
    for (int y = 0; y < picture.height(); y += rows) {
        const int count = std::min(rows, picture.height() - y);
        std::byte* to = strip.data();
        for (int line = 0; line < count; ++line, to += row_size) {
            const Bytes row(picture.row(y + line), row_bytes(picture.layout));
            if (drop_alpha) {
                copy_without_alpha(row, picture.format(), {to, row_size});
            } else {
                std::ranges::copy(row, to);
            }
        }
        if (TIFFWriteEncodedStrip(tiff, static_cast<std::uint32_t>(y / rows), strip.data(),
                                  to - strip.data()) < 0) {
            return false;
        }
    }
    return true;
}

Failure bad_tiff(const Memory& memory) {
    return fail(Errc::corrupt, "tiff: " + (memory.said.empty() ? "no TIFF" : memory.said));
}

std::uint16_t word(TIFF* tiff, std::uint32_t tag, std::uint16_t otherwise) {
    std::uint16_t value = otherwise;
    return TIFFGetFieldDefaulted(tiff, tag, &value) == 1 ? value : otherwise;
}

struct Opened {
    Tiff tiff;
    Samples samples;
    PictureInfo info;
};

Result<PixelFormat> format_of(TIFF* tiff, const Samples& samples) {
    const int photometric = word(tiff, TIFFTAG_PHOTOMETRIC, 0xFFFF);
    const int compression = word(tiff, TIFFTAG_COMPRESSION, COMPRESSION_NONE);
    static constexpr std::array compressions{COMPRESSION_NONE, COMPRESSION_ADOBE_DEFLATE,
                                             COMPRESSION_DEFLATE, COMPRESSION_LZW,
                                             COMPRESSION_PACKBITS};
    const bool gray = photometric == PHOTOMETRIC_MINISBLACK && samples.channels == 1;
    const bool color = photometric == PHOTOMETRIC_RGB && samples.channels >= 3;
    if ((!gray && !color) || samples.channels > 4 || (samples.bits != 8 && samples.bits != 16) ||
        std::ranges::find(compressions, compression) == compressions.end() ||
        TIFFIsTiled(tiff) != 0 || word(tiff, TIFFTAG_SAMPLEFORMAT, 1) != SAMPLEFORMAT_UINT ||
        word(tiff, TIFFTAG_PLANARCONFIG, 1) != PLANARCONFIG_CONTIG) {
        return fail(Errc::unsupported,
                    fmt::format("tiff: expected strips of gray or RGB with 8 or 16 bits, found {} "
                                "channels of {} bits, photometric {}, compression {}",
                                samples.channels, samples.bits, photometric, compression));
    }
    if (gray) return samples.bits == 16 ? PixelFormat::gray16le : PixelFormat::gray8;
    if (samples.bits == 16) return PixelFormat::rgba64le;
    return samples.channels == 4 ? PixelFormat::rgba : PixelFormat::rgb;
}

// libtiff goes on without tags and samples that a shortened file lacks.
Result<> expect_whole(Bytes bytes) {
    const TagReader reader = PX_TRY(TagReader::open(bytes));
    const Directory directory = PX_TRY(reader.directory(reader.first()));
    if (!directory.cut_off.empty()) {
        return fail(Errc::corrupt,
                    fmt::format("tiff: tag {} lies outside the {} bytes of the file",
                                static_cast<int>(directory.cut_off.front()), bytes.size()));
    }
    return reader.expect_whole();
}

Result<Opened> open_picture(Memory& memory, Bytes bytes) {
    PX_TRY(expect_whole(bytes));
    memory.in = bytes.data();
    memory.size = bytes.size();
    Opened opened{.tiff = open_tiff(memory, "rm"), .samples = {}, .info = {}};
    TIFF* tiff = opened.tiff.get();
    if (tiff == nullptr) return bad_tiff(memory);
    opened.samples = {.channels = word(tiff, TIFFTAG_SAMPLESPERPIXEL, 1),
                      .bits = word(tiff, TIFFTAG_BITSPERSAMPLE, 1)};
    opened.info.format = PX_TRY(format_of(tiff, opened.samples));
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width);
    TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height);
    constexpr std::uint32_t max_side = kMaxSidePx;
    opened.info.width = static_cast<int>(std::min(width, max_side + 1));
    opened.info.height = static_cast<int>(std::min(height, max_side + 1));
    const std::uint16_t orientation = word(tiff, TIFFTAG_ORIENTATION, 1);
    opened.info.orientation = orientation >= 1 && orientation <= 8 ? orientation : 1;
    return opened;
}

}  // namespace

std::size_t tiff_bound(const ImageLayout& layout) {
    // Deflate grows random bytes by less than 1/1000; each strip has an offset and a size.
    const std::size_t row_size = row_bytes(layout);
    const auto height = static_cast<std::size_t>(layout.height);
    const std::size_t raw_bytes = row_size * height;
    return raw_bytes + raw_bytes / 64 + (height / rows_per_strip(row_size) + 1) * 64 + 4096 +
           kNotesBytes;
}

Result<std::size_t> tiff_encode(const ImageView& picture, const TiffOptions& options,
                                MutableBytes out) {
    const auto samples = samples_of(picture.format(), options.alpha);
    if (!samples) {
        return cannot_hold("tiff", picture.format(),
                           "GRAY8, GRAY16_LE, RGB, RGBA, RGBA64_LE and unpacked Bayer");
    }
    if (tiff_bound(picture.layout) > std::numeric_limits<std::uint32_t>::max()) {
        return fail(Errc::unsupported, "tiff: the picture is larger than the 4 GiB of a TIFF");
    }
    Memory memory;
    memory.out = out.data();
    memory.capacity = out.size();
    Tiff tiff = open_tiff(memory, "wlm");
    toff_t exif_at = 0;
    bool written = tiff != nullptr && write_exif(tiff.get(), options.notes.shot, exif_at);
    if (written) {
        set_fields(tiff.get(), picture.layout, *samples, options);
        set_notes(tiff.get(), options.notes);
        if (exif_at != 0) TIFFSetField(tiff.get(), TIFFTAG_EXIFIFD, exif_at);
        const bool drop_alpha = samples->channels == 3 && picture.format() != PixelFormat::rgb;
        written = write_strips(tiff.get(), picture, *samples, drop_alpha) &&
                  TIFFWriteDirectory(tiff.get()) == 1;
    }
    tiff.reset();
    if (memory.full) {
        return fail(Errc::invalid_argument, "tiff: the output is too small",
                    "give it tiff_bound() bytes");
    }
    if (!written) return fail(Errc::system, "tiff: " + memory.said);
    return memory.size;
}

Result<PictureInfo> tiff_probe(Bytes tiff, const Limits& limits) {
    Memory memory;
    const Opened opened = PX_TRY(open_picture(memory, tiff));
    PX_TRY(bounded_layout(opened.info, limits, "tiff"));
    return opened.info;
}

Result<> tiff_decode(Bytes tiff, const MutableImageView& out) {
    Memory memory;
    const Opened opened = PX_TRY(open_picture(memory, tiff));
    PX_TRY(expect_size(opened.info, out.layout, "tiff"));
    PX_TRY(expect_samples(opened.info.format, out.format(), "tiff"));
    const auto line_bytes = static_cast<std::size_t>(TIFFScanlineSize(opened.tiff.get()));
    const std::size_t row_size = opened.samples.row_bytes(out.width());
    if (line_bytes != row_size) return bad_tiff(memory);
    const bool opaque =
        out.format() == PixelFormat::rgba64le && opened.samples.channels == 3;  // RGB of 16 bits.
    std::vector<std::byte> line(line_bytes);
    for (int y = 0; y < out.height(); ++y) {
        if (TIFFReadScanline(opened.tiff.get(), line.data(), static_cast<std::uint32_t>(y)) != 1) {
            return bad_tiff(memory);
        }
        if (!opaque) {
            std::ranges::copy(line, out.row(y));
            continue;
        }
        for (std::size_t x = 0; x < static_cast<std::size_t>(out.width()); ++x) {
            std::memcpy(out.row(y) + x * 8, line.data() + x * 6, 6);
            std::memset(out.row(y) + x * 8 + 6, 0xFF, 2);
        }
    }
    if (!memory.said.empty()) return bad_tiff(memory);
    return check_bits(as_const(out), "tiff");
}

}  // namespace parallax::codec
