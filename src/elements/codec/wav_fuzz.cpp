#include "base/check.h"
#include "elements/codec/fuzzing.h"
#include "elements/codec/wav.h"

namespace parallax::codec {
namespace {

// What is read is within bounds, and can be written and read back.
void fuzz(Bytes bytes) {
    const auto found = wav_probe(bytes);
    if (!found || !*found) return;
    const WavInfo& info = **found;
    PX_CHECK(info.header_bytes <= bytes.size());
    PX_CHECK(info.audio.frame_bytes() > 0);
    const auto again =
        wav_probe(wav_header(info.audio, info.data_bytes.value_or(kWavUnknownBytes)));
    PX_CHECK(again && *again && (*again)->audio == info.audio);
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
