// What is known of a raw file before LibRaw sees it: whether it begins as one, and its picture.
//
// LibRaw takes what begins like nothing it knows for the samples of some old camera when it has
// just so many bytes, and makes a picture of any 786432 bytes. Only files with a beginning go to
// it.
//
// Threads: pure functions.
#pragma once

#include <span>

#include "elements/codec/picture.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {

bool has_raw_signature(Bytes bytes);

// The directory of the largest mosaic or linear picture that the tags tell of, or null.
const Directory* raw_directory(std::span<const Directory> directories);

// The size of the largest mosaic or linear picture that the tags of a TIFF tell of; 0x0 without
// one.
struct ToldSize {
    std::uint32_t width = 0;
    std::uint32_t height = 0;
};
ToldSize told_size(Bytes bytes);

}  // namespace parallax::codec
