// What raw files keep their samples in, followed to its end; and told apart from what is none.
#include "elements/codec/fuzzing.h"
#include "elements/codec/lossless_jpeg.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    const JpegKind kind = jpeg_kind(bytes);
    for (const bool wide : {false, true}) {
        const auto whole = expect_whole_lossless_jpeg(bytes, {.wide_category_16 = wide});
        PX_CHECK(whole || !whole.error().message.empty());
        PX_CHECK(!whole || kind != JpegKind::none);
    }
    (void)expect_whole_lossy_jpeg(bytes);
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
