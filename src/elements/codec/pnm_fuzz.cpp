#include "elements/codec/fuzzing.h"
#include "elements/codec/pnm.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    const auto found = pnm_probe(bytes, kFuzzLimits);
    if (!found) return;
    fuzz_decode(found->picture,
                [&](const MutableImageView& out) { return pnm_decode(bytes, out); });
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
