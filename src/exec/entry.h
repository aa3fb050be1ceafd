// Entry: what one place of a channel holds: a frame's bytes and Meta, or an event.
// Ring: where the entries of a channel lie.
//
// LocalRing keeps them in the process's own memory. SharedRing (exec/shared_ring.h) keeps them in
// pages that another process sees.
//
// Threads: put() from the producer's thread, get() from the consumer's, of positions that the
// channel's rules give to one of them at a time.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "parallax/event.h"
#include "parallax/meta.h"
#include "parallax/segment.h"

namespace parallax {

// A frame that its stage did not make but took from one of its inputs.
struct Origin {
    std::uint32_t input = 0;
    std::uint64_t position = 0;
    bool operator==(const Origin&) const = default;
};

struct Entry {
    MemoryView bytes = {};  // Empty for an event.
    Meta meta = {};
    std::optional<Event> event = {};
    std::optional<Origin> origin = {};
};

class Ring {
  public:
    virtual ~Ring() = default;
    // Fails where the entry cannot be told to the other side; nothing is written then.
    virtual Result<> put(std::uint64_t position, const Entry& entry) = 0;
    // Copied out. Fails where what lies there does not check out.
    virtual Result<Entry> get(std::uint64_t position) = 0;
    // What get() will look at first is fetched meanwhile.
    virtual void fetch(std::uint64_t /*position*/) const {}
};

class LocalRing final : public Ring {
  public:
    explicit LocalRing(std::uint64_t size) : entries_(size) {}  // A power of two.
    Result<> put(std::uint64_t position, const Entry& entry) override {
        entries_[position & (entries_.size() - 1)] = entry;
        return {};
    }
    Result<Entry> get(std::uint64_t position) override {
        return entries_[position & (entries_.size() - 1)];
    }

  private:
    std::vector<Entry> entries_;
};

}  // namespace parallax
