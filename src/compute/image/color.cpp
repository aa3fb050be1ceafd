#include "compute/image/color.h"

#include <cstddef>
#include <vector>

namespace parallax::compute {
namespace {

template <class Curve>
std::vector<float> tabulate(const Curve& curve) {
    std::vector<float> table(65536);
    for (std::size_t i = 0; i < table.size(); ++i)
        table[i] = static_cast<float>(255.0 * curve(static_cast<double>(i) / 65535.0));
    return table;
}

}  // namespace

std::span<const float, 65536> srgb_decode_table() {
    static const std::vector<float> table = tabulate(srgb_to_linear);
    return std::span<const float, 65536>(table);
}

std::span<const float, 65536> srgb_encode_table() {
    static const std::vector<float> table = tabulate(linear_to_srgb);
    return std::span<const float, 65536>(table);
}

}  // namespace parallax::compute
