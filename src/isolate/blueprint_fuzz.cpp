// Blueprints of any bytes: an answer or an error, and what reads can be written and read again.
#include <cstdint>
#include <span>

#include "base/check.h"
#include "isolate/blueprint.h"

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    const auto bytes = std::as_bytes(std::span(data, size));
    if (const auto blueprint = parallax::decode_blueprint(bytes)) {
        const auto again = encode(*blueprint);
        const auto same = parallax::decode_blueprint(again);
        PX_CHECK(same.has_value());
        PX_CHECK(encode(*same) == again);
    }
    return 0;
}
