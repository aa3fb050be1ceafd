#include "elements/io/media_type.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "elements/codec/jpeg.h"
#include "elements/codec/png.h"
#include "elements/codec/pnm.h"
#include "elements/codec/tiff.h"
#include "elements/codec/wav.h"
#include "elements/codec/y4m.h"
#include "elements/orientation.h"
#include "parallax/encoded_caps.h"

namespace parallax::elements {
namespace {

constexpr std::uint64_t kMagicBytes = 16;           // Enough to rule all kinds out.
constexpr std::uint64_t kStreamHeaderBytes = 4096;  // Of most files; of every Y4M file.
constexpr std::uint64_t kMaxPictureBytes = std::uint64_t{2} << 30;

enum class Kind { none, png, jpeg, tiff, pnm, y4m, wav };

struct Magic {
    std::string_view bytes;
    Kind kind;
};
constexpr std::array kMagic{
    Magic{"\x89PNG\r\n\x1a\n", Kind::png},
    Magic{"\xff\xd8\xff", Kind::jpeg},
    Magic{{"II\x2a\0", 4}, Kind::tiff},
    Magic{{"MM\0\x2a", 4}, Kind::tiff},
    Magic{"P5", Kind::pnm},
    Magic{"P6", Kind::pnm},
    Magic{"YUV4MPEG2 ", Kind::y4m},
    Magic{"RIFF", Kind::wav},
};

bool has_at(std::span<const std::byte> file, std::size_t at, std::string_view bytes) {
    return file.size() >= at + bytes.size() &&
           std::ranges::equal(file.subspan(at, bytes.size()), std::as_bytes(std::span(bytes)));
}

Kind kind_of(std::span<const std::byte> file) {
    for (const Magic& magic : kMagic) {
        if (!has_at(file, 0, magic.bytes)) continue;
        const bool other_riff = magic.kind == Kind::wav && !has_at(file, 8, "WAVE");
        return other_riff ? Kind::none : magic.kind;
    }
    return Kind::none;
}

Structure structure(EncodedFormatCaps encoded, const codec::PictureInfo& info) {
    encoded.width = info.width;
    encoded.height = info.height;
    Structure caps = caps_of(encoded);
    note_orientation_in(caps, info.orientation);
    return caps;
}

std::optional<Structure> structure(std::string_view type, const Result<codec::PictureInfo>& info,
                                   std::optional<Fraction> rate = {}) {
    if (!info) return std::nullopt;
    return structure({.media_type = std::string(type), .pixels = info->format, .framerate = rate},
                     *info);
}

std::optional<Structure> pnm_structure(std::span<const std::byte> file) {
    const auto pnm = codec::pnm_probe(file);
    if (!pnm) return std::nullopt;
    return structure("image/x-portable-anymap", pnm->picture);
}

std::optional<Structure> y4m_structure(std::span<const std::byte> file) {
    const auto y4m = codec::y4m_probe(file);
    if (!y4m) return std::nullopt;
    const auto rate = Fraction::make(y4m->rate_numerator, y4m->rate_denominator);
    return structure(kY4m, y4m->picture, rate.value_or(Fraction(0, 1)));
}

std::optional<Structure> wav_structure(std::span<const std::byte> file) {
    const auto wav = codec::wav_probe(file);
    if (!wav || !*wav) return std::nullopt;
    const AudioFormatCaps& audio = (*wav)->audio;
    return Structure("audio/x-wav")
        .with("format", traits(audio.sample_format).name)
        .with("rate", audio.sample_rate)
        .with("channels", audio.channels);
}

}  // namespace

std::optional<Structure> media_type_of(std::span<const std::byte> file) {
    switch (kind_of(file)) {
        case Kind::png:
            return structure("image/png", codec::png_probe(file));
        case Kind::jpeg: {  // Decodes to any of several formats: none is named.
            const auto info = codec::jpeg_probe(file);
            if (!info) return std::nullopt;
            return structure({.media_type = "image/jpeg", .pixels = {}, .framerate = {}}, *info);
        }
        case Kind::tiff:
            return structure("image/tiff", codec::tiff_probe(file));
        case Kind::pnm:
            return pnm_structure(file);
        case Kind::y4m:
            return y4m_structure(file);
        case Kind::wav:
            return wav_structure(file);
        case Kind::none:
            break;
    }
    return std::nullopt;
}

Result<std::optional<Structure>> read_media_type(const codec::InputFile& file) {
    std::vector<std::byte> bytes;
    for (const std::uint64_t limit : {kMagicBytes, kStreamHeaderBytes, kMaxPictureBytes}) {
        bytes.resize(static_cast<std::size_t>(std::min(limit, file.size_bytes())));
        PX_TRY(file.read_at(0, bytes));
        if (kind_of(bytes) == Kind::none) break;
        if (auto type = media_type_of(bytes)) return type;
        if (file.size_bytes() <= limit) break;
    }
    return std::nullopt;
}

Caps offered_caps(const std::optional<Structure>& type) {
    if (!type) return Caps::any();
    Caps caps(*type);
    caps.append(Structure("video/x-raw"));
    caps.append(Structure("video/x-bayer"));
    return caps;
}

bool says_all_of(const Structure& agreed, const Structure& type) {
    if (type.media_type() != agreed.media_type()) return false;
    return std::ranges::all_of(type.fields(), [&](const Field& field) {
        const Value* value = agreed.find(field.name);
        return value != nullptr && *value == field.value;
    });
}

bool is_picture_file(const Structure& caps) {
    return family_of(caps.media_type()) == FormatFamily::picture_file;
}

}  // namespace parallax::elements
