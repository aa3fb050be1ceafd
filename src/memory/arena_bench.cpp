#include <memory>

#include "parallax/arena.h"
#include "support/bench.h"

namespace parallax {

// The price of a buffer on the data path. Budget: 100 ns, that is 0.001 % of a 100 fps frame.
PX_BENCH("arena/acquire_release") {
    auto arena = *CpuArena::create({.slot_bytes = 4096, .slot_count = 64});
    return [arena]() mutable { bench::keep(arena.acquire()); };
}

// What malloc asks for the same, as the yardstick.
PX_BENCH("arena/malloc_yardstick") {
    return [] { bench::keep(std::make_unique_for_overwrite<std::byte[]>(4096)); };
}

}  // namespace parallax
