#include "exec/shared_ring.h"

#include <cstring>

#include "base/check.h"
#include "media/bytes.h"
#include "sync/commit_record.h"
#include "sync/machine.h"

namespace parallax {
namespace {

constexpr std::size_t kMaxFields = 64;
constexpr std::size_t kMaxText = 4096;

enum class Kind : std::uint8_t { frame = 1, event = 2 };

// The layout that both processes run: they are of one build. One line, so that one moves.
struct Head {
    Kind kind = Kind::frame;
    std::uint8_t origin_input = 0;  // One more than it is; 0: there is no origin.
    std::uint16_t flags = 0;
    std::uint32_t room_bytes = 0;  // Used of what varies.
    std::uint64_t sequence = 0;
    std::int64_t pts_ns = kNoTimeNs;
    std::int64_t duration_ns = kNoTimeNs;
    std::uint64_t arena_id = 0;
    std::uint64_t offset_bytes = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t origin_position = 0;
};
static_assert(sizeof(Head) == SharedRing::kHeadBytes);
static_assert(frame_flag::all <= UINT16_MAX && kMaxInputs < UINT8_MAX);
static_assert(std::is_trivially_copyable_v<Head>);

std::uint64_t heads_bytes(std::uint64_t places) {
    constexpr std::uint64_t kPage = 4096;
    return (places * SharedRing::kHeadBytes + kPage - 1) / kPage * kPage;
}

std::vector<std::byte> encode(const Event& event) {
    ByteWriter out;
    out.put(static_cast<std::uint32_t>(event.type));
    out.put(event.pts_ns);
    out.put(event.duration_ns);
    out.put(event.number);
    out.put_text(event.name);
    out.put(static_cast<std::uint32_t>(event.fields.size()));
    for (const auto& [key, value] : event.fields) {
        out.put_text(key);
        out.put_text(value);
    }
    return std::move(out).take();
}

Result<Event> decode_event(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    Event event;
    const auto type = in.get<std::uint32_t>();
    if (type > static_cast<std::uint32_t>(Event::Type::custom)) {
        return fail(Errc::corrupt, "an event of unknown type");
    }
    event.type = static_cast<Event::Type>(type);
    event.pts_ns = in.get<std::int64_t>();
    event.duration_ns = in.get<std::int64_t>();
    event.number = in.get<std::uint64_t>();
    event.name = in.get_text(kMaxText);
    const std::size_t count = in.get_count(kMaxFields, 8);
    for (std::size_t i = 0; i < count && !in.bad(); ++i) {
        std::string key = in.get_text(kMaxText);
        std::string value = in.get_text(kMaxText);
        event.fields.emplace_back(std::move(key), std::move(value));
    }
    if (in.bad() || !in.at_end()) return fail(Errc::corrupt, "an event that does not check out");
    return event;
}

Result<Meta> decode_meta(const Head& head, std::span<const std::byte> room) {
    Meta meta;
    if (!room.empty()) meta = PX_TRY(parse_meta(room));
    meta.sequence = head.sequence;
    meta.pts_ns = head.pts_ns;
    meta.duration_ns = head.duration_ns;
    meta.flags = head.flags;
    if (head.pts_ns < kNoTimeNs || head.duration_ns < kNoTimeNs ||
        (head.flags & ~frame_flag::all) != 0) {
        return fail(Errc::corrupt, "a frame with times or flags that do not exist");
    }
    return meta;
}

}  // namespace

std::uint64_t SharedRing::bytes_for(std::uint64_t places) {
    return heads_bytes(places) + places * kRoomBytes;
}

SharedRing::SharedRing(CpuSegment pages, std::uint64_t places, const ArenaTable& arenas)
    : pages_(std::move(pages)), mask_(places - 1), arenas_(arenas) {
    PX_CHECK(places > 0 && (places & mask_) == 0 && pages_.size_bytes() >= bytes_for(places));
}

Result<> SharedRing::put(std::uint64_t position, const Entry& entry) {
    const MemoryViewMut memory = PX_TRY(pages_.view_mut());
    const std::uint64_t index = position & mask_;
    // The reader has that line: it comes while we find out what to write there.
    Machine::fetch_for_writing(memory.data() + index * kHeadBytes);
    if ((entry.meta.flags & ~frame_flag::all) != 0) {
        return fail(Errc::unsupported, "a frame with flags that do not exist");
    }
    Head head{.kind = entry.event ? Kind::event : Kind::frame,
              .flags = static_cast<std::uint16_t>(entry.meta.flags),
              .sequence = entry.meta.sequence,
              .pts_ns = entry.meta.pts_ns,
              .duration_ns = entry.meta.duration_ns};
    if (!entry.bytes.empty()) {
        const auto place = arenas_.locate(entry.bytes);
        if (!place) return fail(Errc::unsupported, "a frame in memory that is not the run's");
        head.arena_id = place->arena_id;
        head.offset_bytes = place->offset_bytes;
        head.size_bytes = place->size_bytes;
    }
    if (entry.origin) {
        PX_CHECK(entry.origin->input < kMaxInputs);
        head.origin_input = static_cast<std::uint8_t>(entry.origin->input + 1);
        head.origin_position = entry.origin->position;
    }
    std::vector<std::byte> room;
    if (entry.event) {
        room = encode(*entry.event);
    } else if (!entry.meta.entries().empty()) {
        room = serialize(entry.meta);
    }
    if (room.size() > kRoomBytes) {
        return fail(Errc::unsupported, "metadata of " + std::to_string(room.size()) +
                                           " bytes, and at most " + std::to_string(kRoomBytes) +
                                           " cross to another process");
    }
    head.room_bytes = static_cast<std::uint32_t>(room.size());
    const std::uint64_t room_at = heads_bytes(mask_ + 1) + index * kRoomBytes;
    if (!room.empty()) std::memcpy(memory.data() + room_at, room.data(), room.size());
    std::memcpy(memory.data() + index * kHeadBytes, &head, sizeof head);
    return {};
}

Result<Entry> SharedRing::get(std::uint64_t position) {
    const MemoryView memory = pages_.view();
    const std::uint64_t index = position & mask_;
    Head head;
    std::memcpy(&head, memory.data() + index * kHeadBytes, sizeof head);
    if (head.room_bytes > kRoomBytes) {
        return fail(Errc::corrupt, "an entry larger than its room");
    }
    const MemoryView shared =
        memory.subspan(heads_bytes(mask_ + 1) + index * kRoomBytes, head.room_bytes);
    const std::vector<std::byte> room(shared.begin(), shared.end());
    Entry entry;
    if (head.kind == Kind::event) {
        entry.event = PX_TRY(decode_event(room));
        return entry;
    }
    if (head.kind != Kind::frame) return fail(Errc::corrupt, "an entry of no kind");
    entry.meta = PX_TRY(decode_meta(head, room));
    if (head.size_bytes != 0) {
        entry.bytes = PX_TRY(arenas_.resolve({head.arena_id, head.offset_bytes, head.size_bytes}));
    }
    if (head.origin_input != 0) {
        entry.origin = Origin{head.origin_input - std::uint32_t{1}, head.origin_position};
    }
    return entry;
}

}  // namespace parallax
