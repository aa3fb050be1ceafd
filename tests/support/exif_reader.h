// What a file says of its shot and its past, found without the code that wrote it: by walking the
// chunks and segments, and by TagReader.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "elements/codec/picture.h"
#include "elements/codec/tiff_tags.h"
#include "support/unwrap.h"

namespace parallax::testing {

struct FileSays {
    std::vector<std::byte> exif;  // A TIFF structure.
    std::string provenance;
};

inline std::string as_text(codec::Bytes bytes) {
    return {static_cast<const char*>(static_cast<const void*>(bytes.data())), bytes.size()};
}

inline std::size_t big_endian(codec::Bytes bytes, std::size_t at, std::size_t count) {
    std::size_t value = 0;
    for (std::size_t i = 0; i < count; ++i) {
        value = value << 8U | std::to_integer<std::size_t>(bytes[at + i]);
    }
    return value;
}

// ISO/IEC 15948: chunks of length, type, data, checksum, behind a signature of eight bytes.
inline FileSays in_png(codec::Bytes png) {
    FileSays says;
    for (std::size_t at = 8; at + 12 <= png.size();) {
        const std::size_t length = big_endian(png, at, 4);
        const std::string type = as_text(png.subspan(at + 4, 4));
        const codec::Bytes data = png.subspan(at + 8, length);
        if (type == "eXIf") says.exif.assign(data.begin(), data.end());
        // Keyword, NUL, two bytes of compression, language and translation, each with a NUL.
        const std::string opening("parallax.provenance\0\0\0\0\0", 24);
        const std::string text = as_text(data);
        if (type == "iTXt" && text.starts_with(opening)) says.provenance = text.substr(24);
        at += 12 + length;
    }
    return says;
}

// ITU-T T.81, B.1.1.4: markers with a length, until the scan begins.
inline FileSays in_jpeg(codec::Bytes jpeg) {
    FileSays says;
    for (std::size_t at = 2; at + 4 <= jpeg.size();) {
        const std::size_t marker = big_endian(jpeg, at, 2);
        if (marker == 0xFFDA) break;
        const std::size_t length = big_endian(jpeg, at + 2, 2);
        const codec::Bytes data = jpeg.subspan(at + 4, length - 2);
        if (marker == 0xFFE1) says.exif.assign(data.begin() + 6, data.end());
        if (marker == 0xFFFE) says.provenance = as_text(data);
        at += 2 + length;
    }
    return says;
}

inline FileSays in_tiff(codec::Bytes tiff) {
    FileSays says{.exif = {tiff.begin(), tiff.end()}, .provenance = {}};
    const auto reader = unwrap(codec::TagReader::open(tiff));
    const auto first = unwrap(reader.directory(reader.first()));
    constexpr auto description = static_cast<codec::TagId>(270);
    if (const auto* tag = first.find(description)) says.provenance = tag->text();
    return says;
}

// The shot, as the two directories tell it.
inline RawInfo shot_in(codec::Bytes exif) {
    using codec::TagId;
    RawInfo shot;
    const auto reader = unwrap(codec::TagReader::open(exif));
    const auto first = unwrap(reader.directory(reader.first()));
    const auto text = [](const codec::Directory& d, TagId id) {
        const codec::Tag* tag = d.find(id);
        return tag != nullptr ? tag->text() : std::string();
    };
    shot.orientation = static_cast<int>(first.number(TagId::orientation, 0));
    shot.make = text(first, TagId::make);
    shot.model = text(first, TagId::model);
    const codec::Tag* at = first.find(TagId::exif_ifd);
    if (at == nullptr) return shot;
    const auto second = unwrap(reader.directory(at->whole()));
    const auto number = [&](TagId id) { return static_cast<float>(second.number(id, 0)); };
    shot.exposure_s = number(TagId::exposure_time);
    shot.aperture_f = number(TagId::f_number);
    shot.focal_mm = number(TagId::focal_length);
    shot.iso = number(TagId::recommended_exposure_index);
    shot.date_time = text(second, TagId::date_time_original);
    CHECK(text(first, TagId::date_time) == shot.date_time);
    CHECK(number(TagId::iso) == std::min(shot.iso, 65535.0F));
    return shot;
}

}  // namespace parallax::testing
