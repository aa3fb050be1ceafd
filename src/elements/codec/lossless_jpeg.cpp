#include "elements/codec/lossless_jpeg.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "elements/codec/jpeg_guard.h"

namespace parallax::codec {
namespace {

// Markers of T.81, table B.1.
enum Marker : unsigned {
    kSof0 = 0xC0,
    kSofLossless = 0xC3,
    kDht = 0xC4,
    kJpg = 0xC8,
    kDac = 0xCC,
    kSofLast = 0xCF,
    kRst0 = 0xD0,
    kRst7 = 0xD7,
    kSoi = 0xD8,
    kEoi = 0xD9,
    kSos = 0xDA,
    kDri = 0xDD,
};

bool is_frame(unsigned marker) {
    return marker >= kSof0 && marker <= kSofLast && marker != kDht && marker != kJpg &&
           marker != kDac;
}

unsigned byte_at(Bytes bytes, std::size_t i) { return std::to_integer<unsigned>(bytes[i]); }
unsigned word_at(Bytes bytes, std::size_t i) {
    return byte_at(bytes, i) << 8 | byte_at(bytes, i + 1);
}

// The marker segments up to the scan, whose entropy-coded bytes are what remains of the file.
class Segments {
  public:
    explicit Segments(Bytes jpeg) : jpeg_(jpeg) {}

    struct Segment {
        unsigned marker = 0;
        Bytes content;
    };
    // Nothing at the end, or where no marker stands.
    std::optional<Segment> next() {
        while (at_ + 1 < jpeg_.size() && byte_at(jpeg_, at_) == 0xFF &&
               byte_at(jpeg_, at_ + 1) == 0xFF) {
            ++at_;  // Fill bytes.
        }
        if (at_ + 1 >= jpeg_.size() || byte_at(jpeg_, at_) != 0xFF) return std::nullopt;
        const unsigned marker = byte_at(jpeg_, at_ + 1);
        at_ += 2;
        if (marker == kSoi || marker == kEoi) return Segment{marker, {}};
        if (at_ + 2 > jpeg_.size()) return std::nullopt;
        const std::size_t length = word_at(jpeg_, at_);
        if (length < 2 || length > jpeg_.size() - at_) return std::nullopt;
        const Bytes content = jpeg_.subspan(at_ + 2, length - 2);
        at_ += length;
        return Segment{marker, content};
    }
    Bytes rest() const { return jpeg_.subspan(at_); }

