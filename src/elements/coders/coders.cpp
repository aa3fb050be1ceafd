#include "elements/coders/coders.h"

#include "elements/coders/decoders.h"
#include "elements/coders/encoders.h"
#include "elements/coders/y4m.h"

namespace parallax::elements {
namespace {

FactoryInfo decoder(std::string name, std::string doc, std::string_view encoder) {
    std::string example =
        "videotestsrc num-buffers=1 ! " + std::string(encoder) + " ! " + name + " ! fakesink";
    return {.name = std::move(name),
            .family = "codec",
            .doc = std::move(doc),
            .example = std::move(example)};
}

// A launch line that uses an encoder, on pictures or on mosaics.
FactoryInfo encoder(std::string name, std::string doc, std::string_view source) {
    std::string example = std::string(source) + " num-buffers=1 ! " + name + " ! fakesink";
    return {.name = std::move(name),
            .family = "codec",
            .doc = std::move(doc),
            .example = std::move(example)};
}

}  // namespace

void add_coders(Registry& registry) {
    registry.add<PngEnc>(encoder("pngenc", "writes each picture as a PNG file", "videotestsrc"));
    registry.add<JpegEnc>(encoder("jpegenc", "writes each picture as a JPEG file", "videotestsrc"));
    registry.add<TiffEnc>(encoder("tiffenc", "writes each picture as a TIFF file", "videotestsrc"));
    registry.add<DngEnc>(encoder(
        "dngenc", "writes each mosaic as a DNG file with all that is known of it", "rawtestsrc"));
    registry.add<PnmEnc>(
        encoder("pnmenc", "writes each picture as a PGM or PPM file", "videotestsrc"));
    registry.add<Y4mEnc>(
        encoder("y4menc", "writes video as one uncompressed YUV4MPEG2 stream", "videotestsrc"));
    registry.add<PngDec>(decoder("pngdec", "reads PNG files as pictures or mosaics", "pngenc"));
    registry.add<JpegDec>(decoder("jpegdec", "reads JPEG files as pictures", "jpegenc"));
    registry.add<TiffDec>(decoder("tiffdec", "reads TIFF files as pictures or mosaics", "tiffenc"));
    registry.add<PnmDec>(
        decoder("pnmdec", "reads PGM and PPM files as pictures or mosaics", "pnmenc"));
    registry.add<Y4mDec>(decoder("y4mdec", "reads a YUV4MPEG2 stream as video", "y4menc"));
}

}  // namespace parallax::elements
