#include "elements/codec/fuzzing.h"
#include "elements/codec/jpeg.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    const auto found = jpeg_probe(bytes, kFuzzLimits);
    if (!found) return;
    fuzz_decode(*found, [&](const MutableImageView& out) { return jpeg_decode(bytes, out); });
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