  private:
    Bytes jpeg_;
    std::size_t at_ = 0;
};

// The bits of one difference, its code and what follows it, by as many of its first bits as the
// longest code has.
struct CodeTable {
    std::vector<std::uint8_t> bits;  // 0: no code begins so.
    unsigned longest = 0;            // 0: no table.
};

struct Scan {
    std::size_t rows = 0, columns = 0;
    std::vector<unsigned> components;  // Names, in the order of the frame.
    bool subsampled = false;
    std::size_t restart_interval = 0;  // In units of one sample of each component; 0: never.
    std::array<CodeTable, 4> tables;
    std::vector<const CodeTable*> used;  // One of `tables` for each component of the scan.
};

Failure broken(std::string_view what) { return fail(Errc::corrupt, fmt::format("found {}", what)); }

// T.81, B.2.4.2 and C.2: how many codes there are of each length, then their values. Returns the
// table's bytes.
Result<std::size_t> read_table(Bytes at, const LosslessOptions& options, CodeTable& table) {
    constexpr unsigned kLengths = 16;
    if (at.size() < 1 + kLengths) return broken("a table of codes cut short");
    for (unsigned length = 1; length <= kLengths; ++length) {
        if (byte_at(at, length) > 0) table.longest = length;
    }
    table.bits.resize(std::size_t{1} << table.longest);
    std::size_t value = 1 + kLengths;
    std::size_t next = 0;
    for (unsigned length = 1; length <= table.longest; ++length) {
        const std::size_t run = std::size_t{1} << (table.longest - length);
        for (unsigned i = 0; i < byte_at(at, length); ++i, ++value, next += run) {
            if (value >= at.size() || next + run > table.bits.size()) {
                return broken("a table of codes cut short");
            }
            const unsigned category = byte_at(at, value);
            if (category > 16) return broken("a table of codes for no differences");
            const bool bare = category == 16 && !options.wide_category_16;
            std::fill_n(table.bits.begin() + static_cast<std::ptrdiff_t>(next), run,
                        static_cast<std::uint8_t>(length + (bare ? 0 : category)));
        }
    }
    return value;
}

Result<> read_tables(Bytes at, const LosslessOptions& options, Scan& scan) {
    while (!at.empty()) {
        const unsigned place = byte_at(at, 0);
        if (place >= scan.tables.size()) return broken("a table of codes without a place");
        CodeTable table;
        at = at.subspan(PX_TRY(read_table(at, options, table)));
        scan.tables.at(place) = std::move(table);
    }
    return {};
}

Result<> read_frame(Bytes content, Scan& scan) {
    constexpr std::size_t kFixed = 6, kEach = 3;
    if (content.size() < kFixed) return broken("a frame header cut short");
    scan.rows = word_at(content, 1);
    scan.columns = word_at(content, 3);
    const std::size_t count = byte_at(content, 5);
    if (count == 0 || count > 4 || content.size() < kFixed + kEach * count) {
        return broken("a frame header cut short");
    }
    for (std::size_t i = 0; i < count; ++i) {
        scan.components.push_back(byte_at(content, kFixed + kEach * i));
        if (byte_at(content, kFixed + kEach * i + 1) != 0x11) scan.subsampled = true;
    }
    return {};
}

Result<> read_scan_header(Bytes content, Scan& scan) {
    const std::size_t count = content.empty() ? 0 : byte_at(content, 0);
    if (count == 0 || count != scan.components.size() || content.size() < 1 + 2 * count) {
        return broken("a scan header that is not the frame's");
    }
    for (std::size_t i = 0; i < count; ++i) {
        const unsigned table = byte_at(content, 2 + 2 * i) >> 4;
        if (table >= scan.tables.size() || scan.tables.at(table).longest == 0) {
            return broken("a scan without its table of codes");
        }
        scan.used.push_back(&scan.tables.at(table));
    }
    return {};
}

// All segments up to and with that of the scan; returns the bytes behind it.
Result<Bytes> read_headers(Bytes jpeg, const LosslessOptions& options, Scan& scan) {
    Segments segments(jpeg);
    const auto first = segments.next();
    if (!first || first->marker != kSoi) return broken("no start of an image");
    while (const auto segment = segments.next()) {
        switch (segment->marker) {
            case kDht:
                PX_TRY(read_tables(segment->content, options, scan));
                break;
            case kSofLossless:
                if (!scan.components.empty()) return broken("two frame headers");
                PX_TRY(read_frame(segment->content, scan));
                break;
            case kDri:
                if (segment->content.size() < 2) return broken("a restart interval cut short");
                scan.restart_interval = word_at(segment->content, 0);
                break;
            case kEoi:
                return broken("one without samples");
            case kSos:
                PX_TRY(read_scan_header(segment->content, scan));
                return segments.rest();
            default:
                break;
        }
    }
    return broken("one cut short before its samples");
}

// The bits of a scan between two markers. T.81, F.2.2.5: 0xFF 0x00 stands for 0xFF.
class CodeBits {
  public:
    explicit CodeBits(Bytes bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

    // Drops the next difference. False: they end before it does, or no code begins so.
    bool skip(const CodeTable& table) {
        if (have_ < 32) fill();
        const unsigned bits = table.bits[window_ >> (64 - table.longest)];
        if (bits == 0 || bits > have_) return false;
        window_ <<= bits;
        have_ -= bits;
        return true;
    }

    // Whole bytes left before the next marker, or the end.
    std::size_t left_bytes() const {
        const std::byte* marker = at_;
        while (marker < end_ && !at_marker(marker)) ++marker;
        return have_ / 8 + static_cast<std::size_t>(marker - at_);
    }

    // Goes behind the restart marker, which is next; false if none is.
    bool restart() {
        if (end_ - at_ < 2 || !at_marker(at_)) return false;
        while (end_ - at_ > 2 && at_[1] == std::byte{0xFF}) ++at_;
        const auto marker = std::to_integer<unsigned>(at_[1]);
        if (marker < kRst0 || marker > kRst7) return false;
        at_ += 2;
        window_ = 0;
        have_ = 0;
        return true;
    }

  private:
    bool at_marker(const std::byte* at) const {
        return *at == std::byte{0xFF} && (at + 1 == end_ || at[1] != std::byte{0});
    }
    void fill() {
        while (have_ <= 56 && at_ < end_ && !at_marker(at_)) {
            window_ |= std::to_integer<std::uint64_t>(*at_) << (56 - have_);
            at_ += *at_ == std::byte{0xFF} ? 2 : 1;
            have_ += 8;
        }
    }

    const std::byte* at_;
    const std::byte* end_;
    std::uint64_t window_ = 0;  // From its top bit on.
    unsigned have_ = 0;         // Bits in it.
};

// T.81 leaves nothing; so many bytes more are taken for an encoder's habit.
constexpr std::size_t kHabitBytes = 8;

Failure left_over(std::size_t bytes) {
    return broken(fmt::format("{} more bytes than its samples take", bytes));
}

Result<> follow_codes(Bytes coded, const Scan& scan) {
    CodeBits bits(coded);
    const std::size_t units = scan.rows * scan.columns;
    std::size_t until_restart = scan.restart_interval;
    for (std::size_t unit = 0; unit < units; ++unit) {
        if (scan.restart_interval > 0 && until_restart-- == 0) {
            if (const std::size_t left = bits.left_bytes(); left > kHabitBytes) {
                return left_over(left);
            }
            if (!bits.restart()) return broken("no restart marker where one belongs");
            until_restart = scan.restart_interval - 1;
        }
        for (const CodeTable* table : scan.used) {
            if (bits.skip(*table)) continue;
            return broken(fmt::format("samples for {} of {} pixels", unit, units));
        }
    }
    if (const std::size_t left = bits.left_bytes(); left > kHabitBytes) return left_over(left);
    return {};
}

struct LossyReader {
    jpeg_decompress_struct jpeg{};
    JpegGuard guard{jpeg.err};
    Bytes bytes;
    std::vector<std::byte> row;

