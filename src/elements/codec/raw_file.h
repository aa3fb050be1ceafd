// RawFile: a camera's raw file (DNG, CR2, NEF, ARW …), read by LibRaw.
//
//     RawFile file = PX_TRY(RawFile::open("IMG_5952.CR2"));
//     MutableImageView mosaic = …;                        // of file.shape(), e.g. an arena slot
//     const RawInfo info = PX_TRY(file.unpack(mosaic));
//
// What comes out is the active area, cropped so that the order of its format is that of its first
// sample, with nothing subtracted or scaled: levels are in RawInfo.
//
// A *linear* file holds three colours a pixel, demosaiced before it was written (LinearRaw DNG).
// Its shape is an RGGB mosaic with a third of its samples, so that it passes through the pipelines
// that every other raw file does; `linear` says so, for whoever wants to tell the user. The colours
// as stored can be had by unpacking into RGBA64_LE of the same size.
//
// LibRaw is not made for hostile or damaged files. What it was found not to check is checked before
// it (raw_pieces.h says which holes are found), but files of strangers belong into a sandboxed
// process of their own.
//
// Built without PARALLAX_LIBRAW, open() answers Errc::lacking.
//
// Threads: one at a time. Lifetime: owns all it needs, the file's bytes among it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "elements/codec/picture.h"
#include "parallax/raw_info.h"

namespace parallax::codec {

struct RawShape {
    PixelFormat format = PixelFormat::rggb16le;  // As few of 10, 12, 14, 16 bits as white needs.
    int width = 0;                               // pixels, of the active area
    int height = 0;                              // pixels
    bool linear = false;

    bool operator==(const RawShape&) const = default;
};

class RawFile {
  public:
    static Result<RawFile> open(const std::string& path, const Limits& limits = {});
    static Result<RawFile> open(std::vector<std::byte> bytes, const Limits& limits = {});
    RawFile(RawFile&&) noexcept;
    RawFile& operator=(RawFile&&) noexcept;
    ~RawFile();

    const RawShape& shape() const;

    // What is known before the samples are: some cameras' black levels are still missing.
    const RawInfo& info() const;

    // Decodes into `out`, of shape() or its size in RGBA64_LE, and returns all that is known.
    // Samples beyond the format's bits are set to its maximum; white is never beyond.
    Result<RawInfo> unpack(const MutableImageView& out);

  private:
    struct State;
    explicit RawFile(std::unique_ptr<State> state);

    std::unique_ptr<State> state_;
};

}  // namespace parallax::codec
