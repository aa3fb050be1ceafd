// Limits: how much of a machine the kernel lets this process have, now.
//
// The affinity of the calling thread (in which a cpuset shows already), the quotas of all cgroups
// above, version 1 and 2, and the resource limits that matter here. Sources: cgroups(7),
// Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/ of Linux, proc_pid_mountinfo(5).
//
// Threads: plain values and pure functions of the files they read.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace parallax {

struct Limits {
    std::vector<int> cpus = {};            // That this thread may run on; the kernel's numbers.
    std::optional<double> cpu_quota = {};  // Cores' worth of time.
    std::optional<std::uint64_t> memory_bytes = {};
    std::optional<std::uint64_t> pids = {};          // Threads and processes of the cgroup.
    std::optional<std::uint64_t> locked_bytes = {};  // RLIMIT_MEMLOCK
    std::optional<std::uint64_t> open_files = {};    // RLIMIT_NOFILE, the soft one.
    std::uint64_t realtime_priority = 0;             // RLIMIT_RTPRIO; 0: none without CAP_SYS_NICE.
    int cgroup_version = 0;  // Of the hierarchies that quotas were looked for in; 1 where both.

    bool operator==(const Limits&) const = default;
};

// What does not apply is left out. `root` stands before every path that is read, for tests.
Limits read_cgroup_limits(const std::string& root = {});

// read_cgroup_limits(), and what system calls tell.
Limits read_limits();

}  // namespace parallax