    LossyReader() = default;
    LossyReader(const LossyReader&) = delete;
    LossyReader& operator=(const LossyReader&) = delete;
    ~LossyReader() { jpeg_destroy_decompress(&jpeg); }
};

void read_header(LossyReader& r) {
    jpeg_create_decompress(&r.jpeg);
    jpeg_mem_src(&r.jpeg, jpeg_samples(r.bytes.data()), r.bytes.size());
    jpeg_read_header(&r.jpeg, TRUE);
    // All codes are read, but of each block only the mean is made.
    r.jpeg.scale_num = 1;
    r.jpeg.scale_denom = 8;
    r.jpeg.out_color_space = r.jpeg.jpeg_color_space;
    r.jpeg.do_fancy_upsampling = FALSE;
    jpeg_calc_output_dimensions(&r.jpeg);
}

// Stops at the first damage: a header may promise any number of rows.
void read_rows(LossyReader& r) {
    jpeg_start_decompress(&r.jpeg);
    JSAMPROW row = jpeg_samples(r.row.data());
    while (r.jpeg.output_scanline < r.jpeg.output_height && !r.guard.damaged()) {
        jpeg_read_scanlines(&r.jpeg, &row, 1);
    }
    if (!r.guard.damaged()) jpeg_finish_decompress(&r.jpeg);
}

}  // namespace

JpegKind jpeg_kind(Bytes jpeg) {
    Segments segments(jpeg);
    const auto first = segments.next();
    if (!first || first->marker != kSoi) return JpegKind::none;
    while (const auto segment = segments.next()) {
        if (segment->marker == kSofLossless) return JpegKind::lossless;
        if (is_frame(segment->marker)) return JpegKind::lossy;
        if (segment->marker == kSos || segment->marker == kEoi) break;
    }
    return JpegKind::none;
}

Result<> expect_whole_lossless_jpeg(Bytes jpeg, const LosslessOptions& options) {
    Scan scan;
    const Bytes coded = PX_TRY(read_headers(jpeg, options, scan));
    if (scan.subsampled) return {};
    return follow_codes(coded, scan);
}

Result<> expect_whole_lossy_jpeg(Bytes jpeg) {
    const auto reader = std::make_unique<LossyReader>();
    reader->bytes = jpeg;
    if (!reader->guard.guarded(read_header, *reader)) return broken("a damaged one");
    if (reader->jpeg.progressive_mode != FALSE) return {};
    reader->row.resize(std::size_t{reader->jpeg.output_width} *
                       static_cast<std::size_t>(reader->jpeg.output_components));
    const bool read = reader->guard.guarded(read_rows, *reader);
    if (read && !reader->guard.damaged() && !reader->guard.has_extraneous()) return {};
    return broken("a damaged one");
}

}  // namespace parallax::codec
