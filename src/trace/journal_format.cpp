#include "trace/journal_format.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>

#include <fmt/core.h>

#include "base/check.h"
#include "trace/crc32c.h"

namespace parallax {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little endian");

constexpr std::array<char, 8> kMagic{'P', 'L', 'X', 'J', 'R', 'N', 'L', '1'};
constexpr std::string_view kSuffix = ".journal";
constexpr std::size_t kNumberDigits = 20;
constexpr std::size_t kSaltDigits = 8;

struct RecordHead {
    std::uint32_t head_sum;  // Of the 28 bytes that follow.
    std::uint32_t payload_sum;
    std::uint32_t payload_bytes;
    std::uint16_t kind;
    std::uint16_t zero;
    std::uint64_t sequence;
    std::int64_t time_ns;
};
static_assert(sizeof(RecordHead) == kRecordHeadBytes);

struct SegmentHead {
    std::array<char, 8> magic;
    std::uint64_t first;
    std::int64_t created_ns;
    std::uint32_t salt;
    std::uint32_t zero;
    std::array<std::uint8_t, 28> zeros;
    std::uint32_t head_sum;  // Of the 60 bytes before.
};
static_assert(sizeof(SegmentHead) == kSegmentHeadBytes);

constexpr std::array<std::string_view, 12> kKinds{
    "note",         "run-started",     "plan",      "crash",   "restart",
    "poison-frame", "control-command", "telemetry", "message", "error",
    "run-ended",    "records-lost"};

std::uint32_t head_sum_of(const RecordHead& head, std::uint32_t salt) {
    return crc32c(std::as_bytes(std::span(&head, 1)).subspan(sizeof head.head_sum), salt);
}

template <class Number>
std::optional<Number> number_of(std::string_view digits, int base) {
    Number value = 0;
    const auto [end, code] =
        std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
    return value;
}

}  // namespace

std::string to_string(RecordKind kind) {
    const auto number = static_cast<std::size_t>(kind);
    return number < kKinds.size() ? std::string(kKinds.at(number)) : fmt::format("kind-{}", number);
}

std::string_view JournalRecord::text() const {
    std::string_view text;
    if (!payload.empty()) {
        text = {static_cast<const char*>(static_cast<const void*>(payload.data())), payload.size()};
    }
    return text;
}

std::uint32_t payload_sum(std::span<const std::byte> payload, std::uint32_t salt) {
    constexpr std::array<std::byte, 8> kZeros{};
    const std::size_t padding = record_bytes(payload.size()) - kRecordHeadBytes - payload.size();
    const std::uint32_t sum = crc32c(payload, salt);
    return padding == 0 ? sum : crc32c(std::span(kZeros).first(padding), sum);
}

void write_record(const JournalRecord& record, std::uint32_t sum, std::uint32_t salt,
                  std::span<std::byte> out) {
    const std::size_t size = record_bytes(record.payload.size());
    PX_CHECK(record.payload.size() <= kMostPayloadBytes && out.size() >= size);
    RecordHead head{.head_sum = 0,
                    .payload_sum = sum,
                    .payload_bytes = static_cast<std::uint32_t>(record.payload.size()),
                    .kind = static_cast<std::uint16_t>(record.kind),
                    .zero = 0,
                    .sequence = record.sequence,
                    .time_ns = record.time_ns};
    head.head_sum = head_sum_of(head, salt);
    std::memcpy(out.data(), &head, sizeof head);
    if (!record.payload.empty()) {
        std::memset(out.data() + size - 8, 0, 8);  // What of it is no padding is written next.
        std::memcpy(out.data() + sizeof head, record.payload.data(), record.payload.size());
    }
}

ParsedRecord parse_record(std::span<const std::byte> bytes, std::uint32_t salt) {
    using What = ParsedRecord::What;
    if (bytes.size() < kRecordHeadBytes) return {};
    RecordHead head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    const bool possible = head.payload_bytes <= kMostPayloadBytes && head.zero == 0 &&
                          head.sequence > 0 && head.head_sum == head_sum_of(head, salt);
    if (!possible) return {.what = What::bad_head};
    ParsedRecord parsed{
        .bytes = record_bytes(head.payload_bytes),
        .record = {
            .sequence = head.sequence, .time_ns = head.time_ns, .kind = RecordKind{head.kind}}};
    if (bytes.size() < parsed.bytes) return parsed;
    const auto padded = bytes.subspan(kRecordHeadBytes, parsed.bytes - kRecordHeadBytes);
    parsed.what = crc32c(padded, salt) == head.payload_sum ? What::record : What::bad_payload;
    if (parsed.what == What::record) parsed.record.payload = padded.first(head.payload_bytes);
    return parsed;
}

PeekedRecord peek_record(std::span<const std::byte> bytes) {
    PX_CHECK(bytes.size() >= kRecordHeadBytes);
    RecordHead head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    return {.bytes = record_bytes(head.payload_bytes), .sequence = head.sequence};
}

std::string to_string(const SegmentName& name) {
    return fmt::format("{:020}-{:08x}{}", name.first, name.salt, kSuffix);
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
    if (name.size() != kNumberDigits + 1 + kSaltDigits + kSuffix.size()) return std::nullopt;
    if (!name.ends_with(kSuffix) || name[kNumberDigits] != '-') return std::nullopt;
    const auto first = number_of<std::uint64_t>(name.substr(0, kNumberDigits), 10);
    const auto salt = number_of<std::uint32_t>(name.substr(kNumberDigits + 1, kSaltDigits), 16);
    if (!first || *first == 0 || !salt) return std::nullopt;
    const SegmentName parsed{.first = *first, .salt = *salt};
    if (to_string(parsed) != name) return std::nullopt;  // 00AB is not ours, 00ab is.
    return parsed;
}

void write_segment_head(const SegmentName& name, std::int64_t created_ns,
                        std::span<std::byte> out) {
    PX_CHECK(out.size() >= kSegmentHeadBytes);
    SegmentHead head{.magic = kMagic,
                     .first = name.first,
                     .created_ns = created_ns,
                     .salt = name.salt,
                     .zero = 0,
                     .zeros = {},
                     .head_sum = 0};
    head.head_sum =
        crc32c(std::as_bytes(std::span(&head, 1)).first(kSegmentHeadBytes - sizeof head.head_sum));
    std::memcpy(out.data(), &head, sizeof head);
}

Result<std::int64_t> parse_segment_head(std::span<const std::byte> bytes, const SegmentName& name) {
    if (bytes.size() < kSegmentHeadBytes) return fail(Errc::corrupt, "the segment's head is cut");
    SegmentHead head{};
    std::memcpy(&head, bytes.data(), sizeof head);
    const std::uint32_t sum = crc32c(bytes.first(kSegmentHeadBytes - sizeof head.head_sum));
    if (head.magic != kMagic) return fail(Errc::corrupt, "this is no segment of a journal");
    if (head.head_sum != sum) return fail(Errc::corrupt, "the segment's head is damaged");
    if (head.first != name.first || head.salt != name.salt) {
        return fail(Errc::corrupt, "the segment's head is that of another one");
    }
    return head.created_ns;
}

}  // namespace parallax
