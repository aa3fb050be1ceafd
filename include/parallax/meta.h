// Meta: what travels beside the bytes of a frame: its place, its time, and custom entries.
//
// Custom entries are bytes under a key, kept sorted; RawInfo and Provenance are such entries with
// typed helpers below. A Meta without entries is 56 bytes, allocates nothing and copies as fast.
//
// Threads: a plain value.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/raw_info.h"
#include "parallax/result.h"

namespace parallax {

inline constexpr std::int64_t kNoTimeNs = -1;

namespace frame_flag {
inline constexpr std::uint32_t discont = 1U << 0;    // Something before this frame is missing.
inline constexpr std::uint32_t gap = 1U << 1;        // Stands for a frame that is not there.
inline constexpr std::uint32_t delta = 1U << 2;      // Cannot be decoded without earlier frames.
inline constexpr std::uint32_t header = 1U << 3;     // Opens a stream; no picture in it.
inline constexpr std::uint32_t droppable = 1U << 4;  // Nothing later depends on it.
inline constexpr std::uint32_t corrupted = 1U << 5;  // Known to be damaged.
inline constexpr std::uint32_t still = 1U << 6;      // A picture on its own, not one of a movie.
inline constexpr std::uint32_t piece = 1U << 7;      // Part of a whole: no flush drops it.
inline constexpr std::uint32_t all = (1U << 8) - 1;
}  // namespace frame_flag

class Meta {
  public:
    struct Entry {
        std::string key;  // 1 … 128 bytes; "parallax." is ours, others take a name of their own.
        std::vector<std::byte> value;
        bool operator==(const Entry&) const = default;
    };

    std::uint64_t sequence = 0;
    std::int64_t pts_ns = kNoTimeNs;       // Presentation time, or none.
    std::int64_t duration_ns = kNoTimeNs;  // Or none.
    std::uint32_t flags = 0;               // Of frame_flag.

    // Replaces what the key held. Fails when a limit below is passed.
    Result<> set(std::string_view key, std::vector<std::byte> value);
    // Borrowed until the next change.
    std::optional<std::span<const std::byte>> find(std::string_view key) const;
    bool erase(std::string_view key);
    std::span<const Entry> entries() const { return entries_; }

    bool operator==(const Meta&) const = default;

  private:
    friend Result<> append_followed_step(Meta& meta, const struct ProvenanceStep& step);
    std::vector<Entry> entries_;  // Sorted by key.
};

inline constexpr std::size_t kMaxMetaEntries = 64;
inline constexpr std::size_t kMaxMetaKeyBytes = 128;
inline constexpr std::size_t kMaxMetaBytes = std::size_t{8} << 20;  // Of all keys and values.

// A versioned little-endian encoding. Reading validates everything: bytes may come from a process
// that is not trusted; a failure is Errc::corrupt.
std::vector<std::byte> serialize(const Meta& meta);
Result<Meta> parse_meta(std::span<const std::byte> bytes);

Result<> set_raw_info(Meta& meta, const RawInfo& info);
// Nothing when the frame has none; fails when what it has does not check out.
Result<std::optional<RawInfo>> raw_info(const Meta& meta);

// How a frame came to be: enough to make the same bytes again from the same input.
struct ProvenanceStep {
    std::string element = {};     // Name in the graph: "softisp0".
    std::string factory = {};     // "softisp"
    std::string version = {};     // Of the element's code.
    std::string parameters = {};  // Its properties as launch text.
    bool operator==(const ProvenanceStep&) const = default;
};
struct Provenance {
    std::uint64_t seed = 0;
    std::array<std::uint64_t, 2> input_hash{};  // hash128 of the input, low word first; 0 if none.
    std::vector<ProvenanceStep> chain = {};     // From the source on.
    bool operator==(const Provenance&) const = default;
};

inline constexpr std::string_view kProvenanceKey = "parallax.provenance";

// A frame is followed once its source called set_provenance. For one that is not, append_step
// does nothing and takes a few ns; so elements need not ask.
Result<> set_provenance(Meta& meta, const Provenance& provenance);
Result<> append_followed_step(Meta& meta, const ProvenanceStep& step);
inline Result<> append_step(Meta& meta, const ProvenanceStep& step) {
    if (meta.entries().empty()) [[likely]]
        return {};
    return append_followed_step(meta, step);
}
Result<std::optional<Provenance>> provenance(const Meta& meta);

}  // namespace parallax
