#include "isolate/seccomp_rules.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <memory>
#include <span>

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "base/sanitized.h"
#include "graph/near_word.h"

namespace parallax {
namespace {

using Names = std::span<const std::string_view>;
using Rules = std::vector<SyscallRule>;

// What is needed to run, to end and to report: taking one away breaks more than it protects.
constexpr auto kIndispensable = std::to_array<std::string_view>(
    {"read", "write", "close", "futex", "exit", "exit_group", "rt_sigreturn", "rt_sigprocmask",
     "rt_sigaction", "sigaltstack", "munmap", "brk", "recvmsg", "sendmsg"});

// Everything that threads, exceptions, waiting and descriptors at hand need; found by tracing.
constexpr auto kCompute = std::to_array<std::string_view>({"readv",
                                                           "writev",
                                                           "pread64",
                                                           "pwrite64",
                                                           "preadv",
                                                           "pwritev",
                                                           "recvfrom",
                                                           "sendto",
                                                           "poll",
                                                           "ppoll",
                                                           "epoll_create1",
                                                           "epoll_ctl",
                                                           "epoll_wait",
                                                           "epoll_pwait",
                                                           "eventfd2",
                                                           "futex_waitv",
                                                           "mremap",
                                                           "clock_gettime",
                                                           "clock_getres",
                                                           "clock_nanosleep",
                                                           "nanosleep",
                                                           "gettimeofday",
                                                           "time",
                                                           "gettid",
                                                           "getpid",
                                                           "getppid",
                                                           "getuid",
                                                           "geteuid",
                                                           "getgid",
                                                           "getegid",
                                                           "getrandom",
                                                           "getcpu",
                                                           "getrusage",
                                                           "sysinfo",
                                                           "uname",
                                                           "sched_yield",
                                                           "sched_getaffinity",
                                                           "set_robust_list",
                                                           "rseq",
                                                           "restart_syscall",
                                                           "newfstatat",
                                                           "fstat",
                                                           "lseek",
                                                           "timerfd_settime",
                                                           "timerfd_gettime",
                                                           "timerfd_create"});

constexpr auto kNetwork = std::to_array<std::string_view>({"bind", "listen", "accept", "accept4",
                                                           "connect", "getsockname", "getpeername",
                                                           "getsockopt", "setsockopt", "shutdown"});

constexpr auto kReadFiles = std::to_array<std::string_view>(
    {"stat", "lstat", "statx", "access", "faccessat", "faccessat2", "readlink", "readlinkat",
     "getdents64", "getcwd", "statfs", "fstatfs", "fadvise64", "readahead"});

constexpr auto kWriteFiles = std::to_array<std::string_view>(
    {"unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "ftruncate", "truncate",
     "fallocate", "fsync", "fdatasync", "sync_file_range", "fchown", "utimensat", "msync",
     "sendfile", "copy_file_range", "umask", "flock"});

// Loading a plugin, starting threads, restricting oneself.
constexpr auto kStartUp = std::to_array<std::string_view>({"mmap",
                                                           "mprotect",
                                                           "madvise",
                                                           "prctl",
                                                           "fcntl",
                                                           "prlimit64",
                                                           "getrlimit",
                                                           "setrlimit",
                                                           "open",
                                                           "openat",
                                                           "stat",
                                                           "lstat",
                                                           "statx",
                                                           "access",
                                                           "faccessat",
                                                           "faccessat2",
                                                           "readlink",
                                                           "readlinkat",
                                                           "getdents64",
                                                           "getcwd",
                                                           "statfs",
                                                           "fstatfs",
                                                           "seccomp",
                                                           "landlock_create_ruleset",
                                                           "landlock_add_rule",
                                                           "landlock_restrict_self",
                                                           "arch_prctl",
                                                           "set_tid_address",
                                                           "memfd_create",
                                                           "ftruncate",
                                                           "sched_getscheduler",
                                                           "sched_getparam",
                                                           "getpriority",
                                                           "mlock",
                                                           "munlock",
                                                           "membarrier",
                                                           "dup",
                                                           "dup2",
                                                           "dup3",
                                                           "pipe",
                                                           "pipe2",
                                                           "socketpair",
                                                           "close_range",
                                                           "capget",
                                                           "tgkill",
                                                           "fadvise64",
                                                           "signalfd4",
                                                           "getgroups"});

// Their only use in an element is to break out. Not even the crash handler gets a word.
constexpr auto kKill = std::to_array<std::string_view>({"ptrace",
                                                        "process_vm_readv",
                                                        "process_vm_writev",
                                                        "process_madvise",
                                                        "pidfd_getfd",
                                                        "kcmp",
                                                        "bpf",
                                                        "userfaultfd",
                                                        "perf_event_open",
                                                        "io_uring_setup",
                                                        "io_uring_enter",
                                                        "io_uring_register",
                                                        "add_key",
                                                        "request_key",
                                                        "keyctl",
                                                        "mount",
                                                        "umount2",
                                                        "pivot_root",
                                                        "chroot",
                                                        "open_tree",
                                                        "move_mount",
                                                        "fsopen",
                                                        "fsconfig",
                                                        "fsmount",
                                                        "fspick",
                                                        "mount_setattr",
                                                        "setns",
                                                        "unshare",
                                                        "execve",
                                                        "execveat",
                                                        "init_module",
                                                        "finit_module",
                                                        "delete_module",
                                                        "kexec_load",
                                                        "kexec_file_load",
                                                        "reboot",
                                                        "swapon",
                                                        "swapoff",
                                                        "iopl",
                                                        "ioperm",
                                                        "modify_ldt",
                                                        "name_to_handle_at",
                                                        "open_by_handle_at",
                                                        "acct",
                                                        "quotactl",
                                                        "settimeofday",
                                                        "clock_settime",
                                                        "clock_adjtime",
                                                        "adjtimex",
                                                        "syslog",
                                                        "vhangup",
                                                        "sethostname",
                                                        "setdomainname",
                                                        "personality",
                                                        "mknod",
                                                        "mknodat",
                                                        "nfsservctl",
                                                        "lookup_dcookie",
                                                        "memfd_secret",
                                                        "fanotify_init"});

struct SoftError {
    std::string_view name;
    int error;
};

// What libraries try and do without. ENOSYS where they fall back to an older call: anything else
// breaks every thread (clone3) or every open file (openat2).
constexpr auto kSoft = std::to_array<SoftError>({{"clone3", ENOSYS},
                                                 {"openat2", ENOSYS},
                                                 {"faccessat2", ENOSYS},
                                                 {"statx", ENOSYS},
                                                 {"pidfd_open", ENOSYS},
                                                 {"epoll_pwait2", ENOSYS},
                                                 {"close_range", ENOSYS},
                                                 {"membarrier", ENOSYS},
                                                 {"open", ENOENT},
                                                 {"openat", ENOENT},
                                                 {"creat", ENOENT},
                                                 {"stat", ENOENT},
                                                 {"lstat", ENOENT},
                                                 {"access", ENOENT},
                                                 {"faccessat", ENOENT},
                                                 {"readlink", ENOENT},
                                                 {"readlinkat", ENOENT},
                                                 {"statfs", ENOENT},
                                                 {"fstatfs", ENOSYS},
                                                 {"getcwd", ENOENT},
                                                 {"ioctl", ENOTTY},
                                                 {"fork", EPERM},
                                                 {"vfork", EPERM},
                                                 {"kill", EPERM},
                                                 {"tkill", EPERM},
                                                 {"rt_sigqueueinfo", EPERM},
                                                 {"rt_tgsigqueueinfo", EPERM},
                                                 {"pidfd_send_signal", EPERM},
                                                 {"setpriority", EPERM},
                                                 {"sched_setaffinity", EPERM},
                                                 {"sched_setscheduler", EPERM},
                                                 {"sched_setparam", EPERM},
                                                 {"sched_setattr", EPERM},
                                                 {"mlock", EPERM},
                                                 {"mlock2", EPERM},
                                                 {"mlockall", EPERM},
                                                 {"socket", EACCES},
                                                 {"socketpair", EACCES},
                                                 {"connect", EACCES},
                                                 {"bind", EACCES},
                                                 {"memfd_create", EPERM},
                                                 {"setrlimit", EPERM}});

// What the run-times of the sanitizers do behind the program's back.
constexpr auto kSanitizers = std::to_array<std::string_view>(
    {"pipe", "pipe2", "msync", "mincore", "readlink", "sched_setaffinity", "getrlimit", "madvise",
     "prctl", "tgkill", "dup"});

constexpr std::array kMadvice{MADV_NORMAL,   MADV_RANDOM, MADV_SEQUENTIAL,    MADV_WILLNEED,
                              MADV_DONTNEED, MADV_FREE,   MADV_HUGEPAGE,      MADV_NOHUGEPAGE,
                              MADV_DONTDUMP, MADV_COLD,   MADV_POPULATE_READ, MADV_POPULATE_WRITE};
// F_SETFL is not among them: it changes a description that others may share.
constexpr std::array kFcntl{F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_GET_SEALS};
constexpr std::array kFileLocks{F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK, F_OFD_SETLKW};
constexpr std::array kFamilies{AF_UNIX, AF_INET, AF_INET6};

// CLONE_NEWTIME shares its bit with the exit signal of the old call, which cannot make one.
constexpr std::uint64_t kThreadFlags = CLONE_VM | CLONE_THREAD | CLONE_SIGHAND;
constexpr std::uint64_t kForeignFlags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                        CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET |
                                        CLONE_PTRACE | CLONE_PARENT;
constexpr std::uint64_t kWriteFlags = O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY);
constexpr std::uint64_t kSetIdBits = S_ISUID | S_ISGID | S_ISVTX;

ArgumentRule is(unsigned index, std::uint64_t value) { return {.index = index, .value = value}; }

ArgumentRule bits(unsigned index, std::uint64_t mask, std::uint64_t value) {
    return {.index = index, .test = ArgumentTest::masked_equal, .value = value, .mask = mask};
}

// Collects rules; a call that was decided once without conditions is not decided again.
class Builder {
  public:
    void allow(Names names) {
        for (const std::string_view name : names) add(name, SyscallAction::allow, 0, {});
    }
    void allow_if(std::string_view name, std::vector<ArgumentRule> arguments) {
        add(name, SyscallAction::allow, 0, std::move(arguments));
    }
    void refuse(std::string_view name, int error, std::vector<ArgumentRule> arguments = {}) {
        add(name, SyscallAction::error, error, std::move(arguments));
    }
    void kill(Names names) {
        for (const std::string_view name : names) add(name, SyscallAction::kill, 0, {});
    }
    bool decided(std::string_view name) const {
        return std::ranges::find(rules_, name, &SyscallRule::name) != rules_.end();
    }
    Result<Rules> finish(const SandboxPolicy& policy) && {
        std::erase_if(rules_, [&](const SyscallRule& rule) {
            return std::ranges::find(policy.deny, rule.name) != policy.deny.end();
        });
        for (SyscallRule& rule : rules_) rule.number = PX_TRY(syscall_number(rule.name));
        return std::move(rules_);
    }

