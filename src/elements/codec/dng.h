// dng: raw mosaics as DNG 1.4 files (Adobe Digital Negative specification), uncompressed.
//
// Takes every Bayer format: 8-bit samples stay so, all others are stored in 16 bits or, packed, in
// their own 10, 12 or 14. Everything of RawInfo goes into the tags that raw_info.h names beside its
// fields; a temperature becomes the nearest of EXIF's light sources. Reading is RawFile's part.
//
// Threads: pure functions.
#pragma once

#include "elements/codec/picture.h"
#include "parallax/raw_info.h"

namespace parallax::codec {

struct DngOptions {
    bool packed = false;                // Bits back to back: 12-bit files shrink by a quarter.
    std::string software = "Parallax";  // At most 255 bytes, as make and model.
};

// Holds any RawInfo: the metadata's share is 2 MiB at most, and rarely more than 1 KB.
std::size_t dng_bound(const ImageLayout& layout);

// Returns the bytes written to `out`.
Result<std::size_t> dng_encode(const ImageView& mosaic, const RawInfo& info,
                               const DngOptions& options, MutableBytes out);

// EXIF's LightSource codes and the temperatures they stand for (DNG 1.7, CalibrationIlluminant1).
float illuminant_temperature_k(int light_source);  // 0 for unknown codes.
int nearest_illuminant(float temperature_k);

}  // namespace parallax::codec
