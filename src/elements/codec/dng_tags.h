// dng_tags: what a DNG's tags say of its samples, beyond what LibRaw passes on.
//
// LibRaw rounds black levels, ignores AnalogBalance and keeps NoiseProfile, gain maps and bad
// pixels to itself; this reads them from the file, as the DNG 1.7 specification defines them.
//
// Threads: pure functions.
#pragma once

#include <span>

#include "parallax/raw_info.h"

namespace parallax::codec {

// Replaces in `info` whatever the file's tags state; what they are silent about stays. Fails, with
// `info` untouched, when the bytes are no DNG with a raw picture in it.
//
// `linear`: the samples are demosaiced, so that gain maps apply to colour planes and the levels
// in the tags are those before linearization, and not of the samples; they are left alone.
Result<> read_dng_tags(std::span<const std::byte> file, bool linear, RawInfo& info);

}  // namespace parallax::codec
