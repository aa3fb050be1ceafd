#include "elements/codec/fuzzing.h"
#include "elements/codec/raw_file.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    auto file = RawFile::open(std::vector(bytes.begin(), bytes.end()), kFuzzLimits);
    if (!file) return;
    const RawShape& shape = file->shape();
    fuzz_decode({.format = shape.format, .width = shape.width, .height = shape.height},
                [&](const MutableImageView& out) { return file->unpack(out); });
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
