// Attacks on memory, sockets and the kernel's rarer doors. What they are run by: attacks_test.cpp.
#include <array>
#include <cerrno>
#include <cstdint>
#include <ctime>

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <unistd.h>

#include "support/attacks.h"

namespace parallax {
namespace {

constexpr std::size_t kPage = 4096;

bool maps(int protection, int flags, int fd) {
    return ::mmap(nullptr, kPage, protection, flags, fd, 0) != MAP_FAILED;
}

bool opens_socket(int family, int type) { return ::socket(family, type | SOCK_CLOEXEC, 0) >= 0; }

PX_ATTACK("memory: writable and executable", works) {
    return maps(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}
PX_ATTACK("memory: make data executable", works) {
    void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ::mprotect(page, kPage, PROT_READ | PROT_EXEC) == 0;
}
PX_ATTACK("memory: make data executable by pkey_mprotect", works) {
    void* page = ::mmap(nullptr, kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return ::syscall(SYS_pkey_mprotect, page, kPage, PROT_READ | PROT_EXEC, -1) == 0;
}
PX_ATTACK("memory: execute a shared frame", works) {
    return maps(PROT_READ | PROT_EXEC, MAP_SHARED, target.input);
}
PX_ATTACK("memory: a memfd of its own", works) { return ::memfd_create("own", MFD_CLOEXEC) >= 0; }
PX_ATTACK("memory: a secret memfd", unsafe) { return ::syscall(SYS_memfd_secret, 0) >= 0; }
PX_ATTACK("memory: userfaultfd", as_root) { return ::syscall(SYS_userfaultfd, O_CLOEXEC) >= 0; }
PX_ATTACK("memory: System V shared memory", works) {
    const int id = ::shmget(IPC_PRIVATE, kPage, IPC_CREAT | 0600);
    if (id >= 0) ::shmctl(id, IPC_RMID, nullptr);
    return id >= 0;
}
PX_ATTACK("memory: System V messages", works) {
    const int id = ::msgget(IPC_PRIVATE, IPC_CREAT | 0600);
    if (id >= 0) ::msgctl(id, IPC_RMID, nullptr);
    return id >= 0;
}
PX_ATTACK("memory: System V semaphores", works) {
    const int id = ::semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
    if (id >= 0) ::semctl(id, 0, IPC_RMID);
    return id >= 0;
}
PX_ATTACK("memory: POSIX message queue", works) {
    const long fd = ::syscall(SYS_mq_open, "parallax-attack", O_CREAT | O_RDWR, 0600, nullptr);
    if (fd >= 0) ::syscall(SYS_mq_unlink, "parallax-attack");
    return fd >= 0;
}
PX_ATTACK("memory: lock all of it", as_root) {
    return ::syscall(SYS_mlockall, MCL_FUTURE) == 0;  // Sanitizers only pretend to.
}
PX_ATTACK("memory: move pages between nodes", works) {
    return ::syscall(SYS_mbind, nullptr, 0, 0, nullptr, 0, 0) == 0;
}

PX_ATTACK("input: write through a mapping", unsafe) {
    return maps(PROT_READ | PROT_WRITE, MAP_SHARED, target.input);
}
PX_ATTACK("input: make its mapping writable", unsafe) {
    void* page = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, target.input, 0);
    return page == MAP_FAILED || ::mprotect(page, kPage, PROT_READ | PROT_WRITE) == 0;
}
PX_ATTACK("input: pwrite", unsafe) { return ::pwrite(target.input, "x", 1, 0) == 1; }
PX_ATTACK("input: shrink", unsafe) { return ::ftruncate(target.input, 0) == 0; }
PX_ATTACK("input: grow", unsafe) { return ::ftruncate(target.input, 1 << 20) == 0; }
PX_ATTACK("input: punch a hole", unsafe) {
    return ::fallocate(target.input, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, kPage) == 0;
}
PX_ATTACK("input: one more seal", unsafe) {
    return ::fcntl(target.input, F_ADD_SEALS, F_SEAL_WRITE) == 0;
}
PX_ATTACK("input: open it once more, to write", unsafe) {
    for (const char* path : {"/proc/self/fd/4", "/dev/fd/4", "/proc/1/fd/4"}) {
        const int fd = ::open(path, O_RDWR | O_CLOEXEC);
        if (fd >= 0 && ::pwrite(fd, "x", 1, 0) == 1) return true;
    }
    return false;
}
PX_ATTACK("input: discard its pages", unsafe) {
    void* page = ::mmap(nullptr, kPage, PROT_READ, MAP_SHARED, target.input, 0);
    return ::madvise(page, kPage, MADV_REMOVE) == 0;
}

PX_ATTACK("network: TCP", works) { return opens_socket(AF_INET, SOCK_STREAM); }
PX_ATTACK("network: UDP", works) { return opens_socket(AF_INET, SOCK_DGRAM); }
PX_ATTACK("network: IPv6", works) { return opens_socket(AF_INET6, SOCK_STREAM); }
PX_ATTACK("network: unix", works) { return opens_socket(AF_UNIX, SOCK_STREAM); }
PX_ATTACK("network: netlink", works) { return opens_socket(AF_NETLINK, SOCK_RAW); }
PX_ATTACK("network: raw IP", as_root) {
    return ::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP) >= 0;
}
PX_ATTACK("network: packet", as_root) { return opens_socket(AF_PACKET, SOCK_RAW); }
PX_ATTACK("network: vsock", works) { return opens_socket(AF_VSOCK, SOCK_STREAM); }
PX_ATTACK("network: the kernel's ciphers", unsafe) { return opens_socket(AF_ALG, SOCK_SEQPACKET); }
PX_ATTACK("network: bluetooth", unsafe) { return opens_socket(AF_BLUETOOTH, SOCK_RAW); }
PX_ATTACK("network: express data path", unsafe) { return opens_socket(AF_XDP, SOCK_RAW); }
PX_ATTACK("network: a pair of sockets", works) {
    std::array<int, 2> ends{};
    return ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) == 0;
}

PX_ATTACK("kernel: bpf", as_root) {
    bpf_attr attr{};
    attr.map_type = BPF_MAP_TYPE_ARRAY;
    attr.key_size = 4;
    attr.value_size = 4;
    attr.max_entries = 1;
    return ::syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof attr) >= 0;
}
PX_ATTACK("kernel: perf events", works) {
    perf_event_attr attr{};
    attr.type = PERF_TYPE_SOFTWARE;
    attr.size = sizeof attr;
    attr.config = PERF_COUNT_SW_TASK_CLOCK;
    attr.exclude_kernel = 1;
    return ::syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0) >= 0;
}
PX_ATTACK("kernel: io_uring", works) {
    io_uring_params parameters{};
    return ::syscall(SYS_io_uring_setup, 4, &parameters) >= 0;
}
PX_ATTACK("kernel: io_uring by a descriptor", unsafe) {
    return ::syscall(SYS_io_uring_enter, target.input, 1, 0, 0, nullptr, 0) >= 0;
}
PX_ATTACK("kernel: add a key", works) {
    return ::syscall(SYS_add_key, "user", "parallax", "x", 1, -1) >= 0;
}
PX_ATTACK("kernel: list keys", works) { return ::syscall(SYS_keyctl, 0, -3, 1) >= 0; }
PX_ATTACK("kernel: ask for a key", unsafe) {
    return ::syscall(SYS_request_key, "user", "parallax", nullptr, 0) >= 0;
}
PX_ATTACK("kernel: load a module", unsafe) {
    return ::syscall(SYS_finit_module, target.input, "", 0) == 0;
}
PX_ATTACK("kernel: load another kernel", unsafe) {
    return ::syscall(SYS_kexec_load, 0, 0, nullptr, 0) == 0;
}
PX_ATTACK("kernel: reboot", unsafe) { return ::syscall(SYS_reboot, 0, 0, 0, nullptr) == 0; }
PX_ATTACK("kernel: read its log", as_root) { return ::syscall(SYS_syslog, 10, nullptr, 0) >= 0; }
PX_ATTACK("kernel: all ports", unsafe) { return ::syscall(SYS_iopl, 3) == 0; }
PX_ATTACK("kernel: one port", unsafe) { return ::syscall(SYS_ioperm, 0x80, 1, 1) == 0; }
PX_ATTACK("kernel: a segment descriptor", works) {
    std::array<char, 16> table{};
    return ::syscall(SYS_modify_ldt, 0, table.data(), table.size()) >= 0;
}
PX_ATTACK("kernel: set the clock", unsafe) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return ::syscall(SYS_clock_settime, CLOCK_REALTIME, &now) == 0;
}
PX_ATTACK("kernel: tune the clock", works) {
    timex read{};
    return ::adjtimex(&read) >= 0;
}
PX_ATTACK("kernel: accounting", unsafe) { return ::acct(nullptr) == 0; }
PX_ATTACK("kernel: hang up the terminal", unsafe) { return ::vhangup() == 0; }
PX_ATTACK("kernel: a call of the i386 table", works) {
    long result = 20;  // getpid there
    asm volatile("int $0x80" : "+a"(result) : : "memory", "r8", "r9", "r10", "r11");
    return result > 0;
}
PX_ATTACK("kernel: execve of the i386 table", unsafe) {
    long result = 11;
    asm volatile("int $0x80"
                 : "+a"(result)
                 : "b"(0), "c"(0), "d"(0)
                 : "memory", "r8", "r9", "r10", "r11");
    return result == 0 || result == -EFAULT;  // It was looked at.
}
PX_ATTACK("kernel: a call of the x32 table", unsafe) {
    return ::syscall(0x40000000 | SYS_getpid) > 0;
}
PX_ATTACK("kernel: a call that does not exist", unsafe) { return ::syscall(999) >= 0; }
PX_ATTACK("kernel: a call with the number -1", unsafe) { return ::syscall(-1) >= 0; }
PX_ATTACK("kernel: splice into a pipe", unsafe) {
    return ::syscall(SYS_vmsplice, 2, nullptr, 0, 0) >= 0;
}

PX_ATTACK("resources: thousands of descriptors", works) {
    int made = 0;
    while (made < 1500 && ::fcntl(0, F_DUPFD_CLOEXEC, 0) >= 0) ++made;
    return made == 1500;
}
PX_ATTACK("resources: a megabyte to standard error", unsafe) {
    // The pipe is bounded: what does not fit is lost, and the stage does not hang.
    std::array<char, 4096> block{};
    std::size_t taken = 0;
    for (int i = 0; i < 256; ++i) {
        const ssize_t count = ::write(2, block.data(), block.size());
        if (count > 0) taken += static_cast<std::size_t>(count);
    }
    return taken > (std::size_t{128} << 10);
}
PX_ATTACK("resources: half a gigabyte of memory", works) {
    // The suite's policy allows 64 MiB.
    constexpr std::size_t bytes = std::size_t{512} << 20;
    void* block =
        ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED) return false;
    auto* page = static_cast<volatile char*>(block);
    for (std::size_t i = 0; i < bytes; i += kPage) page[i] = 1;
    return true;
}

}  // namespace
}  // namespace parallax
