// BufferPool: scratch memory by size bucket, for what never crosses a process.
//
// A request takes the first buffer of its bucket that is large enough, in the order in which they
// came back, else one of a larger bucket, else allocates. A smaller valid buffer is never evicted
// to serve a larger request, so that 1 MB, 64 KB, 1 MB reuses the first 1 MB buffer.
//
// What is idle is bounded, and given back to the system while the machine is short of memory: a
// buffer that comes back looks, at most every `look_every`. Who wants that also while nothing comes
// back calls relieve() from time to time.
//
// Threads: every member may be called from any thread; one short lock.
// Lifetime: a Buffer may outlive its pool; it then frees its memory itself.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace parallax {

class BufferPool {
  public:
    struct Options {
        std::size_t keep_bytes = std::size_t{256} << 20U;  // Most bytes kept idle.
        // Share of the time in which some task stood still for want of memory (PSI).
        double pressure_limit = 0.1;
        std::string pressure_file = "/proc/pressure/memory";  // Or a cgroup's memory.pressure.
        std::chrono::nanoseconds look_every = std::chrono::seconds(2);  // As the kernel sums up.
    };
    struct Stats {
        std::uint64_t requests = 0;
        std::uint64_t hits = 0;  // Requests that took what was idle.
        std::size_t idle_buffers = 0;
        std::size_t idle_bytes = 0;
        std::uint64_t relieved = 0;  // How often all was given back for the machine's sake.

        double hit_rate() const {
            return requests == 0 ? 0 : static_cast<double>(hits) / static_cast<double>(requests);
        }
    };
    class Buffer;

    BufferPool();
    explicit BufferPool(const Options& options);

    // At least `size_bytes`, aligned to 64 bytes, content unspecified.
    Buffer get(std::size_t size_bytes);

    void trim();  // Frees all that is idle.
    // Trims if the machine was short of memory since the last look; says whether it did. The first
    // look tells nothing, nor does a kernel without PSI.
    bool relieve();
    Stats stats() const;

  private:
    class Shelf;
    std::shared_ptr<Shelf> shelf_;  // Shared with the buffers out on loan, which come back to it.
};

class BufferPool::Buffer {
  public:
    Buffer(Buffer&&) noexcept = default;
    Buffer& operator=(Buffer&& other) noexcept;
    ~Buffer();

    std::span<std::byte> bytes() const { return {memory_.get(), size_bytes_}; }
    std::size_t capacity_bytes() const { return capacity_bytes_; }

  private:
    friend class BufferPool;
    struct Free {
        void operator()(std::byte* p) const;
    };
    using Memory = std::unique_ptr<std::byte[], Free>;
    Buffer(std::weak_ptr<Shelf> home, Memory memory, std::size_t capacity, std::size_t size)
        : home_(std::move(home)),
          memory_(std::move(memory)),
          capacity_bytes_(capacity),
          size_bytes_(size) {}
    void go_home();

    std::weak_ptr<Shelf> home_;
    Memory memory_;
    std::size_t capacity_bytes_ = 0;
    std::size_t size_bytes_ = 0;
};

}  // namespace parallax
