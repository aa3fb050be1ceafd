// media_type_of: what kind of picture file this is, by its contents, never by its name.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include "elements/codec/file_io.h"
#include "parallax/caps.h"

namespace parallax::elements {

// PNG, JPEG, TIFF, PGM/PPM and Y4M, with the format and size that their header tells:
// "image/png,format=RGB,width=768,height=512", and `orientation` where it is not 1.
// Nothing for all else and for damaged headers.
std::optional<Structure> media_type_of(std::span<const std::byte> file);

// The same, reading no more of the file than needed.
Result<std::optional<Structure>> read_media_type(const codec::InputFile& file);

// What a source of such a file offers: its kind, at any rate; or raw pictures, if the user says
// that they are. Where the contents tell nothing: ANY.
Caps offered_caps(const std::optional<Structure>& type);

// True if caps that were agreed hold all that the contents tell.
bool says_all_of(const Structure& agreed, const Structure& type);

// True for files of one picture each: their frames are whole files.
bool is_picture_file(const Structure& caps);
inline constexpr std::string_view kY4m = "application/x-yuv4mpeg";

}  // namespace parallax::elements
