// split: the parts of a text between separators, as views on it; none of an empty text.
//
// Threads: pure. Lifetime: the text outlives the views.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

namespace parallax {

inline std::vector<std::string_view> split(std::string_view text, char at) {
    std::vector<std::string_view> parts;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find(at), text.size());
        parts.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return parts;
}

}  // namespace parallax
