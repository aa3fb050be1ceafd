// pngdec, jpegdec, tiffdec, pnmdec: files of one picture each become pictures, or, where the user
// says that the gray they hold is a mosaic, sensor frames.
#pragma once

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

struct PngDecoding {
    using Options = MosaicOptions;
    static FileFormats template_formats();
    static Result<FileFormats> formats(const Options& options);
    static Result<codec::PictureInfo> probe(codec::Bytes file);
    static Result<> decode(codec::Bytes file, const MutableImageView& out);
};
using PngDec = PictureDecoder<PngDecoding>;

struct TiffDecoding {
    using Options = MosaicOptions;
    static FileFormats template_formats();
    static Result<FileFormats> formats(const Options& options);
    static Result<codec::PictureInfo> probe(codec::Bytes file);
    static Result<> decode(codec::Bytes file, const MutableImageView& out);
};
using TiffDec = PictureDecoder<TiffDecoding>;

struct PnmDecoding {
    using Options = MosaicOptions;
    static FileFormats template_formats();
    static Result<FileFormats> formats(const Options& options);
    static Result<codec::PictureInfo> probe(codec::Bytes file);
    static Result<> decode(codec::Bytes file, const MutableImageView& out);
};
using PnmDec = PictureDecoder<PnmDecoding>;

struct JpegDecoding {
    using Options = NoOptions;
    static FileFormats template_formats();
    static Result<FileFormats> formats(const Options& options);
    static Result<codec::PictureInfo> probe(codec::Bytes file);
    static Result<> decode(codec::Bytes file, const MutableImageView& out);
};
using JpegDec = PictureDecoder<JpegDecoding>;

}  // namespace parallax::elements
