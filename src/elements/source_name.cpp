#include "elements/source_name.h"

#include <algorithm>

namespace parallax::elements {

Result<> set_source_name(Meta& meta, std::string_view name) {
    const auto bytes = std::as_bytes(std::span(name));
    return meta.set(kSourceNameKey, {bytes.begin(), bytes.end()});
}

std::string source_name(const Meta& meta) {
    const auto value = meta.find(kSourceNameKey);
    if (!value) return {};
    std::string name(value->size(), '\0');
    std::ranges::transform(*value, name.begin(), [](std::byte b) { return static_cast<char>(b); });
    return name;
}

Failure at_source(const Meta& meta, Error error) {
    if (std::string name = source_name(meta); !name.empty()) {
        error.context.push_back(std::move(name));
    }
    return Failure(std::move(error));
}

}  // namespace parallax::elements
