#include "elements/codec/exif.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace parallax::codec {
namespace {

constexpr std::array<char, 8> kTiffHeader{'I', 'I', 42, 0, 8, 0, 0, 0};

}  // namespace

bool tells_exposure(const RawInfo& shot) {
    return shot.exposure_s > 0 || shot.aperture_f > 0 || shot.focal_mm > 0 || shot.iso > 0 ||
           !shot.date_time.empty();
}

TagWriter exif_tags(const RawInfo& shot) {
    TagWriter exif;
    static constexpr std::array exif_version{'0', '2', '3', '0'};
    exif.bytes(TagId::exif_version, TagType::undefined, std::as_bytes(std::span(exif_version)));
    if (shot.exposure_s > 0) exif.rationals(TagId::exposure_time, {&shot.exposure_s, 1});
    if (shot.aperture_f > 0) exif.rationals(TagId::f_number, {&shot.aperture_f, 1});
    if (shot.focal_mm > 0) exif.rationals(TagId::focal_length, {&shot.focal_mm, 1});
    if (!shot.date_time.empty()) exif.text(TagId::date_time_original, shot.date_time);
    if (shot.iso > 0) {
        // EXIF 2.3: the short tag saturates, the long one holds the number.
        const long iso = std::lround(std::min(shot.iso, 4e9F));
        exif.word(TagId::iso, static_cast<int>(std::min(iso, 65535L)));
        exif.word(TagId::sensitivity_type, 2);
        exif.dword(TagId::recommended_exposure_index, static_cast<std::size_t>(iso));
    }
    return exif;
}

void add_shot_names(TagWriter& tags, const RawInfo& shot) {
    if (!shot.make.empty()) tags.text(TagId::make, shot.make);
    if (!shot.model.empty()) tags.text(TagId::model, shot.model);
    if (!shot.date_time.empty()) tags.text(TagId::date_time, shot.date_time);
}

std::vector<std::byte> exif_block(const RawInfo& shot, int orientation) {
    const bool named = !shot.make.empty() || !shot.model.empty();
    if (!tells_exposure(shot) && !named && orientation == 1) return {};
    TagWriter tags;
    tags.word(TagId::orientation, orientation);
    add_shot_names(tags, shot);
    std::vector<std::byte> exif;
    if (tells_exposure(shot)) {
        tags.dword(TagId::exif_ifd, 0);
        const std::size_t at = kTiffHeader.size() + tags.size_bytes();
        tags.dword(TagId::exif_ifd, at);
        exif = exif_tags(shot).laid_out(at);
    }
    const auto header = std::as_bytes(std::span(kTiffHeader));
    std::vector<std::byte> block(header.begin(), header.end());
    const std::vector<std::byte> first = tags.laid_out(kTiffHeader.size());
    block.insert(block.end(), first.begin(), first.end());
    block.insert(block.end(), exif.begin(), exif.end());
    return block;
}

}  // namespace parallax::codec
