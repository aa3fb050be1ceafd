// namespaces: what a stage's process no longer shares with the machine, and as whom it runs.
//
// The fork server asks for all of them in one clone3. The network is not among them: an empty one
// is made once, by the fork server for itself, and its children are born into it, because network
// namespaces are slow to take down. Users: a fork server run by root gives its children nobody's
// ids; one run by an ordinary user can only give its own.
//
// Threads: each function changes the calling process, which has one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "parallax/result.h"

namespace parallax {

// As flags of clone3: user, mount, pid, ipc, uts, cgroup.
std::uint64_t stage_namespaces();

struct NamespaceName {
    std::uint64_t flag;
    std::string_view name;  // "user-namespace"
};
std::vector<NamespaceName> namespace_names();

struct StageIdentity {
    uid_t uid = 0;  // As the machine sees them.
    gid_t gid = 0;
    bool other_than_ours = false;
};

// Nobody, for root; but root itself, without a capability, where granted files are root's own.
StageIdentity stage_identity(bool opens_granted_files);

// In the fork server: what the child's ids mean outside. Only the parent can write it.
Result<> map_identity(pid_t child, const StageIdentity& identity);

// In the child: becomes that user, and drops supplementary groups where it may.
Result<> take_identity(const StageIdentity& identity, bool in_user_namespace);

// In the fork server, once: an empty network for itself and every child, owned by nobody of them.
Result<> leave_network();

// In the child: a host name that tells nothing.
Result<> hide_host_name();

}  // namespace parallax
