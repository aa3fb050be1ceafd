#include "sync/timer_slots.h"

#include <algorithm>
#include <bit>

namespace parallax {

std::uint32_t TimerSlots::take(std::uint32_t place) {
    Block& block = blocks_[place >> 5U];
    const std::uint32_t slot = block.slot;
    const std::uint32_t head = heads_[slot];
    Block& from = blocks_[head];
    const std::uint32_t last = from.numbers[--from.count];
    const std::uint32_t at = place & 31U;
    const bool itself = head == place >> 5U && at == from.count;
    if (!itself) block.numbers[at] = last;
    if (from.count == 0) drop_head(slot);
    return itself ? kNone : last;
}

// The wheel whose slots are just fine enough that the timer is in none that has begun.
std::uint32_t TimerSlots::slot_of(std::uint64_t tick, std::uint64_t due) {
    for (unsigned level = 0; level < kLevels; ++level) {
        const unsigned shift = kBits * level;
        // At the same slot number a whole round lies between: that is the next wheel's.
        if ((due >> shift) - (tick >> shift) <= kMask) {
            return static_cast<std::uint32_t>((level << kBits) + ((due >> shift) & kMask));
        }
    }
    // Beyond the last wheel: it is looked at again when that one has turned almost once.
    const std::uint64_t far = (tick >> (kBits * (kLevels - 1))) + kMask;
    return static_cast<std::uint32_t>(((kLevels - 1) << kBits) + (far & kMask));
}

std::uint32_t TimerSlots::add_head(std::uint32_t slot) {
    std::uint32_t head = 0;
    if (free_.empty()) {
        head = static_cast<std::uint32_t>(blocks_.size());
        blocks_.emplace_back();
    } else {
        head = free_.back();
        free_.pop_back();
    }
    blocks_[head].next = heads_[slot];
    blocks_[head].slot = slot;
    blocks_[head].count = 0;
    heads_[slot] = head;
    mark(slot, true);
    return head;
}

void TimerSlots::drop_head(std::uint32_t slot) {
    const std::uint32_t head = heads_[slot];
    heads_[slot] = blocks_[head].next;
    release(head);
    if (heads_[slot] == kNone) mark(slot, false);
}

std::uint32_t TimerSlots::distance(unsigned level, std::uint32_t from) const {
    const std::uint64_t* words = &busy_[std::size_t{level} * 4];
    for (std::uint32_t looked = 0; looked <= 4; ++looked) {
        const std::uint32_t word = ((from >> 6U) + looked) & 3U;
        std::uint64_t bits = words[word];
        const std::uint64_t before = (std::uint64_t{1} << (from & 63U)) - 1;
        if (looked == 0) bits &= ~before;
        if (looked == 4) bits &= before;
        if (bits == 0) continue;
        const auto at = (word << 6U) + static_cast<std::uint32_t>(std::countr_zero(bits));
        return (at - from) & kMask;
    }
    return kMask + 1;
}

std::uint64_t TimerSlots::next_busy(std::uint64_t tick) const {
    std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
    for (unsigned level = 0; level < kLevels; ++level) {
        const std::uint64_t next = (tick >> (kBits * level)) + 1;
        const std::uint32_t away = distance(level, static_cast<std::uint32_t>(next & kMask));
        if (away <= kMask) first = std::min(first, (next + away) << (kBits * level));
    }
    return first;
}

}  // namespace parallax
