// pngdec, jpegdec, tiffdec, pnmdec: files of one picture each become pictures, or, where the user
// says that the gray they hold is a mosaic, sensor frames.
#pragma once

#include <string>
#include <string_view>

#include "elements/coders/formats_of.h"
#include "elements/coders/picture_decoder.h"

namespace parallax::elements {

enum class MosaicOrder : std::uint8_t { none, rggb, grbg, gbrg, bggr };
std::span<const Nick<MosaicOrder>> nicks(MosaicOrder);

struct MosaicOptions {
    MosaicOrder bayer = MosaicOrder::none;
    int bits = 0;

    static constexpr auto describe() {
        return std::tuple{
            Option{"bayer", &MosaicOptions::bayer,
                   "the gray of the file is a mosaic of this order"},
            Option{"bits",
                   &MosaicOptions::bits,
                   "significant bits of a mosaic's samples: 8, 10, 12, 14 or 16; 0: all there are",
                   {.min = 0, .max = 16}}};
    }
};

// Of a kind of file that can hold gray of 8 and 16 bits.
Result<FileFormats> mosaic_formats_of(const FileFormats& plain, const MosaicOptions& options);

// A kind of file that holds gray of 8 and 16 bits, so that it can hold a mosaic.
struct MosaicFiles {
    std::string_view media_type;
    Result<codec::PictureInfo> (*probe)(codec::Bytes file);
    Result<> (*decode)(codec::Bytes file, const MutableImageView& out);
};
extern const MosaicFiles kPngFiles;
extern const MosaicFiles kTiffFiles;
extern const MosaicFiles kPnmFiles;

template <const MosaicFiles& kFiles>
struct MosaicDecoding {
    using Options = MosaicOptions;
    static FileFormats template_formats() {
        return FileFormats::plain(std::string(kFiles.media_type), plain_and_mosaic_formats());
    }
    static Result<FileFormats> formats(const Options& options) {
        return mosaic_formats_of(FileFormats::plain(std::string(kFiles.media_type), kPlainFormats),
                                 options);
    }
    static Result<codec::PictureInfo> probe(codec::Bytes file) { return kFiles.probe(file); }
    static Result<> decode(codec::Bytes file, const MutableImageView& out) {
        return kFiles.decode(file, out);
    }
};
using PngDec = PictureDecoder<MosaicDecoding<kPngFiles>>;
using TiffDec = PictureDecoder<MosaicDecoding<kTiffFiles>>;
using PnmDec = PictureDecoder<MosaicDecoding<kPnmFiles>>;

struct JpegDecoding {
    using Options = NoOptions;
    static FileFormats template_formats();
    static Result<FileFormats> formats(const Options& options);
    static Result<codec::PictureInfo> probe(codec::Bytes file);
    static Result<> decode(codec::Bytes file, const MutableImageView& out);
};
using JpegDec = PictureDecoder<JpegDecoding>;

}  // namespace parallax::elements
