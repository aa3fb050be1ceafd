// Attacks on processes, rights and namespaces. What they are run by: attacks_test.cpp.
#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/attacks.h"

namespace parallax {
namespace {

// A child ends at once; that there was one is what counts.
bool forked(long pid) {
    if (pid == 0) ::_exit(0);
    if (pid > 0) ::waitpid(static_cast<pid_t>(pid), nullptr, __WALL);
    return pid > 0;
}

bool clones(std::uint64_t flags) {
    clone_args args{};
    args.flags = flags;
    args.exit_signal = SIGCHLD;
    return forked(::syscall(SYS_clone3, &args, sizeof args));
}

bool old_clone(unsigned long flags) {
    return forked(::syscall(SYS_clone, flags | SIGCHLD, nullptr, nullptr, nullptr, nullptr));
}

PX_ATTACK("process: fork", works) { return forked(::syscall(SYS_fork)); }
PX_ATTACK("process: clone without a thread", works) { return old_clone(0); }
PX_ATTACK("process: clone3", works) { return clones(0); }
PX_ATTACK("process: clone of memory but no thread", unsafe) { return old_clone(CLONE_VM); }
PX_ATTACK("process: clone a thread into another namespace", unsafe) {
    return old_clone(CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_NEWUSER);
}
PX_ATTACK("process: execute a shell", unsafe) {
    std::array<char*, 1> none{nullptr};
    return ::execve("/bin/true", none.data(), none.data()) == 0;
}
PX_ATTACK("process: execute a memfd", unsafe) {
    std::array<char*, 1> none{nullptr};
    return ::syscall(SYS_execveat, target.input, "", none.data(), none.data(), AT_EMPTY_PATH) == 0;
}
PX_ATTACK("process: be traced", works) { return ::ptrace(PTRACE_TRACEME, 0, 0, 0) == 0; }
PX_ATTACK("process: trace the parent", unsafe) {
    return ::ptrace(PTRACE_SEIZE, ::getppid(), 0, 0) == 0;
}
PX_ATTACK("process: read another's memory", works) {
    std::array<char, 8> here{};
    std::array<char, 8> there{};
    const iovec to{here.data(), here.size()};
    const iovec from{there.data(), there.size()};
    return ::process_vm_readv(::getpid(), &to, 1, &from, 1, 0) > 0;
}
PX_ATTACK("process: write another's memory", works) {
    std::array<char, 8> here{};
    std::array<char, 8> there{};
    const iovec from{here.data(), here.size()};
    const iovec to{there.data(), there.size()};
    return ::process_vm_writev(::getpid(), &from, 1, &to, 1, 0) > 0;
}
PX_ATTACK("process: compare with another", works) {
    return ::syscall(SYS_kcmp, ::getpid(), ::getpid(), 0, 0, 0) >= 0;
}
PX_ATTACK("process: signal oneself by kill", works) { return ::kill(::getpid(), 0) == 0; }
PX_ATTACK("process: signal everyone", unsafe) { return ::kill(-1, 0) == 0; }
PX_ATTACK("process: signal the parent", unsafe) { return ::kill(::getppid(), 0) == 0; }
PX_ATTACK("process: signal process 2 by tgkill", works) {
    return ::syscall(SYS_tgkill, 2, 2, 0) == 0 ||
           ::syscall(SYS_tgkill, ::getppid(), ::getppid(), 0) == 0;
}
PX_ATTACK("process: queue a signal", works) {
    siginfo_t info{};
    info.si_code = SI_QUEUE;
    return ::syscall(SYS_rt_sigqueueinfo, ::getpid(), 0, &info) == 0;
}
PX_ATTACK("process: hold a process by pidfd", works) {
    return ::syscall(SYS_pidfd_open, ::getpid(), 0) >= 0;
}
PX_ATTACK("process: take a descriptor by pidfd", works) {
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
    return ::syscall(SYS_pidfd_getfd, pidfd, 1, 0) >= 0;
}
PX_ATTACK("process: signal by pidfd", works) {
    const auto pidfd = static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0));
    return ::syscall(SYS_pidfd_send_signal, pidfd, 0, nullptr, 0) == 0;
}
PX_ATTACK("process: nice below the others", as_root) {
    return ::setpriority(PRIO_PROCESS, 0, -5) == 0;
}
PX_ATTACK("process: real-time priority", as_root) {
    const sched_param one{.sched_priority = 1};
    return ::sched_setscheduler(0, SCHED_FIFO, &one) == 0;
}
PX_ATTACK("process: leave its cores", works) {
    cpu_set_t all;
    CPU_ZERO(&all);
    CPU_SET(0, &all);
    return ::sched_setaffinity(0, sizeof all, &all) == 0;
}
PX_ATTACK("process: raise its own limits", as_root) {
    const rlimit more{1500, 1500};
    return ::setrlimit(RLIMIT_NOFILE, &more) == 0;
}
PX_ATTACK("process: input and output priority", works) {
    return ::syscall(SYS_ioprio_set, 1, 0, 2 << 13) == 0;
}
PX_ATTACK("process: threads beyond the limit", unsafe) {
    // 200 where 64 are allowed. Each waits for ever; the process's end takes them along.
    int made = 0;
    for (int i = 0; i < 200; ++i) {
        constexpr std::size_t bytes = 64 << 10;
        void* stack =
            ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        const int tid = ::clone(
            [](void*) {
                for (;;)
                    ::syscall(SYS_nanosleep, &static_cast<const timespec&>(timespec{60, 0}),
                              nullptr);
                return 0;
            },
            static_cast<char*>(stack) + bytes,
            CLONE_VM | CLONE_THREAD | CLONE_SIGHAND | CLONE_FILES | CLONE_FS, nullptr);
        if (tid < 0) break;
        ++made;
    }
    return made >= 64;
}

