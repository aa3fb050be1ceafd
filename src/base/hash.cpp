#include "base/hash.h"

#define XXH_STATIC_LINKING_ONLY  // Shows the type of a state, which then is a plain member.
#include <xxhash.h>

namespace parallax {

std::uint64_t hash64(std::span<const std::byte> bytes) {
    return XXH3_64bits(bytes.data(), bytes.size());
}

std::uint64_t hash64(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

Hash128 hash128(std::span<const std::byte> bytes) {
    const XXH128_hash_t hash = XXH3_128bits(bytes.data(), bytes.size());
    return {.low = hash.low64, .high = hash.high64};
}

std::string to_string(const Hash128& hash) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint64_t word : {hash.high, hash.low}) {
        for (int shift = 60; shift >= 0; shift -= 4) text += digits[(word >> shift) & 15];
    }
    return text;
}

struct Hasher::State {
    XXH3_state_t xxh3;
};

Hasher::Hasher() : state_(std::make_unique<State>()) { XXH3_128bits_reset(&state_->xxh3); }
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::update(std::span<const std::byte> bytes) {
    // Both widths accumulate alike, so one state serves both digests.
    XXH3_128bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

std::uint64_t Hasher::digest64() const { return XXH3_64bits_digest(&state_->xxh3); }

Hash128 Hasher::digest128() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(&state_->xxh3);
    return {.low = hash.low64, .high = hash.high64};
}

}  // namespace parallax
