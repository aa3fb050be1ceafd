#include "isolate/sandbox_probe.h"

#include <cerrno>
#include <cstring>
#include <functional>

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "isolate/cgroup.h"
#include "isolate/empty_root.h"
#include "isolate/landlock.h"
#include "isolate/namespaces.h"
#include "isolate/privileges.h"
#include "isolate/seccomp_filter.h"

namespace parallax {
namespace {

// A child's errno comes back as its exit code: those that matter here are below 125.
constexpr int kNoReason = 126;

int worked(bool good) { return good ? 0 : (errno > 0 && errno < kNoReason ? errno : kNoReason); }
int worked(const Result<>& done) { return worked(done.has_value()); }

// 0, or the errno of what failed in a child of its own.
int in_child(const std::function<int()>& attempt) {
    const pid_t child = ::fork();
    if (child < 0) return errno;
    if (child == 0) ::_exit(attempt());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : kNoReason;
}

std::string reason(int error) {
    if (error == kNoReason) return "it failed without a reason";
    const char* text = ::strerrordesc_np(error);
    return text != nullptr ? text : "error " + std::to_string(error);
}

SandboxFacility facility(std::string name, int error, std::string detail = {}) {
    return {.name = std::move(name),
            .available = error == 0,
            .required = true,
            .detail = error == 0 ? std::move(detail) : reason(error)};
}

bool write_own(const char* path, const std::string& text) {
    const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) > 0;
}

// The way the fork server makes one, but that the child maps its own user.
int enter_an_empty_root() {
    const std::string uid = std::to_string(::geteuid());
    const std::string gid = std::to_string(::getegid());
    if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return worked(false);
    if (!write_own("/proc/self/uid_map", uid + " " + uid + " 1") ||
        !write_own("/proc/self/setgroups", "deny") ||
        !write_own("/proc/self/gid_map", gid + " " + gid + " 1")) {
        return worked(false);
    }
    auto root = EmptyRoot::gather({.read_paths = {"/usr"}});
    if (!root) return worked(false);
    if (!std::move(*root).enter()) return worked(false);
    // And it is what it should be.
    const bool empty = ::access("/etc", F_OK) != 0 && ::access("/usr", F_OK) == 0 &&
                       ::mkdir("/x", 0700) != 0 && errno == EROFS;
    return empty ? 0 : kNoReason;
}

int install_a_filter() {
    const auto rules = syscall_rules({}, FilterPhase::final);
    if (!rules) return kNoReason;
    const auto filter = SeccompFilter::compile(*rules);
    if (!filter) return kNoReason;
    if (!set_no_new_privs() || !filter->install()) return worked(false);
    errno = 0;
    return ::open("/", O_RDONLY | O_CLOEXEC) < 0 && errno == ENOENT ? 0 : kNoReason;
}

int restrict_by_it() {
    if (!set_no_new_privs()) return worked(false);
    errno = 0;
    if (!restrict_by_landlock({}, LandlockPhase::final)) return worked(false);
    return ::open("/usr", O_RDONLY | O_CLOEXEC) < 0 && errno == EACCES ? 0 : kNoReason;
}

int seal_against_writing() {
    const UniqueFd fd(::memfd_create("probe", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd || ::ftruncate(fd.get(), 4096) != 0) return worked(false);
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK) != 0) {
        return worked(false);
    }
    void* page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    return page == MAP_FAILED ? 0 : kNoReason;
}

void add_cgroup(std::vector<SandboxFacility>& all, const std::string& name,
                const std::string& place, int version) {
    all.push_back({.name = "cgroup-" + name,
                   .available = !place.empty(),
                   .required = false,
                   .detail = place.empty() ? "no group with this controller can be made"
                                           : "version " + std::to_string(version) + ", " + place});
}

}  // namespace

std::vector<SandboxFacility> probe_sandbox() {
    std::vector<SandboxFacility> all;
    for (const NamespaceName& name : namespace_names()) {
        all.push_back(facility(std::string(name.name), in_child([&] {
                                   const auto flags = CLONE_NEWUSER | name.flag;
                                   return worked(::unshare(static_cast<int>(flags)) == 0);
                               })));
    }
    all.push_back(facility("network-namespace", in_child([] { return worked(leave_network()); })));
    all.push_back(facility("empty-root", in_child(enter_an_empty_root)));
    all.push_back(
        facility("landlock", in_child(restrict_by_it), "ABI " + std::to_string(landlock_abi())));
    all.push_back(facility("seccomp", in_child(install_a_filter)));
    all.push_back(
        facility("no-capabilities", in_child([] { return worked(drop_capabilities()); })));
    all.push_back(facility(
        "pidfd", in_child([] { return worked(::syscall(SYS_pidfd_open, ::getpid(), 0) >= 0); })));
    all.push_back(facility("sealed-memory", in_child(seal_against_writing)));
    all.push_back({.name = "another-user",
                   .available = ::geteuid() == 0,
                   .required = false,
                   .detail = ::geteuid() == 0 ? "nobody" : "stages keep the caller's user id"});
    const CgroupPlaces places = CgroupPlaces::find();
    add_cgroup(all, "memory", places.memory, places.version);
    add_cgroup(all, "cpu", places.cpu, places.version);
    add_cgroup(all, "pids", places.pids, places.version);
    return all;
}

}  // namespace parallax
