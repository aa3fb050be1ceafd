#include "isolate/privileges.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <linux/securebits.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/sanitized.h"
#include "parallax/fd.h"

namespace parallax {
namespace {

constexpr rlim_t kDescriptors = 1024;
constexpr unsigned kSecureBits = SECBIT_NOROOT | SECBIT_NOROOT_LOCKED | SECBIT_NO_SETUID_FIXUP |
                                 SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NO_CAP_AMBIENT_RAISE |
                                 SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED;

Result<> limit(__rlimit_resource resource, rlim_t value, const char* name) {
    // Never raise what was already lower.
    rlimit now{};
    if (::getrlimit(resource, &now) != 0) return fail_errno(name);
    const rlim_t lower = std::min(value, now.rlim_max);
    const rlimit wanted{lower, lower};
    if (::setrlimit(resource, &wanted) != 0) return fail_errno(name);
    return {};
}

}  // namespace

Result<> drop_capabilities() {
    if (::prctl(PR_SET_SECUREBITS, kSecureBits, 0, 0, 0) != 0 && errno != EPERM) {
        return fail_errno("PR_SET_SECUREBITS");
    }
    for (unsigned capability = 0; capability < 64; ++capability) {
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) continue;
        if (errno == EINVAL) break;  // The kernel knows no more of them.
        if (errno != EPERM) return fail_errno("PR_CAPBSET_DROP");
    }
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    __user_cap_data_struct none[2] = {};
    if (::syscall(SYS_capset, &header, none) != 0) return fail_errno("capset");
    return {};
}

Result<> set_no_new_privs() {
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return fail_errno("PR_SET_NO_NEW_PRIVS");
    return {};
}

Result<> die_with_parent() {
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return fail_errno("PR_SET_PDEATHSIG");
    return {};
}

Result<> close_all_but(std::span<const int> keep) {
    std::vector<unsigned> kept(keep.begin(), keep.end());
    std::ranges::sort(kept);
    unsigned next = 3;
    for (const unsigned fd : kept) {
        if (fd < next) continue;
        if (fd > next && ::close_range(next, fd - 1, 0) != 0) return fail_errno("close_range");
        next = fd + 1;
    }
    if (::close_range(next, ~0U, 0) != 0) return fail_errno("close_range");
    return {};
}

Result<> set_resource_limits(const SandboxLimits& limits) {
    PX_TRY(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
    PX_TRY(limit(RLIMIT_NOFILE, kDescriptors, "RLIMIT_NOFILE"));
    PX_TRY(limit(RLIMIT_MSGQUEUE, 0, "RLIMIT_MSGQUEUE"));
    PX_TRY(limit(RLIMIT_MEMLOCK, 0, "RLIMIT_MEMLOCK"));
    PX_TRY(limit(RLIMIT_SIGPENDING, 256, "RLIMIT_SIGPENDING"));
    return limit(RLIMIT_NPROC, limits.pids_max, "RLIMIT_NPROC");
}

Result<> forbid_raising() {
    PX_TRY(limit(RLIMIT_RTPRIO, 0, "RLIMIT_RTPRIO"));
    return limit(RLIMIT_NICE, 0, "RLIMIT_NICE");
}

std::uint64_t private_bytes() {
    const UniqueFd fd(::open("/proc/self/statm", O_RDONLY | O_CLOEXEC));
    char text[128] = {};
    if (!fd || ::read(fd.get(), text, sizeof text - 1) <= 0) return 0;
    unsigned long data = 0;
    // size resident shared text lib data dt, in pages.
    if (std::sscanf(text, "%*u %*u %*u %*u %*u %lu", &data) != 1) return 0;  // NOLINT(cert-err34-c)
    return std::uint64_t{data} * 4096;
}

Result<> limit_private_memory(std::uint64_t had_bytes, std::uint64_t bytes) {
    if (kSanitized) return {};  // Their shadow memory is far larger than any sensible limit.
    return limit(RLIMIT_DATA, had_bytes + bytes, "RLIMIT_DATA");
}

Result<> forbid_file_growth() { return limit(RLIMIT_FSIZE, 0, "RLIMIT_FSIZE"); }

}  // namespace parallax
