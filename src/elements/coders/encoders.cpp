#include "elements/coders/encoders.h"

#include <algorithm>
#include <array>

#include "elements/codec/dng.h"
#include "elements/codec/jpeg.h"
#include "elements/codec/png.h"
#include "elements/codec/pnm.h"
#include "elements/codec/tiff.h"
#include "elements/coders/formats_of.h"

namespace parallax::elements {
namespace {

// What the codecs of PNG, JPEG and TIFF have in common: as the frame says, and the user before it.
template <class CodecOptions>
Result<> add_notes(const CodingInput& input, int orientation, CodecOptions& options) {
    options.notes.shot = PX_TRY(raw_info(input.meta)).value_or(RawInfo{});
    options.orientation = orientation != 0 ? orientation : options.notes.shot.orientation;
    options.notes.provenance = input.provenance;
    return {};
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
    codec::PngOptions png{.compression = options.compression_level};
    PX_TRY(add_notes(input, 0, png));
    return codec::png_encode(input.picture, png, out);
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
    PX_TRY(add_notes(input, options.orientation, jpeg));
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
    codec::TiffOptions tiff{.deflate = options.compression == TiffCompression::deflate};
    PX_TRY(add_notes(input, options.orientation, tiff));
    return codec::tiff_encode(input.picture, tiff, out);
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
