#include "base/id.h"

#include <array>

#include <sys/random.h>

namespace parallax {

Result<std::string> random_id() {
    std::array<unsigned char, 16> bits{};
    // Up to 256 bytes come whole and without interruption once the kernel's pool is ready.
    if (::getrandom(bits.data(), bits.size(), 0) != static_cast<ssize_t>(bits.size())) {
        return fail_errno("getrandom");
    }
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : bits) {
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

}  // namespace parallax
