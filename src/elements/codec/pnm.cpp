#include "elements/codec/pnm.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "elements/codec/samples.h"

namespace parallax::codec {
namespace {

constexpr std::size_t kHeaderRoomBytes = 64;

// The header's words, past white space and comments ("#" to the end of the line).
class Header {
  public:
    explicit Header(Bytes bytes) : bytes_(bytes) {}

    // A number of at most 9 digits, or nothing.
    std::optional<int> number() {
        skip_space();
        int value = 0;
        const std::size_t start = at_;
        while (at_ < bytes_.size() && is_digit(peek()) && at_ - start < 9) {
            value = value * 10 + (peek() - '0');
            ++at_;
        }
        if (at_ == start || at_ == bytes_.size() || is_digit(peek())) return std::nullopt;
        return value;
    }
    // The one byte of white space between the header and the samples.
    bool end() {
        if (at_ >= bytes_.size() || !is_space(peek())) return false;
        ++at_;
        return true;
    }
    void skip(std::size_t count) { at_ += count; }
    std::size_t at() const { return at_; }

  private:
    char peek() const { return static_cast<char>(bytes_[at_]); }
    static bool is_digit(char c) { return c >= '0' && c <= '9'; }
    static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
    void skip_space() {
        while (at_ < bytes_.size() && (is_space(peek()) || peek() == '#')) {
            if (peek() == '#') {
                while (at_ < bytes_.size() && peek() != '\n') ++at_;
            } else {
                ++at_;
            }
        }
    }

    Bytes bytes_;
    std::size_t at_ = 0;
};

struct Stored {
    std::size_t channels, bytes_per_sample;
};
Stored stored(const PnmInfo& info) {
    const bool color = traits(info.picture.format).family == PixelFamily::rgb;
    return {color ? std::size_t{3} : 1, info.maximum > 255 ? std::size_t{2} : 1};
}

// One stored row of big-endian samples into a row of `out`.
void read_row(const std::byte* in, const PnmInfo& info, const MutableImageView& out, int y) {
    const Stored s = stored(info);
    const std::size_t count = static_cast<std::size_t>(out.width()) * s.channels;
    const bool deep = s.bytes_per_sample == 2;
    const unsigned full = deep ? 65535 : 255;
    const auto maximum = static_cast<unsigned>(info.maximum);
    const bool scale = maximum != full && traits(out.format()).family != PixelFamily::bayer;
    std::byte* to = out.row(y);
    for (std::size_t i = 0; i < count; ++i) {
        unsigned value = std::to_integer<unsigned>(in[i * s.bytes_per_sample]);
        if (deep) value = value << 8 | std::to_integer<unsigned>(in[i * 2 + 1]);
        if (scale) value = (std::min(value, maximum) * full + maximum / 2) / maximum;
        if (!deep) {
            to[i] = static_cast<std::byte>(value);
            continue;
        }
        // Three channels stand in four: after each third comes an opaque alpha.
        const std::size_t at = s.channels == 3 ? i / 3 * 4 + i % 3 : i;
        const auto sample = static_cast<std::uint16_t>(value);
        std::memcpy(to + at * 2, &sample, 2);
        if (s.channels == 3 && i % 3 == 2) std::memset(to + at * 2 + 2, 0xFF, 2);
    }
}

}  // namespace

std::size_t pnm_bound(const ImageLayout& layout) {
    return kHeaderRoomBytes + row_bytes(layout) * static_cast<std::size_t>(layout.height);
}

Result<std::size_t> pnm_encode(const ImageView& picture, MutableBytes out) {
    const PixelFormat format = picture.format();
    const bool plane = is_plane_of_samples(format);
    const bool without_alpha = format == PixelFormat::rgba64le;
    if (!plane && format != PixelFormat::rgb && !without_alpha) {
        return cannot_hold("pnm", format, "GRAY8, GRAY16_LE, RGB, RGBA64_LE and unpacked Bayer");
    }
    const int maximum = (1 << traits(format).bits) - 1;
    const std::string header =
        fmt::format("P{}\n{} {}\n{}\n", plane ? 5 : 6, picture.width(), picture.height(), maximum);
    const std::size_t row_size = row_bytes(picture.layout);
    const std::size_t stored_size = without_alpha ? row_size / 4 * 3 : row_size;
    const std::size_t total =
        header.size() + stored_size * static_cast<std::size_t>(picture.height());
    if (total > out.size()) {
        return fail(Errc::invalid_argument,
                    fmt::format("pnm: {} bytes do not fit into {}", total, out.size()));
    }
    std::ranges::copy(std::as_bytes(std::span(header)), out.begin());
    std::byte* to = out.data() + header.size();
    for (int y = 0; y < picture.height(); ++y, to += stored_size) {
        const Bytes row(picture.row(y), row_size);
        const MutableBytes stored_row(to, stored_size);
        if (without_alpha) {
            copy_without_alpha(row, format, stored_row);
        } else {
            std::ranges::copy(row, to);
        }
        if (maximum > 255) swap_bytes16(stored_row, stored_row);
    }
    return total;
}

Result<PnmInfo> pnm_probe(Bytes pnm, const Limits& limits) {
    const bool gray = pnm.size() > 2 && pnm[0] == std::byte{'P'} && pnm[1] == std::byte{'5'};
    const bool color = pnm.size() > 2 && pnm[0] == std::byte{'P'} && pnm[1] == std::byte{'6'};
    if (!gray && !color) return fail(Errc::corrupt, "pnm: expected P5 or P6 and a header");
    Header header(pnm);
    header.skip(2);
    const auto width = header.number();
    const auto height = header.number();
    const auto maximum = header.number();
    if (!width || !height || !maximum || !header.end()) {
        return fail(Errc::corrupt, "pnm: the header is no width, height and maximum");
    }
    if (*maximum < 1 || *maximum > 65535) {
        return fail(Errc::corrupt,
                    fmt::format("pnm: the maximum {} is outside 1 to 65535", *maximum));
    }
    const bool deep = *maximum > 255;
    PnmInfo info{.picture = {.width = *width, .height = *height},
                 .maximum = *maximum,
                 .header_bytes = header.at()};
    info.picture.format = gray ? (deep ? PixelFormat::gray16le : PixelFormat::gray8)
                               : (deep ? PixelFormat::rgba64le : PixelFormat::rgb);
    PX_TRY(bounded_layout(info.picture, limits, "pnm"));
    return info;
}

Result<> pnm_decode(Bytes pnm, const MutableImageView& out) {
    const PnmInfo info = PX_TRY(pnm_probe(pnm));
    PX_TRY(expect_size(info.picture, out.layout, "pnm"));
    PX_TRY(expect_samples(info.picture.format, out.format(), "pnm"));
    const Stored s = stored(info);
    const std::size_t row_size =
        static_cast<std::size_t>(out.width()) * s.channels * s.bytes_per_sample;
    const std::size_t wanted =
        info.header_bytes + row_size * static_cast<std::size_t>(out.height());
    if (pnm.size() < wanted) {
        return fail(Errc::corrupt,
                    fmt::format("pnm: expected {} bytes, found {}", wanted, pnm.size()));
    }
    for (int y = 0; y < out.height(); ++y) {
        read_row(pnm.data() + info.header_bytes + static_cast<std::size_t>(y) * row_size, info, out,
                 y);
    }
    return check_bits(as_const(out), "pnm");
}

}  // namespace parallax::codec
