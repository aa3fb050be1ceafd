// landlock: which files and TCP ports this process and its threads may use, held by the kernel.
//
// The second wall behind the empty root and the system-call filter. It also keeps signals and
// abstract sockets inside where the kernel knows how (ABI 6). Raw system calls: no library.
//
// Threads: restricts the calling thread and those it starts; install it before there are others.
#pragma once

#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

// 0 where the kernel has none.
int landlock_abi();

enum class LandlockPhase : std::uint8_t { start_up, final };  // With load_paths, and without.

// Needs no_new_privs. Grants are opened by name: call it inside the root that shows them.
Result<> restrict_by_landlock(const SandboxPolicy& policy, LandlockPhase phase);

}  // namespace parallax
