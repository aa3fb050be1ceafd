#include "elements/codec/y4m.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <optional>

#include <fmt/format.h>

namespace parallax::codec {
namespace {

constexpr std::string_view kMagic = "YUV4MPEG2";
constexpr std::string_view kFrame = "FRAME";
constexpr std::size_t kMaxLineBytes = 1024;

struct Kind {
    std::string_view name;
    PixelFormat format;
};
// The first of each format is the one that is written.
constexpr std::array<Kind, 7> kKinds{{{"420jpeg", PixelFormat::i420},
                                      {"422", PixelFormat::y42b},
                                      {"444", PixelFormat::y444},
                                      {"mono", PixelFormat::gray8},
                                      {"420", PixelFormat::i420},
                                      {"420mpeg2", PixelFormat::i420},
                                      {"420paldv", PixelFormat::i420}}};

// What the samples are in the file, whatever their arrangement with us.
std::optional<Kind> kind_of(PixelFormat format) {
    if (format == PixelFormat::yv12 || format == PixelFormat::nv12 || format == PixelFormat::nv21) {
        format = PixelFormat::i420;
    }
    const auto at = std::ranges::find(kKinds, format, &Kind::format);
    return at == kKinds.end() ? std::nullopt : std::optional(*at);
}

Failure unknown_format(PixelFormat format) {
    return cannot_hold("y4m", format, "I420, YV12, NV12, NV21, Y42B, Y444 and GRAY8");
}

// Plane `c` of the file (Y, Cb, Cr): its size, and where its samples lie with us.
struct Plane {
    int width, height, plane, first, step;
};
Plane plane_of(const ImageLayout& layout, int c) {
    const PixelTraits& t = traits(layout.format);
    if (c == 0) return {layout.width, layout.height, 0, 0, 1};
    Plane p{.width = (layout.width + (1 << t.chroma_shift_x) - 1) >> t.chroma_shift_x,
            .height = (layout.height + (1 << t.chroma_shift_y) - 1) >> t.chroma_shift_y,
            .plane = c,
            .first = 0,
            .step = 1};
    if (layout.format == PixelFormat::yv12) p.plane = 3 - c;
    if (t.planes == 2) {
        p.plane = 1;
        p.step = 2;
        p.first = layout.format == PixelFormat::nv12 ? c - 1 : 2 - c;
    }
    return p;
}

int planes_in_file(PixelFormat format) {
    return traits(format).family == PixelFamily::gray ? 1 : 3;
}

std::size_t samples_bytes(const ImageLayout& layout) {
    std::size_t bytes = 0;
    for (int c = 0; c < planes_in_file(layout.format); ++c) {
        const Plane p = plane_of(layout, c);
        bytes += static_cast<std::size_t>(p.width) * static_cast<std::size_t>(p.height);
    }
    return bytes;
}

// The text before the next newline, or nothing if there is none in reach.
std::optional<std::string_view> line_of(Bytes bytes) {
    const Bytes reach = bytes.first(std::min(bytes.size(), kMaxLineBytes));
    const auto end = std::ranges::find(reach, std::byte{'\n'});
    if (end == reach.end()) return std::nullopt;
    // Bytes are looked at as characters.
    const auto* text = static_cast<const char*>(static_cast<const void*>(bytes.data()));
    return std::string_view(text, static_cast<std::size_t>(end - reach.begin()));
}

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

Result<> read_field(std::string_view field, Y4mStream& stream) {
    const std::string_view value = field.substr(1);
    const auto bad = [&] {
        return fail(Errc::corrupt, fmt::format("y4m: a header field {}", field));
    };
    if (field[0] == 'W' || field[0] == 'H') {
        const auto side = number(value);
        if (!side) return bad();
        (field[0] == 'W' ? stream.picture.width : stream.picture.height) = *side;
    } else if (field[0] == 'F') {
        const auto colon = value.find(':');
        if (colon == std::string_view::npos) return bad();
        const auto above = number(value.substr(0, colon));
        const auto below = number(value.substr(colon + 1));
        if (!above || !below) return bad();
        stream.rate_numerator = *above;
        stream.rate_denominator = *below;
    } else if (field[0] == 'C') {
        const auto kind = std::ranges::find(kKinds, value, &Kind::name);
        if (kind == kKinds.end()) {
            return fail(Errc::unsupported, fmt::format("y4m: a colour space C{}", value),
                        "it may be C420jpeg, C420, C420mpeg2, C420paldv, C422, C444 or Cmono");
        }
        stream.picture.format = kind->format;
    }
    return {};  // Interlacing, aspect and comments change no sample.
}

}  // namespace

Result<std::string> y4m_header(const Y4mStream& stream) {
    const auto kind = kind_of(stream.picture.format);
    if (!kind) return unknown_format(stream.picture.format);
    return fmt::format("{} W{} H{} F{}:{} Ip A1:1 C{}\n", kMagic, stream.picture.width,
                       stream.picture.height, stream.rate_numerator, stream.rate_denominator,
                       kind->name);
}

std::size_t y4m_frame_bytes(const ImageLayout& layout) {
    return kFrame.size() + 1 + samples_bytes(layout);
}

Result<std::size_t> y4m_encode_frame(const ImageView& picture, MutableBytes out) {
    if (!kind_of(picture.format())) return unknown_format(picture.format());
    const std::size_t total = y4m_frame_bytes(picture.layout);
    if (total > out.size()) {
        return fail(Errc::invalid_argument,
                    fmt::format("y4m: {} bytes do not fit into {}", total, out.size()));
    }
    std::ranges::copy(std::as_bytes(std::span(kFrame)), out.begin());
    out[kFrame.size()] = std::byte{'\n'};
    std::byte* to = out.data() + kFrame.size() + 1;
    for (int c = 0; c < planes_in_file(picture.format()); ++c) {
        const Plane p = plane_of(picture.layout, c);
        for (int y = 0; y < p.height; ++y, to += p.width) {
            const std::byte* row = picture.row(y, p.plane) + p.first;
            for (int x = 0; x < p.width; ++x) to[x] = row[x * p.step];
        }
    }
    return total;
}

Result<Y4mStream> y4m_probe(Bytes y4m, const Limits& limits) {
    const auto line = line_of(y4m);
    if (!line || !line->starts_with(kMagic)) {
        return fail(Errc::corrupt, "y4m: expected a line that begins with YUV4MPEG2");
    }
    Y4mStream stream{.picture = {.format = PixelFormat::i420},  // The default of the format.
                     .header_bytes = line->size() + 1};
    std::string_view rest = line->substr(kMagic.size());
    while (!rest.empty()) {
        const std::string_view field = rest.substr(0, rest.find(' '));
        if (!field.empty()) PX_TRY(read_field(field, stream));
        rest.remove_prefix(std::min(field.size() + 1, rest.size()));
    }
    PX_TRY(bounded_layout(stream.picture, limits, "y4m"));
    return stream;
}

Result<std::size_t> y4m_decode_frame(Bytes frame, const MutableImageView& out) {
    if (!kind_of(out.format())) return unknown_format(out.format());
    const auto line = line_of(frame);
    if (!line || !line->starts_with(kFrame)) {
        return fail(Errc::corrupt, "y4m: expected a line that begins with FRAME");
    }
    const std::size_t total = line->size() + 1 + samples_bytes(out.layout);
    if (frame.size() < total) {
        return fail(Errc::corrupt, fmt::format("y4m: expected a frame of {} bytes, found {}", total,
                                               frame.size()));
    }
    const std::byte* from = frame.data() + line->size() + 1;
    for (int c = 0; c < planes_in_file(out.format()); ++c) {
        const Plane p = plane_of(out.layout, c);
        for (int y = 0; y < p.height; ++y, from += p.width) {
            std::byte* row = out.row(y, p.plane) + p.first;
            for (int x = 0; x < p.width; ++x) row[x * p.step] = from[x];
        }
    }
    return total;
}

}  // namespace parallax::codec
