// privileges: what a child gives up before code that nobody trusts runs in it.
//
// Threads: each function changes the calling process, which has one thread.
#pragma once

#include <cstdint>
#include <span>

#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

// Every capability, from every set, for good.
Result<> drop_capabilities();

// No program it might execute gives it more; Landlock and seccomp ask for this first.
Result<> set_no_new_privs();

// Killed when the thread that forked it ends. Changing users clears it, so call it afterwards.
Result<> die_with_parent();

// Closes every descriptor but these and 0, 1, 2.
Result<> close_all_but(std::span<const int> keep);

// No core files, few descriptors, no message queues; threads up to pids_max.
Result<> set_resource_limits(const SandboxLimits& limits);
// No real-time and no nice value below its own, also if another process of its user asks for it.
Result<> forbid_raising();
// Memory of its own that it has now, as RLIMIT_DATA counts it; 0 when /proc does not tell.
std::uint64_t private_bytes();
// Where no cgroup holds it: what the process may allocate beyond what it had.
Result<> limit_private_memory(std::uint64_t had_bytes, std::uint64_t bytes);
// From lock-down on: no file grows.
Result<> forbid_file_growth();

}  // namespace parallax
