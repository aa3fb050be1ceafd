// hash64, hash128, Hasher: XXH3 of bytes, for telling contents apart; not against an attacker.
//
// Threads: functions any; one Hasher belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace parallax {

struct Hash128 {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Hash128&) const = default;
};

std::uint64_t hash64(std::span<const std::byte> bytes);
std::uint64_t hash64(std::string_view text);
Hash128 hash128(std::span<const std::byte> bytes);

std::string to_string(const Hash128& hash);  // 32 hexadecimal digits, the high word first.

// The same results for bytes that come in pieces.
class Hasher {
  public:
    Hasher();
    ~Hasher();
    Hasher(Hasher&&) noexcept;
    Hasher& operator=(Hasher&&) noexcept;

    void update(std::span<const std::byte> bytes);
    std::uint64_t digest64() const;
    Hash128 digest128() const;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace parallax
