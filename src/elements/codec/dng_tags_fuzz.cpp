// Our own share of reading a DNG, without LibRaw: tags, gain maps, bad pixels, orientation.
#include "elements/codec/dng_tags.h"
#include "elements/codec/fuzzing.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    const int orientation = jpeg_orientation(bytes);
    PX_CHECK(orientation >= 1 && orientation <= 8);
    for (const bool linear : {false, true}) {
        RawInfo info;
        if (!read_dng_tags(bytes, linear, info)) PX_CHECK(info == RawInfo{});
        // What is read must be what the rest of the house takes as valid.
        PX_CHECK(info.calibrations.size() <= 2 && info.defects.size() <= 65536);
        if (!info.shading) continue;
        const ShadingGrid& grid = *info.shading;
        PX_CHECK(grid.rows >= 2 && grid.rows <= 256 && grid.columns >= 2 && grid.columns <= 256);
        PX_CHECK(grid.gains.size() == static_cast<std::size_t>(grid.rows * grid.columns) * 4);
        for (const float gain : grid.gains) PX_CHECK(gain >= 0 && gain <= 1e4F);
    }
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
