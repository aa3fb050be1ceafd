// pngenc, jpegenc, tiffenc, dngenc, pnmenc: each picture becomes a file of its own.
//
// PNG, JPEG and TIFF hold what the frame's metadata tells of the shot, as EXIF, and how the picture
// came to be (elements/provenance_text.h); DNG holds all that is known of a mosaic.
#pragma once

#include "elements/coders/picture_encoder.h"

namespace parallax::elements {

struct PngEncOptions {
    int compression_level = 6;
    bool snapshot = false;

    static constexpr auto describe() {
        return std::tuple{
            Option{"compression-level",
                   &PngEncOptions::compression_level,
                   "0 is fastest, 9 smallest",
                   {.min = 0, .max = 9, .live = true}},
            Option{"snapshot", &PngEncOptions::snapshot, "end the stream after one picture"}};
    }
};

struct PngCoding {
    using Options = PngEncOptions;
    static constexpr std::string_view kFactory = "pngenc";
    static FileFormats formats();
    static std::size_t bound(const Options& options, const ImageLayout& layout);
    static Result<std::size_t> encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out);
};
using PngEnc = PictureEncoder<PngCoding>;

struct JpegEncOptions {
    int quality = 85;
    bool progressive = false;
    int orientation = 0;
    bool snapshot = false;

    static constexpr auto describe() {
        return std::tuple{
            Option{"quality",
                   &JpegEncOptions::quality,
                   "100 is best and largest",
                   {.min = 0, .max = 100, .live = true}},
            Option{"progressive", &JpegEncOptions::progressive,
                   "coarse to fine: smaller, and several times slower"},
            Option{"orientation",
                   &JpegEncOptions::orientation,
                   "EXIF orientation 1 to 8 that is written; 0 takes the frame's own",
                   {.min = 0, .max = 8}},
            Option{"snapshot", &JpegEncOptions::snapshot, "end the stream after one picture"}};
    }
};

struct JpegCoding {
    using Options = JpegEncOptions;
    static constexpr std::string_view kFactory = "jpegenc";
    static FileFormats formats();
    static std::size_t bound(const Options& options, const ImageLayout& layout);
    static Result<std::size_t> encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out);
};
using JpegEnc = PictureEncoder<JpegCoding>;

enum class TiffCompression : std::uint8_t { none, deflate };
std::span<const Nick<TiffCompression>> nicks(TiffCompression);

struct TiffEncOptions {
    TiffCompression compression = TiffCompression::none;
    int orientation = 0;

    static constexpr auto describe() {
        return std::tuple{
            Option{"compression", &TiffEncOptions::compression, "how samples are stored"},
            Option{"orientation",
                   &TiffEncOptions::orientation,
                   "orientation 1 to 8 that is written; 0 takes the frame's own",
                   {.min = 0, .max = 8}}};
    }
};

struct TiffCoding {
    using Options = TiffEncOptions;
    static constexpr std::string_view kFactory = "tiffenc";
    static FileFormats formats();
    static std::size_t bound(const Options& options, const ImageLayout& layout);
    static Result<std::size_t> encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out);
};
using TiffEnc = PictureEncoder<TiffCoding>;

struct DngEncOptions {
    bool packed = false;

    static constexpr auto describe() {
        return std::tuple{Option{"packed", &DngEncOptions::packed,
                                 "bits back to back: 12-bit files shrink by a quarter"}};
    }
};

struct DngCoding {
    using Options = DngEncOptions;
    static constexpr std::string_view kFactory = "dngenc";
    static FileFormats formats();
    static std::size_t bound(const Options& options, const ImageLayout& layout);
    static Result<std::size_t> encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out);
};
using DngEnc = PictureEncoder<DngCoding>;

struct PnmCoding {
    using Options = NoOptions;
    static constexpr std::string_view kFactory = "pnmenc";
    static FileFormats formats();
    static std::size_t bound(const Options& options, const ImageLayout& layout);
    static Result<std::size_t> encode(const Options& options, const CodingInput& input,
                                      MemoryViewMut out);
};
using PnmEnc = PictureEncoder<PnmCoding>;

}  // namespace parallax::elements