  private:
    void add(std::string_view name, SyscallAction action, int error,
             std::vector<ArgumentRule> arguments) {
        const bool whole = std::ranges::any_of(rules_, [&](const SyscallRule& rule) {
            return rule.name == name && rule.arguments.empty();
        });
        if (!whole) rules_.push_back({std::string(name), -1, action, error, std::move(arguments)});
    }

    Rules rules_;
};

void add_memory(Builder& rules) {
    for (const std::string_view name : {"mmap", "mprotect"}) {
        rules.allow_if(name, {bits(2, PROT_EXEC, 0)});
        rules.refuse(name, EACCES, {bits(2, PROT_EXEC, PROT_EXEC)});
    }
    for (const int advice : kMadvice) {
        rules.allow_if("madvise", {is(2, static_cast<std::uint64_t>(advice))});
    }
}

void add_threads(Builder& rules) {
    rules.allow_if("clone", {bits(0, kThreadFlags | kForeignFlags, kThreadFlags)});
    rules.refuse("clone", EPERM, {bits(0, CLONE_THREAD, 0)});
    // As the first of its pid namespace a stage is process 1, and sees no other.
    rules.allow_if("tgkill", {is(0, 1)});
    rules.allow_if("prctl", {is(0, PR_SET_NAME)});
    rules.allow_if("prctl", {is(0, PR_GET_NAME)});
    ArgumentRule reads{.index = 2, .test = ArgumentTest::equal, .wide = true};
    rules.allow_if("prlimit64", {reads});
    reads.test = ArgumentTest::not_equal;
    rules.refuse("prlimit64", EPERM, {reads});
}

void add_descriptors(Builder& rules, bool files) {
    for (const int command : kFcntl) {
        rules.allow_if("fcntl", {is(1, static_cast<std::uint64_t>(command))});
    }
    if (!files) return;
    for (const int command : kFileLocks) {
        rules.allow_if("fcntl", {is(1, static_cast<std::uint64_t>(command))});
    }
}

void add_sockets(Builder& rules) {
    for (const int family : kFamilies) {
        rules.allow_if("socket", {is(0, static_cast<std::uint64_t>(family))});
    }
    rules.allow_if("socketpair", {is(0, AF_UNIX)});
    rules.allow(kNetwork);
}

void add_files(Builder& rules, bool writes) {
    rules.allow(kReadFiles);
    if (!writes) {
        rules.allow_if("open", {bits(1, kWriteFlags, O_RDONLY)});
        rules.allow_if("openat", {bits(2, kWriteFlags, O_RDONLY)});
        // Anything else is a write: O_WRONLY, O_RDWR or making a file.
        for (const int flag : {O_WRONLY, O_RDWR, O_CREAT, O_TRUNC}) {
            const auto bit = static_cast<std::uint64_t>(flag);
            rules.refuse("open", EROFS, {bits(1, bit, bit)});
            rules.refuse("openat", EROFS, {bits(2, bit, bit)});
        }
        return;
    }
    rules.allow(kWriteFiles);
    // A file with the set-user-id bit of the caller's owner would outlive the sandbox.
    rules.allow_if("open", {bits(2, kSetIdBits, 0)});
    rules.allow_if("openat", {bits(3, kSetIdBits, 0)});
    rules.allow_if("creat", {bits(1, kSetIdBits, 0)});
    rules.allow_if("mkdir", {bits(1, kSetIdBits, 0)});
    rules.allow_if("mkdirat", {bits(2, kSetIdBits, 0)});
    rules.allow_if("chmod", {bits(1, kSetIdBits, 0)});
    rules.allow_if("fchmod", {bits(1, kSetIdBits, 0)});
    rules.allow_if("fchmodat", {bits(2, kSetIdBits, 0)});
}

void add_preset(Builder& rules, const SandboxPolicy& policy) {
    rules.allow(kIndispensable);
    rules.allow(kCompute);
    for (const std::string& name : policy.allow) rules.allow_if(name, {});
    if (kSanitized) rules.allow(kSanitizers);
    add_memory(rules);
    add_threads(rules);
    add_descriptors(rules, policy.needs_files());
    if (policy.needs_sockets()) add_sockets(rules);
    if (policy.needs_files()) add_files(rules, policy.writes_files());
    if (!policy.grants.device_paths.empty()) rules.allow_if("ioctl", {});
}

struct NewCall {
    std::string_view name;
    int number;
};
// Younger than the tables of libseccomp 2.5.4, or unknown to them.
constexpr auto kNewer = std::to_array<NewCall>({{"futex_waitv", 449},
                                                {"set_mempolicy_home_node", 450},
                                                {"cachestat", 451},
                                                {"fchmodat2", 452},
                                                {"map_shadow_stack", 453},
                                                {"futex_wake", 454},
                                                {"futex_wait", 455},
                                                {"futex_requeue", 456},
                                                {"mseal", 462}});

bool contains(Names names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
}

}  // namespace

