// CpuSegment: contiguous CPU memory, always a memfd, so that it can always be handed to a process.
// MemoryView, MemoryViewMut: bytes lent for the time of a call, with the right to read or write.
//
// Threads: a CpuSegment is a value with one owner; its bytes follow the rules of any memory.
// Lifetime: the mapping and the descriptor end with the CpuSegment; views must not outlive it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "parallax/fd.h"
#include "parallax/result.h"

namespace parallax {

// What a holder of memory may do with it. `write_only` is a right of the API alone: x86 page
// tables have no such mapping, so a hostile holder could still read.
enum class Access : std::uint8_t { read_only, write_only, read_write };

using MemoryView = std::span<const std::byte>;
using MemoryViewMut = std::span<std::byte>;

// Seals of a memfd; see memfd_create(2) and fcntl(2) F_ADD_SEALS.
struct Seals {
    bool size = false;          // F_SEAL_SHRINK | F_SEAL_GROW: nobody can cut it under a reader.
    bool future_write = false;  // F_SEAL_FUTURE_WRITE: no new writable mapping, here or elsewhere.
};

class CpuSegment {
  public:
    struct Options {
        std::size_t size_bytes = 0;    // Rounded up to whole pages.
        std::string name = "segment";  // Shown in /proc/<pid>/maps.
    };

    static Result<CpuSegment> create(const Options& options);

    // Maps what another process sent. The descriptor must be a memfd of at least `size_bytes`,
    // sealed against shrinking: without the seal its owner could make us fault.
    static Result<CpuSegment> from_fd(UniqueFd fd, std::size_t size_bytes, Access access);

    CpuSegment(CpuSegment&& other) noexcept;
    CpuSegment& operator=(CpuSegment other) noexcept;
    ~CpuSegment();

    std::size_t size_bytes() const { return size_bytes_; }
    Access access() const { return access_; }
    int fd() const { return fd_.get(); }  // Borrowed; always valid, always exportable.

    MemoryView view() const { return {base_, size_bytes_}; }
    Result<MemoryViewMut> view_mut();  // Fails on a segment mapped read-only.

    Result<> seal(Seals seals);

  private:
    CpuSegment(UniqueFd fd, std::byte* base, std::size_t size_bytes, Access access)
        : fd_(std::move(fd)), base_(base), size_bytes_(size_bytes), access_(access) {}

    UniqueFd fd_;
    std::byte* base_ = nullptr;
    std::size_t size_bytes_ = 0;
    Access access_ = Access::read_write;
};

}  // namespace parallax