PX_ATTACK("rights: become root", unsafe) { return ::setuid(0) == 0; }
PX_ATTACK("rights: change groups", as_root) { return ::setgroups(0, nullptr) == 0; }
PX_ATTACK("rights: take all capabilities", unsafe) {
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    std::array<__user_cap_data_struct, 2> all{{{~0U, ~0U, ~0U}, {~0U, ~0U, ~0U}}};
    return ::syscall(SYS_capset, &header, all.data()) == 0;
}
PX_ATTACK("rights: outlive the parent", works) { return ::prctl(PR_SET_PDEATHSIG, 0) == 0; }
PX_ATTACK("rights: be dumpable", works) { return ::prctl(PR_SET_DUMPABLE, 1) == 0; }
PX_ATTACK("rights: be a subreaper", works) { return ::prctl(PR_SET_CHILD_SUBREAPER, 1) == 0; }
PX_ATTACK("rights: another filter", works) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const sock_fprog program{1, &allow};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) == 0;
}
PX_ATTACK("rights: a listener on its own calls", as_root) {
    sock_filter allow{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};
    const sock_fprog program{1, &allow};
    return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
                     &program) >= 0;
}
PX_ATTACK("rights: another personality", works) {
    return ::syscall(SYS_personality, 0x0040000) >= 0;  // ADDR_NO_RANDOMIZE
}

PX_ATTACK("namespaces: a user namespace of its own", works) {
    return ::unshare(CLONE_NEWUSER) == 0;
}
PX_ATTACK("namespaces: a mount namespace of its own", as_root) {
    return ::unshare(CLONE_NEWNS) == 0;
}
PX_ATTACK("namespaces: a network of its own", as_root) { return ::unshare(CLONE_NEWNET) == 0; }
PX_ATTACK("namespaces: born into a user namespace", works) { return clones(CLONE_NEWUSER); }
PX_ATTACK("namespaces: born so by the old clone", works) { return old_clone(CLONE_NEWUSER); }
PX_ATTACK("namespaces: join that of process 1", unsafe) {
    const int fd = ::open("/proc/1/ns/net", O_RDONLY | O_CLOEXEC);
    return ::syscall(SYS_setns, fd, 0) == 0;
}
PX_ATTACK("namespaces: rename the host", unsafe) { return ::sethostname("mine", 4) == 0; }

PX_ATTACK("secrets: a variable of the supervisor", unsafe) {
    return ::getenv("PARALLAX_TEST_SECRET") != nullptr;
}

}  // namespace
}  // namespace parallax
