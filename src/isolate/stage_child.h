// stage_child: the first millisecond of a sandboxed child, from clone to StageEntry::run().
//
// The order matters: grants are taken hold of while they can be seen, the user changes before the
// root does, capabilities go once nothing needs them, and the filter comes last, just before code
// that nobody trusts. Its cores are the fork server's to set, before it says go; no filter lets the
// child set them itself, so that all threads it ever has keep to them. What happens is told to the
// fork server in one message, and then the socket to it is closed.
//
// A spare is born before anybody asks for it: it shuts itself into its empty root, gives up its
// rights, and waits for the request, so that what follows a crash is the shorter part. It serves
// those who are granted nothing of the file system, since it sees none of it any more.
//
// Threads: the calling process has one.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "isolate/namespaces.h"
#include "isolate/zygote.h"
#include "isolate/zygote_wire.h"

namespace parallax {

struct StageChild {
    zygote_wire::SpawnRequest request;
    std::vector<UniqueFd> fds;     // Crash page, standard error, then the stage's.
    UniqueFd server;               // Tells when to go; is told how it went.
    std::uint64_t namespaces = 0;  // Those it was born into.
    StageIdentity identity;
    bool memory_in_cgroup = false;
    sigset_t signals;  // Blocked ones, as the fork server found them.
};

// Never returns: ends with run()'s answer, or with 125 when the sandbox cannot be had.
[[noreturn]] void become_stage(StageChild child, StageEntry& entry);

// Whether a spare will do for it.
bool serves(const SandboxPolicy& policy);
// `child` without request and descriptors, which come by `child.server`. Never returns either; ends
// without a word when it cannot be had: the long way says why.
[[noreturn]] void become_spare(StageChild child, StageEntry& entry);

}  // namespace parallax
