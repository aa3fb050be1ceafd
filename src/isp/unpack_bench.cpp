#include <cstring>
#include <vector>

#include "isp/unpack.h"
#include "support/bench.h"

namespace parallax::isp {
namespace {

// One megapixel as rows of 1000 samples. Budget: 0.15 ms.
constexpr std::size_t kSamples = 1'000'000;

PX_BENCH("isp/unpack_raw10 1 MP") {
    return [packed = std::vector<std::byte>(kSamples / 4 * 5),
            out = std::vector<std::uint16_t>(kSamples)]() mutable {
        unpack_raw10(packed, out);
        bench::keep(out.data());
    };
}

PX_BENCH("isp/unpack_raw12 1 MP") {
    return [packed = std::vector<std::byte>(kSamples / 2 * 3),
            out = std::vector<std::uint16_t>(kSamples)]() mutable {
        unpack_raw12(packed, out);
        bench::keep(out.data());
    };
}

// The yardstick: moving as many bytes as RAW10 unpacking writes.
PX_BENCH("isp/memcpy 2 MB") {
    return [in = std::vector<std::uint16_t>(kSamples),
            out = std::vector<std::uint16_t>(kSamples)]() mutable {
        std::memcpy(out.data(), in.data(), kSamples * 2);
        bench::keep(out.data());
    };
}

}  // namespace
}  // namespace parallax::isp
