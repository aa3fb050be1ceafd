#include "elements/coders/decoders.h"

#include <array>

#include <fmt/format.h>

#include "elements/codec/headerless.h"
#include "elements/codec/jpeg.h"
#include "elements/codec/png.h"
#include "elements/codec/pnm.h"
#include "elements/codec/tiff.h"
#include "elements/orientation.h"
#include "elements/source_name.h"

namespace parallax::elements {

// --- What they share

Result<> expect_agreed(const codec::PictureInfo& found, const ImageLayout& agreed,
                       const std::string& media_type) {
    const bool gray = traits(agreed.format).family == PixelFamily::bayer;
    const bool silent = media_type == "image/jpeg";  // Decodes to any format.
    const bool same_format = gray || silent || found.format == agreed.format;
    if (found.width == agreed.width && found.height == agreed.height && same_format) return {};
    const std::string format = silent ? "" : fmt::format("format={},", traits(found.format).name);
    return fail(Errc::corrupt,
                fmt::format("expected {} as agreed, found {}",
                            codec::describe(agreed.format, agreed.width, agreed.height),
                            codec::describe(found.format, found.width, found.height)),
                fmt::format("say before the decoder: {},{}width={},height={}", media_type, format,
                            found.width, found.height));
}

Result<> note_orientation(const codec::PictureInfo& found, PixelFormat format, Meta& meta) {
    if (found.orientation == 1 || traits(format).family == PixelFamily::bayer) return {};
    return set_orientation(meta, found.orientation);
}

Failure in_file(const Meta& meta, const Error& error) { return at_source(meta, error); }

std::span<const Nick<MosaicOrder>> nicks(MosaicOrder) {
    using enum MosaicOrder;
    static constexpr std::array<Nick<MosaicOrder>, 5> kNicks{
        {{none, "none", "a picture, no mosaic"},
         {rggb, "rggb", "red, green / green, blue"},
         {grbg, "grbg", "green, red / blue, green"},
         {gbrg, "gbrg", "green, blue / red, green"},
         {bggr, "bggr", "blue, green / green, red"}}};
    return kNicks;
}

Result<FileFormats> mosaic_formats_of(const FileFormats& plain, const MosaicOptions& options) {
    if (options.bayer == MosaicOrder::none) {
        if (options.bits == 0) return plain;
        return fail(Errc::invalid_argument, "bits without bayer", "say the order: bayer=rggb");
    }
    using enum BayerOrder;
    static constexpr std::array kOrders{rggb, rggb, grbg, gbrg, bggr};  // By MosaicOrder.
    const BayerOrder order = kOrders.at(static_cast<std::size_t>(options.bayer));
    std::vector<FileFormats::Pair> pairs;
    for (const PixelFormat gray : {PixelFormat::gray8, PixelFormat::gray16le}) {
        const int bits = options.bits != 0 ? options.bits : traits(gray).bits;
        const auto mosaic = codec::mosaic_format(gray, order, bits);
        if (mosaic) pairs.push_back({*mosaic, traits(gray).name});
    }
    if (!pairs.empty()) return FileFormats(plain.media_type(), std::move(pairs));
    return fail(Errc::invalid_argument, fmt::format("bits={}", options.bits),
                "a mosaic has 8, 10, 12, 14 or 16 bits");
}

// --- PNG, TIFF, PGM and PPM

constinit const MosaicFiles kPngFiles{
    .media_type = "image/png",
    .probe = [](codec::Bytes file) { return codec::png_probe(file); },
    .decode = codec::png_decode};

constinit const MosaicFiles kTiffFiles{
    .media_type = "image/tiff",
    .probe = [](codec::Bytes file) { return codec::tiff_probe(file); },
    .decode = codec::tiff_decode};

constinit const MosaicFiles kPnmFiles{.media_type = "image/x-portable-anymap",
                                      .probe = [](codec::Bytes file) -> Result<codec::PictureInfo> {
                                          return PX_TRY(codec::pnm_probe(file)).picture;
                                      },
                                      .decode = codec::pnm_decode};

// --- JPEG

FileFormats JpegDecoding::template_formats() {
    using enum PixelFormat;
    return FileFormats::silent("image/jpeg", std::array{rgb, bgr, rgba, bgra, rgbx, bgrx, gray8});
}
Result<FileFormats> JpegDecoding::formats(const Options&) { return template_formats(); }
Result<codec::PictureInfo> JpegDecoding::probe(codec::Bytes file) {
    return codec::jpeg_probe(file);
}
Result<> JpegDecoding::decode(codec::Bytes file, const MutableImageView& out) {
    return codec::jpeg_decode(file, out);
}

}  // namespace parallax::elements
