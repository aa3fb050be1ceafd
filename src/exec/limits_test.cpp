#include "exec/limits.h"

#include <filesystem>
#include <fstream>
#include <thread>

#include <sched.h>
#include <sys/resource.h>

#include <doctest/doctest.h>

#include "support/temp_folder.h"

namespace parallax {
namespace {

// A tree of files as /proc and /sys would show them.
class Tree {
  public:
    Tree& put(const std::string& path, const std::string& text) {
        const std::filesystem::path file = folder_.path() + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
        return *this;
    }
    Limits limits() const { return read_cgroup_limits(folder_.path()); }

  private:
    TempFolder folder_;
};

constexpr const char* kVersion2 =
    "24 1 0:22 / /proc rw - proc proc rw\n"
    "31 23 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

TEST_CASE("limits: where there are no cgroups nothing is limited") {
    CHECK(Tree().limits() == Limits{});
    CHECK(Tree().put("/proc/self/mountinfo", "garbage\n\n - \n").limits() == Limits{});
}

TEST_CASE("limits: of all cgroups above, the tightest counts, for each kind of limit alone") {
    Tree tree;
    tree.put("/proc/self/mountinfo", kVersion2)
        .put("/proc/self/cgroup", "0::/user.slice/app\n")
        .put("/sys/fs/cgroup/user.slice/app/cpu.max", "150000 100000\n")
        .put("/sys/fs/cgroup/user.slice/app/memory.max", "max\n")
        .put("/sys/fs/cgroup/user.slice/app/pids.max", "64\n")
        .put("/sys/fs/cgroup/user.slice/cpu.max", "max 100000\n")
        .put("/sys/fs/cgroup/user.slice/memory.max", "536870912\n")
        .put("/sys/fs/cgroup/user.slice/pids.max", "4096\n");
    const Limits limits = tree.limits();
    CHECK(limits.cpu_quota == 1.5);
    CHECK(limits.memory_bytes == 512U << 20);
    CHECK(limits.pids == 64);
    CHECK(limits.cgroup_version == 2);
    // A tighter one above wins.
    tree.put("/sys/fs/cgroup/user.slice/cpu.max", "50000 100000\n");
    CHECK(tree.limits().cpu_quota == 0.5);
}

TEST_CASE("limits: version 1 has a hierarchy for each controller, and huge numbers for none") {
    Tree tree;
    tree.put("/proc/self/mountinfo",
             "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
             "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
             "39 31 0:36 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
             "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n")
        .put("/proc/self/cgroup",
             "9:name=systemd:/elsewhere\n8:pids:/\n4:memory:/box\n1:cpu,cpuacct:/box/inner\n0::/\n")
        .put("/sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_quota_us", "-1\n")
        .put("/sys/fs/cgroup/cpu,cpuacct/box/inner/cpu.cfs_period_us", "100000\n")
        .put("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "9223372036854771712\n");
    CHECK(tree.limits() == Limits{.cgroup_version = 1});
    tree.put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_quota_us", "25000\n")
        .put("/sys/fs/cgroup/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n")
        .put("/sys/fs/cgroup/memory/box/memory.limit_in_bytes", "1048576\n")
        .put("/sys/fs/cgroup/pids/pids.max", "10\n");
    const Limits limits = tree.limits();
    CHECK(limits.cpu_quota == 0.25);
    CHECK(limits.memory_bytes == 1U << 20);
    CHECK(limits.pids == 10);
}

TEST_CASE("limits: in a container the mount shows a part of the tree, however the path is told") {
    // As Docker without a namespace of cgroups has it: both tell of the outer tree.
    Tree tree;
    tree.put("/proc/self/mountinfo",
             "31 23 0:27 /docker/abc /sys/fs/cgroup ro - cgroup2 cgroup rw\n")
        .put("/proc/self/cgroup", "0::/docker/abc/inner\n")
        .put("/sys/fs/cgroup/inner/pids.max", "7\n")
        .put("/sys/fs/cgroup/memory.max", "4096\n");
    CHECK(tree.limits().pids == 7);
    CHECK(tree.limits().memory_bytes == 4096);
    // Neighbours with a longer name, and paths out of the tree, are not ours.
    for (const char* path :
         {"0::/docker/abcdef/inner\n", "0::/../other\n", "0::/docker/abc/../x\n"}) {
        CAPTURE(std::string(path));
        tree.put("/proc/self/cgroup", path);
        CHECK_FALSE(tree.limits().pids);
        CHECK(tree.limits().memory_bytes == 4096);
    }
}

TEST_CASE("limits: what is no number sets no limit") {
    Tree tree;
    tree.put("/proc/self/mountinfo", kVersion2).put("/proc/self/cgroup", "0::/\nx\n:\n\n");
    for (const char* text : {"", "max", "-1", "100000", "100000 0", "x y", " "}) {
        CAPTURE(std::string(text));
        tree.put("/sys/fs/cgroup/cpu.max", text);
        CHECK_FALSE(tree.limits().cpu_quota);
    }
}

TEST_CASE("limits: the affinity and resource limits are those of this thread") {
    std::thread([] {
        const Limits before = read_limits();
        REQUIRE_FALSE(before.cpus.empty());
        cpu_set_t one;
        CPU_ZERO(&one);
        CPU_SET(static_cast<std::size_t>(before.cpus.back()), &one);
        REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
        CHECK(read_limits().cpus == std::vector{before.cpus.back()});
    }).join();
    struct rlimit files{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &files) == 0);
    if (files.rlim_cur != RLIM_INFINITY) CHECK(read_limits().open_files == files.rlim_cur);
}

}  // namespace
}  // namespace parallax
