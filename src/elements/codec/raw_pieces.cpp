#include "elements/codec/raw_pieces.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "elements/codec/lossless_jpeg.h"
#include "elements/codec/raw_signature.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {
namespace {

// Values of the tag Compression: TIFF 6.0, and DNG 1.7, chapter 4.
constexpr std::uint32_t kUncompressed = 1;
constexpr std::uint32_t kOldJpeg = 6;  // What CR2 says of its lossless one.
constexpr std::uint32_t kJpeg = 7;
constexpr std::uint32_t kLossyJpeg = 34892;

struct Pieces {
    std::string_view name;
    const Tag* offsets = nullptr;
    const Tag* byte_counts = nullptr;

    std::uint32_t count() const {
        if (offsets == nullptr || byte_counts == nullptr) return 0;
        return std::min(offsets->count, byte_counts->count);
    }
    std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (std::uint32_t i = 0; i < count(); ++i) sum += byte_counts->whole(i);
        return sum;
    }
};

Pieces pieces_of(const Directory& d) {
    const Pieces tiles{"tile", d.find(TagId::tile_offsets), d.find(TagId::tile_byte_counts)};
    if (tiles.count() > 0) return tiles;
    return {"strip", d.find(TagId::strip_offsets), d.find(TagId::strip_byte_counts)};
}

// The raw picture, or where no tag tells which one that is, as in CR2, the one with most bytes.
const Directory* picture_of(std::span<const Directory> directories) {
    if (const Directory* told = raw_directory(directories)) return told;
    const auto most = std::ranges::max_element(
        directories, {}, [](const Directory& d) { return pieces_of(d).bytes(); });
    return most == directories.end() ? nullptr : &*most;
}

struct Kind {
    std::uint32_t compression = 0;
    std::uint32_t dng_version = 0;  // 0: no DNG.
    bool zero_is_no_sample = false;
};

Kind kind_of(std::span<const Directory> directories, const Directory& picture, bool above_zero) {
    Kind kind;
    kind.compression = static_cast<std::uint32_t>(picture.number(TagId::compression, 1));
    for (const Directory& d : directories) {
        const Tag* version = d.find(TagId::dng_version);
        if (version == nullptr || kind.dng_version != 0) continue;
        for (std::size_t i = 0; i < 4; ++i) {
            kind.dng_version = kind.dng_version << 8 | (version->whole(i) & 0xFF);
        }
    }
    // A table may make anything of a zero, and black levels are those of its results.
    const bool table = picture.find(TagId::linearization_table) != nullptr;
    kind.zero_is_no_sample = kind.compression != kUncompressed || (above_zero && !table);
    return kind;
}

bool all_zero(Bytes bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

Result<> expect_intact(Bytes piece, const Kind& kind) {
    if (kind.zero_is_no_sample && all_zero(piece)) {
        return fail(Errc::corrupt, "expected samples, found only zeros");
    }
    const bool jpeg_told = kind.compression == kJpeg || kind.compression == kLossyJpeg;
    if (!jpeg_told && kind.compression != kOldJpeg) return {};
    switch (jpeg_kind(piece)) {
        case JpegKind::lossless:
            // Version 1.1 is 1, 1, 0, 0.
            return expect_whole_lossless_jpeg(
                       piece,
                       {.wide_category_16 = kind.dng_version != 0 && kind.dng_version < 0x01010000})
                .context("expected a whole lossless JPEG");
        case JpegKind::lossy:
            return expect_whole_lossy_jpeg(piece).context("expected a whole JPEG");
        case JpegKind::none:
            break;
    }
    if (kind.dng_version == 0) return {};  // What else makers mean by it, LibRaw knows.
    return fail(Errc::corrupt, "expected a JPEG, found none");
}

}  // namespace

Result<> expect_intact_pieces(Bytes file, bool black_above_zero) {
    const auto tiff = TagReader::open(file);
    if (!tiff) return {};
    const std::vector<Directory> directories = tiff->directories();
    const Directory* picture = picture_of(directories);
    if (picture == nullptr) return {};
    const Kind kind = kind_of(directories, *picture, black_above_zero);
    const Pieces pieces = pieces_of(*picture);
    for (std::uint32_t i = 0; i < pieces.count(); ++i) {
        const std::uint32_t offset = pieces.offsets->whole(i);
        const std::uint32_t bytes = pieces.byte_counts->whole(i);
        const auto named = [&](std::string_view what) {
            return fmt::format("raw: {} {} of {}, {} bytes at byte {}: {}", pieces.name, i + 1,
                               pieces.count(), bytes, offset, what);
        };
        if (offset == 0 || offset >= file.size() || bytes == 0) {
            if (kind.dng_version == 0) continue;  // Some cameras' tags are wrong, not their files.
            return fail(Errc::corrupt, named("expected samples, found none"));
        }
        const Bytes piece =
            file.subspan(offset, std::min<std::size_t>(bytes, file.size() - offset));
        if (const auto intact = expect_intact(piece, kind); !intact) {
            return fail(Errc::corrupt, named(to_string(intact.error())));
        }
    }
    return {};
}

Result<> expect_no_blank_rows(const ImageView& mosaic) {
    constexpr int kLeast = 3;  // Two broken lines of a sensor side by side have been seen.
    int blank = 0;
    for (int y = 0; y <= mosaic.height(); ++y) {
        const auto is_blank = [&] {
            const std::span row(mosaic.samples<std::uint16_t>(y),
                                static_cast<std::size_t>(mosaic.width()));
            return std::ranges::all_of(row, [](std::uint16_t sample) { return sample == 0; });
        };
        if (y < mosaic.height() && is_blank()) {
            ++blank;
        } else if (blank >= kLeast) {
            return fail(
                Errc::corrupt,
                fmt::format("raw: expected samples near black or above it, found only zeros "
                            "in the {} rows from {} to {}",
                            blank, y - blank, y - 1));
        } else {
            blank = 0;
        }
    }
    return {};
}

}  // namespace parallax::codec
