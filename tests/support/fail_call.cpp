// fail_call N PROGRAM…: runs it and all of its processes; the N-th system call of theirs that asks
// the kernel for something it may not have (memory, a descriptor, a process, a mapping, a layer of
// a sandbox) is not made, and fails as if there were none. N = 0 only counts.
//
//     fail_call 0 parallax-launch "fakesrc num-buffers=5 ! identity isolate=process ! fakesink"
//     412 calls                                          on standard error, with what each was
//
// What the dynamic loader does before main() is not counted: its failures are not the program's. It
// is over for Parallax at the first question for RLIMIT_NOFILE or the first message that is
// awaited.
//
// With --kill M the first process that has put on its second seccomp filter, which is a stage that
// has locked itself down, is killed M system calls later: so restarts have failures as well.
//
// Exits as the program does, or with 128 + signal. Needs the right to trace: root, or no Yama.
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <string_view>

#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct Fallible {
    long call;
    const char* name;
    int error;
};

// Not brk: glibc 2.36 itself crashes where it fails once (docs/upstream.md). fail_malloc.c refuses
// memory above it.
constexpr Fallible kFallible[] = {{SYS_memfd_create, "memfd_create", EMFILE},
                                  {SYS_ftruncate, "ftruncate", ENOSPC},
                                  {SYS_fallocate, "fallocate", ENOSPC},
                                  {SYS_mmap, "mmap", ENOMEM},
                                  {SYS_mprotect, "mprotect", ENOMEM},
                                  {SYS_openat, "openat", EMFILE},
                                  {SYS_socket, "socket", EMFILE},
                                  {SYS_socketpair, "socketpair", ENFILE},
                                  {SYS_pipe2, "pipe2", EMFILE},
                                  {SYS_eventfd2, "eventfd2", EMFILE},
                                  {SYS_epoll_create1, "epoll_create1", EMFILE},
                                  {SYS_epoll_ctl, "epoll_ctl", ENOSPC},
                                  {SYS_timerfd_create, "timerfd_create", EMFILE},
                                  {SYS_fcntl, "fcntl", EMFILE},
                                  {SYS_dup, "dup", EMFILE},
                                  {SYS_dup2, "dup2", EMFILE},
                                  {SYS_clone, "clone", EAGAIN},
                                  {SYS_clone3, "clone3", EAGAIN},
                                  {SYS_vfork, "vfork", EAGAIN},
                                  {SYS_fork, "fork", EAGAIN},
                                  {SYS_pidfd_open, "pidfd_open", EMFILE},
                                  {SYS_sendmsg, "sendmsg", ENOBUFS},
                                  {SYS_mount, "mount", ENOMEM},
                                  {SYS_pivot_root, "pivot_root", ENOMEM},
                                  {SYS_umount2, "umount2", ENOMEM},
                                  {SYS_seccomp, "seccomp", ENOMEM},
                                  {SYS_landlock_create_ruleset, "landlock_create_ruleset", ENOMEM},
                                  {SYS_landlock_add_rule, "landlock_add_rule", ENOMEM},
                                  {SYS_landlock_restrict_self, "landlock_restrict_self", E2BIG},
                                  {SYS_prlimit64, "prlimit64", EPERM},
                                  {SYS_mkdir, "mkdir", ENOSPC},
                                  {SYS_mkdirat, "mkdirat", ENOSPC},
                                  {SYS_write, "write", ENOSPC},
                                  {SYS_pwrite64, "pwrite64", ENOSPC},
                                  {SYS_rename, "rename", ENOSPC},
                                  {SYS_renameat2, "renameat2", ENOSPC},
                                  {SYS_linkat, "linkat", ENOSPC}};

const Fallible* fallible(std::uint64_t call) {
    for (const Fallible& each : kFallible) {
        if (static_cast<std::uint64_t>(each.call) == call) return &each;
    }
    return nullptr;
}

// What a program of any kind says on its standard error is not what is tested here.
bool is_talk(std::uint64_t call, std::uint64_t first_argument) {
    return call == SYS_write && first_argument <= 2;
}

class Tracer {
  public:
    Tracer(long fail_at, long kill_after) : fail_at_(fail_at), kill_after_(kill_after) {}

