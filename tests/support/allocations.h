// allocations: how often one thread asks for memory, for tests of what must not.
//
//     CHECK(allocations_of([&] { developer.develop(…); }).value_or(0) == 0);
//
// The test program's operator new counts. Where a sanitizer has one of its own, nobody counts, and
// the answer is nothing. Threads: each counts its own.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>

namespace parallax {

std::optional<std::size_t> allocations_of(const std::function<void()>& body);

}  // namespace parallax
