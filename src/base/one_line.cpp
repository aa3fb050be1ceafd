#include "base/one_line.h"

namespace parallax {
namespace {

// Bytes of the character that `text` begins with; 0 for a control character, and for what is none.
std::size_t character_bytes(std::string_view text) {
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    if (byte(0) < 0x80) return byte(0) >= 0x20 && byte(0) != 0x7f ? 1 : 0;
    const std::size_t bytes = byte(0) < 0xc2   ? 0
                              : byte(0) < 0xe0 ? 2
                              : byte(0) < 0xf0 ? 3
                              : byte(0) < 0xf5 ? 4
                                               : 0;
    if (bytes > text.size()) return 0;
    for (std::size_t i = 1; i < bytes; ++i) {
        if ((byte(i) & 0xc0U) != 0x80) return 0;
    }
    // U+0080 to U+009F: some terminals take U+009B for what Escape [ is.
    return bytes == 2 && byte(0) == 0xc2 && byte(1) < 0xa0 ? 0 : bytes;
}

}  // namespace

std::string one_line(std::string_view text) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string line;
    line.reserve(text.size());
    while (!text.empty()) {
        const std::size_t bytes = character_bytes(text);
        const auto byte = static_cast<unsigned char>(text.front());
        if (bytes > 0) {
            line += text.substr(0, bytes);
        } else if (byte == '\n') {
            line += "\\n";
        } else {
            line += "\\x";
            line += kDigits[byte >> 4U];
            line += kDigits[byte & 15U];
        }
        text.remove_prefix(bytes > 0 ? bytes : 1);
    }
    return line;
}

}  // namespace parallax
