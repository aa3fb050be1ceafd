// The journal's format: segments, and the records in them, as bytes.
//
// A journal is a folder of segments NUMBER-SALT.journal: the number of its first record, 20 digits,
// and the journal's salt, 8 hexadecimal digits. A segment is a head of 64 bytes and records. A
// record is a head of 32 bytes, the payload, and zeros up to a multiple of 8. All words are little
// endian. docs/journal.md has the layout in full.
//
// Two sums guard a record: its head's own, so that a size can be trusted before anything else is
// read, and that of the payload with its padding. So every bit is covered, a record whose payload
// is damaged can be stepped over exactly, and after a damaged head the next one is found by trying.
// Both start from the journal's salt: a payload that holds a piece of another journal is not taken
// for records of this one. The name alone is enough to read a segment whose head is damaged.
//
// Threads: pure functions and plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "parallax/result.h"

namespace parallax {

enum class RecordKind : std::uint16_t {
    note = 0,
    run_started = 1,
    plan = 2,
    crash = 3,
    restart = 4,
    poison_frame = 5,
    control_command = 6,
    telemetry = 7,
    message = 8,  // Warnings and the like of elements.
    error = 9,
    run_ended = 10,
    records_lost = 11,  // By the journal itself: how many could not be kept, and why.
};
std::string to_string(RecordKind kind);  // "run-started"; "kind-77" for what is not known here.

struct JournalRecord {
    std::uint64_t sequence = 0;  // From 1, without gaps but for what was lost.
    std::int64_t time_ns = 0;    // Since 1970, UTC.
    RecordKind kind = RecordKind::note;
    std::span<const std::byte> payload = {};  // Borrowed.

    std::string_view text() const;
};

inline constexpr std::size_t kSegmentHeadBytes = 64;
inline constexpr std::size_t kRecordHeadBytes = 32;
inline constexpr std::size_t kMostPayloadBytes = std::size_t{16} << 20U;

// With head and padding.
constexpr std::size_t record_bytes(std::size_t payload_bytes) {
    return kRecordHeadBytes + (payload_bytes + 7) / 8 * 8;
}

std::uint32_t payload_sum(std::span<const std::byte> payload, std::uint32_t salt);
// Fills the first record_bytes() of `out`. `sum` is that of the payload.
void write_record(const JournalRecord& record, std::uint32_t sum, std::uint32_t salt,
                  std::span<std::byte> out);

// What stands at the beginning of some bytes.
struct ParsedRecord {
    enum class What : std::uint8_t {
        record,
        incomplete,   // The bytes end before it does; `bytes` are needed, if not 0.
        bad_head,     // No record's head: where the next one is, is not known.
        bad_payload,  // `record` but for its payload; the next one is after `bytes`.
    };
    What what = What::incomplete;
    std::size_t bytes = 0;
    JournalRecord record = {};
};
ParsedRecord parse_record(std::span<const std::byte> bytes, std::uint32_t salt);

// Of a record that we have written ourselves: nothing is checked.
struct PeekedRecord {
    std::size_t bytes = 0;
    std::uint64_t sequence = 0;
};
PeekedRecord peek_record(std::span<const std::byte> bytes);

struct SegmentName {
    std::uint64_t first = 0;  // Sequence of its first record.
    std::uint32_t salt = 0;
    auto operator<=>(const SegmentName&) const = default;
};
std::string to_string(const SegmentName& name);
std::optional<SegmentName> parse_segment_name(std::string_view name);

void write_segment_head(const SegmentName& name, std::int64_t created_ns, std::span<std::byte> out);
// When it was made; fails where the head is not that of this segment.
Result<std::int64_t> parse_segment_head(std::span<const std::byte> bytes, const SegmentName& name);

}  // namespace parallax
