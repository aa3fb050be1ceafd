// kSanitized: whether this build runs under a sanitizer, whose run-time needs a little more.
// kThreadSanitized: under ThreadSanitizer, which has a thread and a shadow of the memory of its
// own.
#pragma once

namespace parallax {

// g++ says so by macros, clang by features.
#if defined(__has_feature)
#define PX_HAS_FEATURE(name) __has_feature(name)
#else
#define PX_HAS_FEATURE(name) 0
#endif

#if defined(__SANITIZE_THREAD__) || PX_HAS_FEATURE(thread_sanitizer)
inline constexpr bool kThreadSanitized = true;
#else
inline constexpr bool kThreadSanitized = false;
#endif

#if defined(__SANITIZE_ADDRESS__) || PX_HAS_FEATURE(address_sanitizer) || \
    PX_HAS_FEATURE(memory_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = kThreadSanitized;
#endif

#undef PX_HAS_FEATURE

}  // namespace parallax
