#include "elements/coders/encoders.h"

#include <algorithm>
#include <array>

#include "elements/codec/dng.h"
#include "elements/codec/jpeg.h"
#include "elements/codec/png.h"
#include "elements/codec/pnm.h"
#include "elements/codec/tiff.h"
#include "elements/coders/formats_of.h"
#include "elements/orientation.h"

namespace parallax::elements {
namespace {

// As the user says, or as the camera was held. Who turns a picture upright sets it to 1.
Result<int> orientation_to_write(int wanted, const Meta& meta) {
    return wanted != 0 ? Result<int>(wanted) : elements::orientation_of(meta);
}

}  // namespace

// --- PNG

FileFormats PngCoding::formats() {
    return FileFormats::plain("image/png", plain_and_mosaic_formats());
}

std::size_t PngCoding::bound(const Options&, const ImageLayout& layout) {
    return codec::png_bound(layout);
}

Result<std::size_t> PngCoding::encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out) {
    return codec::png_encode(input.picture, {.compression = options.compression_level}, out);
}

// --- JPEG

FileFormats JpegCoding::formats() {
    using enum PixelFormat;
    return FileFormats::silent("image/jpeg", std::array{rgb, i420, yv12, nv12, nv21, y42b, y444,
                                                        bgr, rgba, bgra, rgbx, bgrx, gray8});
}

namespace {
codec::JpegOptions jpeg_options(const JpegEncOptions& options) {
    return {.quality = std::max(options.quality, 1), .progressive = options.progressive};
}
}  // namespace

std::size_t JpegCoding::bound(const Options& options, const ImageLayout& layout) {
    return codec::jpeg_bound(layout, jpeg_options(options));
}

Result<std::size_t> JpegCoding::encode(const Options& options, const CodingInput& input,
                                       MemoryViewMut out) {
    codec::JpegOptions jpeg = jpeg_options(options);
    jpeg.orientation = PX_TRY(orientation_to_write(options.orientation, input.meta));
    return codec::jpeg_encode(input.picture, jpeg, out);
}

// --- TIFF

std::span<const Nick<TiffCompression>> nicks(TiffCompression) {
    using enum TiffCompression;
    static constexpr std::array<Nick<TiffCompression>, 2> kNicks{
        {{none, "none", "as they are"}, {deflate, "deflate", "ZIP of differences, without loss"}}};
    return kNicks;
}

FileFormats TiffCoding::formats() {
    return FileFormats::plain("image/tiff", plain_and_mosaic_formats());
}

std::size_t TiffCoding::bound(const Options&, const ImageLayout& layout) {
    return codec::tiff_bound(layout);
}

Result<std::size_t> TiffCoding::encode(const Options& options, const CodingInput& input,
                                       MemoryViewMut out) {
    const int orientation = PX_TRY(orientation_to_write(options.orientation, input.meta));
    return codec::tiff_encode(
        input.picture,
        {.deflate = options.compression == TiffCompression::deflate, .orientation = orientation},
        out);
}

// --- DNG

FileFormats DngCoding::formats() {
    return FileFormats::silent("image/x-adobe-dng", mosaic_formats(true));
}

std::size_t DngCoding::bound(const Options&, const ImageLayout& layout) {
    return codec::dng_bound(layout);
}

Result<std::size_t> DngCoding::encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out) {
    const auto info = PX_TRY(raw_info(input.meta));
    return codec::dng_encode(input.picture, info.value_or(RawInfo{}), {.packed = options.packed},
                             out);
}

// --- PGM, PPM

FileFormats PnmCoding::formats() {
    return FileFormats::plain("image/x-portable-anymap", plain_and_mosaic_formats());
}

std::size_t PnmCoding::bound(const Options&, const ImageLayout& layout) {
    return codec::pnm_bound(layout);
}

Result<std::size_t> PnmCoding::encode(const Options&, const CodingInput& input, MemoryViewMut out) {
    return codec::pnm_encode(input.picture, out);
}

}  // namespace parallax::elements
