// Metadata of any bytes: what reads must be in order and write back to the same bytes.
#include <cstdint>
#include <span>

#include "base/check.h"
#include "parallax/meta.h"

// libFuzzer names it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    const auto bytes = std::as_bytes(std::span(data, size));
    if (const auto meta = parallax::parse_meta(bytes)) {
        const auto again = serialize(*meta);
        PX_CHECK(again.size() == size);
        PX_CHECK(parallax::parse_meta(again).value() == *meta);
        (void)parallax::raw_info(*meta);
        (void)parallax::provenance(*meta);
    }
    if (const auto info = parallax::parse_raw_info(bytes)) {
        PX_CHECK(serialize(*info).size() == size);
    }
    return 0;
}
