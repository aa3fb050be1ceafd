// TagWriter: collects the tags of one TIFF directory and lays them out, little-endian.
//
// Threads: a plain value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "elements/codec/tiff_tags.h"

namespace parallax::codec {

class TagWriter {
  public:
    void bytes(TagId id, TagType type, std::span<const std::byte> values);
    void words(TagId id, std::span<const std::uint16_t> values);
    void dwords(TagId id, std::span<const std::uint32_t> values);
    // As the nearest fractions of 32-bit numbers: exact for every float of sensible size.
    void rationals(TagId id, std::span<const float> values);
    void srationals(TagId id, std::span<const float> values);
    void doubles(TagId id, std::span<const double> values);
    void text(TagId id, std::string_view value);  // Cut at 255 bytes and at a NUL.

    void word(TagId id, int value) {
        const auto v = static_cast<std::uint16_t>(value);
        words(id, {&v, 1});
    }
    void dword(TagId id, std::size_t value) {
        const auto v = static_cast<std::uint32_t>(value);
        dwords(id, {&v, 1});
    }

    // Size of the directory with all its values, and those bytes as they read at `offset`, which
    // is even.
    std::size_t size_bytes() const;
    std::vector<std::byte> laid_out(std::size_t offset) const;

  private:
    struct Entry {
        TagType type;
        std::vector<std::byte> value;
    };
    std::map<TagId, Entry> entries_;  // TIFF wants them in ascending order.
};

}  // namespace parallax::codec
