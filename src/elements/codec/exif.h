// exif: what a picture's file tells of its shot (EXIF 2.3), and the way in which PNG, JPEG and TIFF
// are told it.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "elements/codec/tag_writer.h"
#include "parallax/raw_info.h"

namespace parallax::codec {

// What an encoder writes beside the samples. Of RawInfo that is the exposure, the names and the
// date; orientation is asked for apart, since it can be another than the frame's.
struct FileNotes {
    RawInfo shot;
    std::string provenance;  // How the picture came to be, as text; at most kMostProvenanceBytes.
};

inline constexpr std::size_t kMostProvenanceBytes = 48U << 10U;
// Room for all of it in a file of any kind; names and dates are cut at 255 bytes.
inline constexpr std::size_t kNotesBytes = 64U << 10U;

// Whether there is anything for the EXIF directory.
bool tells_exposure(const RawInfo& shot);

// The tags of the EXIF directory: version, and what is known of the exposure.
TagWriter exif_tags(const RawInfo& shot);
// Those of the first directory: make, model and date, where they are known.
void add_shot_names(TagWriter& tags, const RawInfo& shot);

// Both as a TIFF structure without picture, as JPEG and PNG hold it; empty where orientation is 1
// and nothing else is known.
std::vector<std::byte> exif_block(const RawInfo& shot, int orientation);

}  // namespace parallax::codec
