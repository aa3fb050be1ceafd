// Control messages of any bytes: what reads is known, bounded, and writes back to the same bytes.
#include <cstdint>
#include <span>

#include "base/check.h"
#include "isolate/control_message.h"

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    const auto bytes = std::as_bytes(std::span(data, size));
    if (const auto message = parallax::decode(bytes)) {
        PX_CHECK(parallax::is_known(static_cast<std::uint32_t>(message->type)));
        PX_CHECK(message->text.size() <= parallax::ControlMessage::kMostText);
        const auto again = encode(*message);
        PX_CHECK(again.size() == size);
        PX_CHECK(parallax::decode(again).value() == *message);
    }
    return 0;
}
