// y4m: YUV4MPEG2 streams, as mjpegtools define them: a header, then frames of planes without
// padding.
//
// Written from I420, YV12, NV12 and NV21 (as C420jpeg), Y42B (C422), Y444 (C444) and GRAY8 (Cmono);
// read into the first of each, with 8 bits. The names of the 4:2:0 kinds differ only in where
// chroma is sited; all are read.
//
// Threads: pure functions.
#pragma once

#include <string>

#include "elements/codec/picture.h"

namespace parallax::codec {

struct Y4mStream {
    PictureInfo picture;
    int rate_numerator = 0;  // Frames a second; 0/0 where unknown.
    int rate_denominator = 0;
    std::size_t header_bytes = 0;  // The first frame begins here; ignored when writing.

    bool operator==(const Y4mStream&) const = default;
};

Result<std::string> y4m_header(const Y4mStream& stream);

// The exact size of one written frame, its "FRAME" line included.
std::size_t y4m_frame_bytes(const ImageLayout& layout);
Result<std::size_t> y4m_encode_frame(const ImageView& picture, MutableBytes out);

// Only the header need be there.
Result<Y4mStream> y4m_probe(Bytes y4m, const Limits& limits = {});

// `frame` begins at a "FRAME" line; returns the bytes it took.
Result<std::size_t> y4m_decode_frame(Bytes frame, const MutableImageView& out);

}  // namespace parallax::codec
