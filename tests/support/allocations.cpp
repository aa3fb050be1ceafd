#include "support/allocations.h"

#include <algorithm>
#include <cstdlib>
#include <new>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define PARALLAX_COUNTS_ALLOCATIONS 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PARALLAX_COUNTS_ALLOCATIONS 0
#endif
#endif
#ifndef PARALLAX_COUNTS_ALLOCATIONS
#define PARALLAX_COUNTS_ALLOCATIONS 1
#endif

#if PARALLAX_COUNTS_ALLOCATIONS
namespace {

thread_local std::size_t allocations = 0;

void* counted(void* memory) {
    ++allocations;
    if (memory == nullptr) std::abort();
    return memory;
}

}  // namespace

// Arrays, and forms that may fail, come to these two.
void* operator new(std::size_t size) { return counted(std::malloc(std::max(size, 1UZ))); }
void* operator new(std::size_t size, std::align_val_t alignment) {
    const auto step = static_cast<std::size_t>(alignment);
    return counted(std::aligned_alloc(step, (std::max(size, 1UZ) + step - 1) / step * step));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
#endif

namespace parallax {

std::optional<std::size_t> allocations_of(const std::function<void()>& body) {
#if PARALLAX_COUNTS_ALLOCATIONS
    const std::size_t before = allocations;
    body();
    return allocations - before;
#else
    body();
    return std::nullopt;
#endif
}

}  // namespace parallax
