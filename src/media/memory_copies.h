// MemoryCopies: what moves frames from one kind of memory to another, as entries for negotiation.
//
//     const MemoryCopies copies({{.from = gpu, .to = memfd, .bytes_per_second = 12'000'000'000}});
//     for (const NegotiationConverter& entry : copies.entries())
//     problem.converters.push_back(entry);
//
// An entry changes where a frame lies and nothing else; what comes out is linear. Uploads to a
// device and downloads from it are entries like any other. Elements that do the work are not part
// of this: a graph offers those entries for which it has one.
//
// Threads: none. The problem borrows from it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "media/negotiate.h"
#include "parallax/memory_caps.h"

namespace parallax {

struct MemoryCopy {
    MemoryKind from = MemoryKind::memfd;
    MemoryKind to = MemoryKind::memfd;
    std::uint64_t bytes_per_second = 0;  // 0: it costs the same for any amount, as mapping does.
    NegotiationPrice cost = 10;
};

class MemoryCopies {
  public:
    explicit MemoryCopies(const std::vector<MemoryCopy>& copies);
    MemoryCopies(const MemoryCopies&) = delete;  // Entries borrow.
    MemoryCopies& operator=(const MemoryCopies&) = delete;

    // Of raw and encoded pictures and of sound; named "copy-GPU-to-MemFd" …
    const std::vector<NegotiationConverter>& entries() const { return entries_; }

  private:
    class Move final : public PadTransform {
      public:
        explicit Move(const MemoryCopy& copy) : copy_(copy) {}
        Caps across(std::size_t from, const Caps& caps, std::size_t to) const override;

      private:
        MemoryCopy copy_;
    };
    std::deque<Move> moves_;
    std::vector<NegotiationConverter> entries_;
};

}  // namespace parallax
