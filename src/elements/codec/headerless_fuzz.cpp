// Eight bytes choose a layout, eight more are the file's size.
#include <cstring>

#include "elements/codec/fuzzing.h"
#include "elements/codec/headerless.h"

namespace parallax::codec {
namespace {

void fuzz(Bytes bytes) {
    struct Input {
        std::uint8_t format, order, bits, spare;
        std::uint16_t width, height;
    };
    Input in{};
    std::uint64_t file_bytes = 0;
    if (bytes.size() < sizeof(in) + sizeof(file_bytes)) return;
    std::memcpy(&in, bytes.data(), sizeof(in));
    std::memcpy(&file_bytes, bytes.data() + sizeof(in), sizeof(file_bytes));
    const auto format = static_cast<PixelFormat>(in.format % kPixelFormatCount);
    const auto layout = image_layout(format, in.width, in.height);
    if (!layout) return;
    const auto count = headerless_pictures(*layout, file_bytes);
    PX_CHECK(count.has_value() == (file_bytes > 0 && file_bytes % layout->size_bytes == 0));
    if (count) PX_CHECK(*count * layout->size_bytes == file_bytes);
    const auto mosaic = mosaic_format(format, static_cast<BayerOrder>(in.order % 4), in.bits);
    if (mosaic) PX_CHECK((traits(*mosaic).bits > 8) == (traits(format).bits > 8));
}

}  // namespace
}  // namespace parallax::codec

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    parallax::codec::fuzz(parallax::codec::fuzz_bytes(data, size));
    return 0;
}