Result<std::vector<SyscallRule>> syscall_rules(const SandboxPolicy& policy, FilterPhase phase) {
    PX_TRY(check_policy(policy));
    Builder rules;
    rules.kill(kKill);
    if (phase == FilterPhase::start_up) rules.allow(kStartUp);
    add_preset(rules, policy);
    for (const SoftError& soft : kSoft) {
        if (!rules.decided(soft.name)) rules.refuse(soft.name, soft.error);
    }
    return std::move(rules).finish(policy);
}

Result<int> syscall_number(std::string_view name) {
    for (const NewCall& call : kNewer) {
        if (call.name == name) return call.number;
    }
    const int number =
        seccomp_syscall_resolve_name_arch(SCMP_ARCH_X86_64, std::string(name).c_str());
    if (number >= 0) return number;
    std::vector<std::string_view> known;
    for (const Names names : {Names(kIndispensable), Names(kCompute), Names(kNetwork),
                              Names(kReadFiles), Names(kWriteFiles), Names(kStartUp)}) {
        known.insert(known.end(), names.begin(), names.end());
    }
    const auto near = nearest_word(name, known);
    return fail(Errc::invalid_argument, "no system call of x86-64 is called " + std::string(name),
                near ? "did you mean " + std::string(*near) + "?" : "man 2 syscalls lists them");
}

std::string syscall_name(int number) {
    for (const NewCall& call : kNewer) {
        if (call.number == number) return std::string(call.name);
    }
    struct Free {
        void operator()(char* text) const { std::free(text); }
    };
    const std::unique_ptr<char, Free> name(
        seccomp_syscall_resolve_num_arch(SCMP_ARCH_X86_64, number));
    return name ? std::string(name.get()) : "system call " + std::to_string(number);
}

bool never_allowed(std::string_view name) { return contains(kKill, name); }

bool indispensable(std::string_view name) { return contains(kIndispensable, name); }

}  // namespace parallax
