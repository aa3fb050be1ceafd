// thread_in: which of a process's threads calls itself by that number.
//
// A process in a pid namespace of its own counts from 1, and its word is only a word: a number
// comes out when the kernel lists it among the threads of that process, and never that of
// another's.
//
// Threads: any.
#pragma once

#include <cstdint>

#include <sys/types.h>

namespace parallax {

// By our own count; 0 when the process has no such thread, or is no more.
pid_t thread_in(pid_t process, std::uint64_t inner);

}  // namespace parallax
