// TimerSlots: four wheels of 256 slots, each a list of timers' numbers; the core of TimerWheel.
//
// Threads: one at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace parallax {

class TimerSlots {
  public:
    static constexpr unsigned kLevels = 4;
    static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();

    // Puts a number where it is looked at by `due`, of a time that is `tick`. Its place.
    std::uint32_t put(std::uint32_t number, std::uint64_t tick, std::uint64_t due) {
        return append(slot_of(tick, due), number);
    }
    // Takes out what is at a place; the number that takes the place, if any.
    std::uint32_t take(std::uint32_t place);

    // The first tick after `tick` at which a slot is fired or emptied into finer ones; the largest
    // number when there is none.
    std::uint64_t next_busy(std::uint64_t tick) const;
    // All numbers in the first slot of a wheel after `tick`: the earliest of that wheel, but in the
    // last one, where what lies beyond it waits, too. When the slot begins; the largest number when
    // there is none.
    template <class Each>
    std::uint64_t first(unsigned level, std::uint64_t tick, Each each) const {
        const std::uint64_t next = (tick >> (kBits * level)) + 1;
        const std::uint32_t away = distance(level, static_cast<std::uint32_t>(next & kMask));
        if (away > kMask) return std::numeric_limits<std::uint64_t>::max();
        std::uint32_t head =
            heads_[(level << kBits) + static_cast<std::uint32_t>((next + away) & kMask)];
        for (; head != kNone; head = blocks_[head].next) {
            const Block& block = blocks_[head];
            for (std::uint32_t i = 0; i < block.count; ++i) each(block.numbers[i]);
        }
        return (next + away) << (kBits * level);
    }
    // Whether a slot of that wheel begins at this tick.
    static bool begins(std::uint64_t tick, unsigned level) {
        return (tick & ((std::uint64_t{1} << (kBits * level)) - 1)) == 0;
    }

    // Takes a number out of the slot of this tick; kNone when there is none left. `soon` is told
    // what will be taken soon.
    template <class Soon>
    std::uint32_t pop(std::uint64_t tick, Soon soon) {
        const auto slot = static_cast<std::uint32_t>(tick & kMask);
        const std::uint32_t head = heads_[slot];
        if (head == kNone) return kNone;
        Block& block = blocks_[head];
        if (block.count >= kAhead) soon(block.numbers[block.count - kAhead]);
        const std::uint32_t number = block.numbers[--block.count];
        if (block.count == 0) {
            drop_head(slot);
            announce(heads_[slot], soon);
        }
        return number;
    }

    // Takes all out of the slot of a wheel that begins at this tick.
    template <class Soon, class Each>
    void empty(unsigned level, std::uint64_t tick, Soon soon, Each each) {
        const auto slot =
            static_cast<std::uint32_t>((level << kBits) + ((tick >> (kBits * level)) & kMask));
        std::uint32_t head = heads_[slot];
        heads_[slot] = kNone;
        mark(slot, false);
        announce(head, soon);
        while (head != kNone) {
            const Block block = blocks_[head];  // Its place is used for what goes on from here.
            release(head);
            head = block.next;
            for (std::uint32_t i = block.count; i-- > 0;) {
                if (i + 1 >= kAhead) soon(block.numbers[i + 1 - kAhead]);
                if (i + 1 == kAhead) announce(head, soon);
                each(block.numbers[i]);
            }
        }
    }

  private:
    static constexpr unsigned kBits = 8;
    static constexpr std::uint64_t kMask = 255;
    static constexpr std::uint32_t kAhead = 8;  // As many fetches under way as a core has room for.
    static constexpr std::uint32_t kPerBlock = 29;

    struct alignas(128) Block {
        std::uint32_t next = kNone;
        std::uint32_t slot = 0;
        std::uint32_t count = 0;
        std::array<std::uint32_t, kPerBlock> numbers{};
    };

    static std::uint32_t slot_of(std::uint64_t tick, std::uint64_t due);
    std::uint32_t append(std::uint32_t slot, std::uint32_t number) {
        std::uint32_t head = heads_[slot];
        if (head == kNone || blocks_[head].count == kPerBlock) head = add_head(slot);
        Block& block = blocks_[head];
        block.numbers[block.count] = number;
        return (head << 5U) + block.count++;
    }
    std::uint32_t add_head(std::uint32_t slot);
    void drop_head(std::uint32_t slot);
    void release(std::uint32_t block) { free_.push_back(block); }
    void mark(std::uint32_t slot, bool busy) {
        const std::uint64_t bit = std::uint64_t{1} << (slot & 63U);
        std::uint64_t& word = busy_[slot >> 6U];
        word = busy ? word | bit : word & ~bit;
    }
    // How many slots from `from` on, itself included, round once, to a busy one; 256: none is.
    std::uint32_t distance(unsigned level, std::uint32_t from) const;

    template <class Soon>
    void announce(std::uint32_t head, Soon& soon) const {
        if (head == kNone) return;
        const Block& block = blocks_[head];
        for (std::uint32_t i = block.count; i > 0 && i + kAhead > block.count + 1; --i) {
            soon(block.numbers[i - 1]);
        }
    }

    static constexpr std::array<std::uint32_t, std::size_t{kLevels} * 256> none() {
        std::array<std::uint32_t, std::size_t{kLevels} * 256> all{};
        all.fill(kNone);
        return all;
    }

    std::array<std::uint32_t, std::size_t{kLevels} * 256> heads_ = none();
    std::array<std::uint64_t, std::size_t{kLevels} * 4> busy_{};
    std::vector<Block> blocks_;
    std::vector<std::uint32_t> free_;
};

}  // namespace parallax
