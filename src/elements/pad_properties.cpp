#include "elements/pad_properties.h"

namespace parallax::elements {

std::optional<PadPropertyName> pad_property_name(std::string_view name) {
    const std::size_t colons = name.find("::");
    if (colons == std::string_view::npos) return std::nullopt;
    const std::string_view pad = name.substr(0, colons);
    const std::size_t before = pad.find_last_not_of("0123456789");
    const std::size_t digits = before == std::string_view::npos ? 0 : before + 1;
    if (digits == 0 || digits == pad.size()) return std::nullopt;
    return PadPropertyName{
        .pad = std::string(pad),
        .pattern = std::string(pad.substr(0, digits)) + "%u" + std::string(name.substr(colons))};
}

}  // namespace parallax::elements