    int run(char** command) {
        const pid_t first = start(command);
        if (first < 0) return 125;
        int code = 0;
        for (;;) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, __WALL);
            if (pid < 0 && errno == EINTR) continue;
            if (pid < 0) break;  // None is left.
            if (WIFSTOPPED(status)) {
                on_stop(pid, status);
                continue;
            }
            if (pid == first)
                code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            failing_.erase(pid);
        }
        std::fprintf(stderr, "%ld calls\n", seen_);
        return code;
    }

  private:
    static pid_t start(char** command) {
        const pid_t pid = ::fork();
        if (pid == 0) {
            ::raise(SIGSTOP);
            ::execvp(command[0], command);
            ::_exit(127);
        }
        int status = 0;
        ::waitpid(pid, &status, WUNTRACED);
        constexpr long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                                  PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
        if (::ptrace(PTRACE_SEIZE, pid, nullptr, kOptions) != 0) {
            std::perror("fail_call: ptrace");
            ::kill(pid, SIGKILL);
            return -1;
        }
        ::kill(pid, SIGCONT);
        return pid;
    }

    void on_stop(pid_t pid, int status) {
        const int event = status >> 16;
        const int signal = WSTOPSIG(status);
        long deliver = 0;
        if (event == PTRACE_EVENT_EXEC) {
            loading_.insert(pid);
        } else if (signal == (SIGTRAP | 0x80)) {
            on_call(pid);
        } else if (event == 0 && signal != SIGCONT) {
            deliver = signal;
            end_if_it_cannot(pid, signal);
        }
        ::ptrace(PTRACE_SYSCALL, pid, nullptr, deliver);
    }

    // A fault kills process 1 of a namespace, but not while it is traced: it would fault for ever
    // (signal.c of the kernel, force_sig_info_to_task).
    void end_if_it_cannot(pid_t pid, int signal) {
        const bool fault = signal == SIGSEGV || signal == SIGBUS || signal == SIGILL ||
                           signal == SIGFPE || signal == SIGABRT || signal == SIGTRAP;
        if (fault && ++faults_[pid] > 2) ::kill(pid, SIGKILL);
    }

    void on_call(pid_t pid) {
        __ptrace_syscall_info info{};
        if (::ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof info, &info) <= 0) return;
        if (info.op == PTRACE_SYSCALL_INFO_EXIT) return on_exit(pid);
        if (info.op != PTRACE_SYSCALL_INFO_ENTRY) return;
        count_for_kill(pid, info);
        if (loading_.contains(pid)) {
            if (begins_main(info)) loading_.erase(pid);
            return;
        }
        const Fallible* call = fallible(info.entry.nr);
        if (call == nullptr || is_talk(info.entry.nr, info.entry.args[0])) return;
        ++seen_;
        if (seen_ != fail_at_) return;
        std::fprintf(stderr, "call %ld, %s of process %d, fails: %s\n", seen_, call->name, pid,
                     std::strerror(call->error));
        failing_[pid] = call->error;
        replace_by(pid, SYS_sched_yield);  // Which every filter lets through.
    }

    static bool begins_main(const __ptrace_syscall_info& info) {
        return (info.entry.nr == SYS_prlimit64 && info.entry.args[1] == RLIMIT_NOFILE) ||
               info.entry.nr == SYS_recvmsg;
    }

    void on_exit(pid_t pid) {
        const auto failing = failing_.find(pid);
        if (failing == failing_.end()) return;
        user_regs_struct registers{};
        ::ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
        registers.rax = static_cast<unsigned long long>(-static_cast<long long>(failing->second));
        ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
        failing_.erase(failing);
    }

    static void replace_by(pid_t pid, long call) {
        user_regs_struct registers{};
        ::ptrace(PTRACE_GETREGS, pid, nullptr, &registers);
        registers.orig_rax = static_cast<unsigned long long>(call);
        ::ptrace(PTRACE_SETREGS, pid, nullptr, &registers);
    }

    // The first process that is through its second filter, some calls later.
    void count_for_kill(pid_t pid, const __ptrace_syscall_info& info) {
        if (kill_after_ < 0) return;
        // Without a filter it only asks what the kernel knows.
        if (info.entry.nr == SYS_seccomp && info.entry.args[0] == SECCOMP_SET_MODE_FILTER &&
            info.entry.args[2] != 0) {
            if (++filters_[pid] == 2 && locked_down_ == 0) locked_down_ = pid;
            return;
        }
        if (pid != locked_down_ || calls_since_++ < kill_after_) return;
        kill_after_ = -1;
        std::fprintf(stderr, "process %d is killed\n", pid);
        ::kill(pid, SIGKILL);
    }

    const long fail_at_;
    long kill_after_;
    long seen_ = 0;
    std::map<pid_t, int> failing_;
    std::set<pid_t> loading_;
    std::map<pid_t, int> filters_;
    std::map<pid_t, int> faults_;
    pid_t locked_down_ = 0;
    long calls_since_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    long kill_after = -1;
    int at = 1;
    if (argc > 3 && std::string_view(argv[1]) == "--kill") {
        kill_after = std::strtol(argv[2], nullptr, 10);
        at = 3;
    }
    if (argc < at + 2) {
        std::fputs("usage: fail_call [--kill M] N PROGRAM [ARGUMENT…]\n", stderr);
        return 125;
    }
    return Tracer(std::strtol(argv[at], nullptr, 10), kill_after).run(argv + at + 1);
}
