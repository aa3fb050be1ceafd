// What a resource group means to processes: its cores are those of every thread that a process ever
// has; its policy and nice value are those of the stage's thread and of what that one starts.
//
// The cores are set before the process runs anything (zygote_server.cpp). What is left is done to
// the thread from here, with the program's rights, for the process has given up its own.
#include <algorithm>
#include <cerrno>
#include <utility>

#include "exec/group_threads.h"
#include "isolate/supervisor_impl.h"
#include "isolate/thread_in.h"

namespace parallax {
namespace {

std::vector<int> in_order(std::vector<int> cores) {
    std::ranges::sort(cores);
    cores.erase(std::ranges::unique(cores).begin(), cores.end());
    return cores;
}

}  // namespace

const ResourceGroup::Options& Supervisor::group_of(const Remote& remote) const {
    return groups_.at(plan_.stages[remote.number].group);
}

// Of all that share the process; empty where one of them may use any.
std::vector<int> Supervisor::cores_of(const Crew& crew) const {
    std::vector<int> all;
    for (const Remote* remote : crew) {
        const std::vector<int>& cores = group_of(*remote).cores;
        if (cores.empty()) return {};
        all.insert(all.end(), cores.begin(), cores.end());
    }
    return in_order(std::move(all));
}

bool Supervisor::raised(const Crew& crew) const {
    using enum ResourceGroup::Policy;
    return std::ranges::any_of(crew, [&](const Remote* remote) {
        const ResourceGroup::Options& group = group_of(*remote);
        return group.nice < 0 || (group.policy != normal && group.policy != batch);
    });
}

// More than its process has already. A stand-in only ends what others began.
bool Supervisor::needs_place(const Remote& remote) const {
    if (remote.given_up) return false;
    const ResourceGroup::Options& group = group_of(remote);
    if (group.policy != ResourceGroup::Policy::normal || group.nice != 0) return true;
    return !group.cores.empty() && in_order(group.cores) != remote.incarnation->process->cores;
}

Result<Supervisor::Placed> Supervisor::place(const Remote& remote, std::uint64_t inner) const {
    if (!needs_place(remote)) return Placed::yes;
    const pid_t thread = thread_in(remote.incarnation->process->child.pid, inner);
    if (thread == 0) return Placed::no_such_thread;
    const ResourceGroup::Options& group = group_of(remote);
    errno = place_group_thread(thread, group);
    if (errno == ESRCH) return Placed::no_such_thread;
    if (errno == 0) return Placed::yes;
    Failure refused = fail_errno("resource group " + group.name + ": cannot set its thread up");
    if (policies_.at(remote.crew).limits.cpu_quota) {
        refused.error().hint = "a process with a CPU quota may get no real time from the kernel";
    }
    return refused;
}

// Once for all processes: what the fork server can do for one it can do for the others.
void Supervisor::tell_of_cores(const Crew& crew, const Child& child) {
    if (child.cores_held || cores_of(crew).empty()) return;
    if (std::exchange(told_of_cores_, true)) return;
    say(*crew.front(), Severity::info,
        "its cores are set, and no filter lets it leave them; a cgroup does not hold them, for "
        "none with a cpuset controller can be made here");
}

}  // namespace parallax
