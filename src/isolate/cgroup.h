// Cgroup: limits on memory, CPU, threads and cores of one stage, where the kernel lets us set them.
//
// Version 2 where its controllers are ours to use, else version 1, else none: then the caller has
// rlimits. One group for each stage, made by the fork server below its own and named after it, so
// that a successor finds and removes what a killed one left behind.
//
// Threads: one thread at a time. Lifetime: remove() or the destructor takes the groups away; they
// must be empty by then.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

// Where groups can be made: the folder of this process in each hierarchy that has the controller.
struct CgroupPlaces {
    std::string memory;  // Empty: that controller cannot be had.
    std::string cpu;
    std::string pids;
    std::string cpuset;
    int version = 0;  // 0 when there is none.

    // Looks at the mounts, and tries whether a group can be made: root of a container often may
    // not.
    static CgroupPlaces find();
};

class Cgroup {
  public:
    // Groups for what `limits` asks for and the places offer; without any it is empty.
    static Result<Cgroup> create(const CgroupPlaces& places, std::string_view name,
                                 const SandboxLimits& limits);
    Cgroup() = default;
    Cgroup(Cgroup&& other) noexcept : folders_(std::move(other.folders_)) {
        other.folders_.clear();
    }
    Cgroup& operator=(Cgroup&& other) noexcept {
        std::swap(folders_, other.folders_);
        return *this;
    }
    ~Cgroup() { remove(); }

    // These cores and no others, for who is added later: what is in it cannot leave them, whatever
    // it may ask the kernel. Without the controller Errc::lacking, and nothing has changed.
    Result<> hold_cores(const CgroupPlaces& places, std::string_view name,
                        std::span<const int> cores);
    Result<> add(pid_t process) const;
    bool oom_killed() const;
    void remove();

  private:
    Result<bool> make_folder(const std::string& folder);

    std::vector<std::string> folders_;
};

// "parallax-SERVER-": groups of fork servers that are no more are removed, if they are empty.
std::string cgroup_name(pid_t server, std::uint64_t id);
void sweep_cgroups(const CgroupPlaces& places);

}  // namespace parallax
