// A ring whose writer is hostile: any bytes at all are an entry or an error. What an entry says of
// bytes lies in an arena that is known, and can be read.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "base/check.h"
#include "exec/shared_ring.h"

namespace {

constexpr std::uint64_t kPlaces = 2;
constexpr std::size_t kRoomAt = 4096;  // Heads fill one page.

struct Rig {
    parallax::CpuArena arena =
        parallax::CpuArena::create({.slot_bytes = 4096, .slot_count = 2}).value();
    parallax::ArenaTable table;
    std::span<std::byte> raw;
    parallax::SharedRing ring = make();

    parallax::SharedRing make() {
        table.add(arena);
        auto pages =
            parallax::CpuSegment::create({.size_bytes = parallax::SharedRing::bytes_for(kPlaces)})
                .value();
        raw = pages.view_mut().value();
        return {std::move(pages), kPlaces, table};
    }
};

}  // namespace

// libFuzzer names it. The first 128 bytes are the head, the rest goes into the room; an arena's
// number that is 1 in the input is the one that is there.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {  // NOLINT
    static Rig rig;
    const std::size_t head = std::min<std::size_t>(size, parallax::SharedRing::kHeadBytes);
    std::memcpy(rig.raw.data(), data, head);
    std::memset(rig.raw.data() + head, 0, parallax::SharedRing::kHeadBytes - head);
    const std::size_t rest = std::min<std::size_t>(size - head, parallax::SharedRing::kRoomBytes);
    if (rest > 0) std::memcpy(rig.raw.data() + kRoomAt, data + head, rest);
    constexpr std::size_t kArenaAt = 32;
    std::uint64_t id = 0;
    std::memcpy(&id, rig.raw.data() + kArenaAt, sizeof id);
    if (id == 1) {
        id = rig.arena.id();
        std::memcpy(rig.raw.data() + kArenaAt, &id, sizeof id);
    }
    if (const auto entry = rig.ring.get(0)) {
        PX_CHECK(entry->bytes.size() <= rig.arena.slot_bytes());
        unsigned sum = 0;
        for (const std::byte byte : entry->bytes) sum += std::to_integer<unsigned>(byte);
        PX_CHECK(sum == 0);  // Nobody wrote there.
    }
    return 0;
}
