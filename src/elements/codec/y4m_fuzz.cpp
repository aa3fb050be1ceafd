#include "elements/codec/fuzzing.h"
#include "elements/codec/y4m.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    const auto found = y4m_probe(bytes, kFuzzLimits);
    if (!found) return;
    fuzz_decode(found->picture, [&](const MutableImageView& out) {
        return y4m_decode_frame(bytes.subspan(found->header_bytes), out);
    });
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
