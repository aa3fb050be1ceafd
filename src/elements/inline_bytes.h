// A few bytes in words of an InlineState, for elements that keep the beginning of something which
// has not become whole.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "parallax/result.h"

namespace parallax::elements {

inline constexpr std::uint64_t kTooManyInlineBytes = ~std::uint64_t{0};

// How many there are, for unpack_inline(); or that they are too many for the words.
inline std::uint64_t pack_inline(std::span<const std::byte> bytes, std::span<std::uint64_t> words) {
    if (bytes.size() > words.size_bytes()) return kTooManyInlineBytes;
    if (!bytes.empty()) std::memcpy(words.data(), bytes.data(), bytes.size());
    return bytes.size();
}

inline Result<std::span<const std::byte>> unpack_inline(std::uint64_t count,
                                                        std::span<const std::uint64_t> words) {
    if (count <= words.size_bytes()) {
        return std::as_bytes(words).first(static_cast<std::size_t>(count));
    }
    return fail(Errc::unsupported, "more bytes were waiting than its state has room for",
                "feed it whole frames of sound, or keep it in the program's own process");
}

}  // namespace parallax::elements
