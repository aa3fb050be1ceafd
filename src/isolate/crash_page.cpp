#include "isolate/crash_page.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>

#include <execinfo.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

namespace parallax {
namespace {

constexpr std::uint32_t kMagic = 0x50785043;  // "PxPC"
constexpr std::size_t kPageBytes = 4096;
constexpr std::size_t kStackBytes = std::size_t{64} << 10;
constexpr std::array kSignals{SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE, SIGSYS};
constexpr int kHighestSystemCall = 1 << 16;  // Far above any; x32 numbers lie higher.
constexpr std::ptrdiff_t kSyscallInstructionBytes = 2;

enum State : std::uint32_t { empty = 0, claimed = 1, written = 2, traced = 3 };

// As it lies in the page. Written by the stage, at most once.
struct Layout {
    std::uint32_t magic = kMagic;
    std::uint32_t state = empty;
    std::int32_t signal = 0;
    std::int32_t code = 0;
    std::int32_t system_call = -1;
    std::uint32_t depth = 0;
    std::uint32_t seat = kNoSeat;
    std::uint32_t unused = 0;
    std::uint64_t address = 0;
    std::uint64_t anchor = 0;
    std::array<std::uint64_t, kCrashRegisters> registers{};
    std::array<std::uint64_t, kCrashFrames> frames{};
};
static_assert(sizeof(Layout) <= kPageBytes);

// A handler can reach its page only through a global.
std::atomic<Layout*> g_page = nullptr;
static_assert(std::atomic<Layout*>::is_always_lock_free);

constinit thread_local std::uint32_t t_seat = kNoSeat;

void reset_handlers() {
    struct sigaction plain{};
    plain.sa_handler = SIG_DFL;
    sigset_t all;
    ::sigemptyset(&all);
    for (const int signal : kSignals) {
        ::sigaction(signal, &plain, nullptr);
        ::sigaddset(&all, signal);
    }
    ::sigprocmask(SIG_UNBLOCK, &all, nullptr);  // NOLINT(concurrency-mt-unsafe)
}

void write_record(Layout& page, const siginfo_t& info, const ucontext_t& context) {
    const bool refused = info.si_signo == SIGSYS && info.si_code == 1;  // SYS_SECCOMP
    page.signal = info.si_signo;
    page.code = info.si_code;
    page.system_call = refused ? info.si_syscall : -1;
    page.address = refused ? reinterpret_cast<std::uintptr_t>(info.si_call_addr)
                           : reinterpret_cast<std::uintptr_t>(info.si_addr);
    page.seat = t_seat;
    page.anchor = crash_anchor();
    for (std::size_t i = 0; i < kCrashRegisters; ++i) {
        page.registers[i] = static_cast<std::uint64_t>(context.uc_mcontext.gregs[i]);
    }
    std::atomic_ref(page.state).store(written, std::memory_order_release);
    // Last, for it may itself fail on a broken stack; what was written above stands.
    std::array<void*, kCrashFrames> frames{};
    const int depth = ::backtrace(frames.data(), kCrashFrames);
    for (int i = 0; i < depth; ++i) {
        const auto at = static_cast<std::size_t>(i);
        page.frames[at] = reinterpret_cast<std::uintptr_t>(frames[at]);
    }
    page.depth = static_cast<std::uint32_t>(depth);
    std::atomic_ref(page.state).store(traced, std::memory_order_release);
}

// The kernel ignores an unhandled signal that process 1 of a namespace sends itself, but not one
// that a fault forces. So a fault happens again, and a refused call is made again.
void handle(int signal, siginfo_t* info, void* raw) {
    auto& context = *static_cast<ucontext_t*>(raw);
    Layout* page = g_page.load(std::memory_order_acquire);
    std::uint32_t none = empty;
    // The first crash counts: a second thread's, or one within write_record, is not its cause.
    const bool first =
        page != nullptr && std::atomic_ref(page->state).compare_exchange_strong(none, claimed);
    reset_handlers();
    if (first) write_record(*page, *info, context);
    if (signal == SIGSYS && info->si_code == 1) {
        context.uc_mcontext.gregs[REG_RAX] = info->si_syscall;
        context.uc_mcontext.gregs[REG_RIP] -= kSyscallInstructionBytes;
        return;
    }
    if (info->si_code > 0) return;  // A fault of this instruction, not a sent signal.
    ::syscall(SYS_tgkill, ::getpid(), ::gettid(), signal);
    __builtin_trap();
}

bool known_signal(int signal) { return std::ranges::find(kSignals, signal) != kSignals.end(); }

}  // namespace

std::span<const std::string_view> crash_register_names() {
    static constexpr std::array<std::string_view, kCrashRegisters> kNames{
        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15", "rdi",
        "rsi", "rbp", "rbx", "rdx", "rax", "rcx", "rsp", "rip", "eflags"};
    return kNames;
}

Result<CrashPage> CrashPage::create() {
    UniqueFd fd(::memfd_create("crash page", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd) return fail_errno("memfd_create");
    if (::ftruncate(fd.get(), kPageBytes) != 0) return fail_errno("ftruncate");
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
        return fail_errno("F_ADD_SEALS");
    }
    void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (page == MAP_FAILED) return fail_errno("mmap of a crash page");
    const Layout blank;
    std::memcpy(page, &blank, sizeof blank);
    return CrashPage(std::move(fd), page);
}

CrashPage::~CrashPage() {
    if (page_ != nullptr) ::munmap(page_, kPageBytes);
}

Result<std::optional<CrashRecord>> CrashPage::read() const {
    // One copy, by the kernel, so that what is checked cannot change afterwards.
    std::array<std::byte, sizeof(Layout)> copy{};
    if (::pread(fd_.get(), copy.data(), copy.size(), 0) != static_cast<ssize_t>(copy.size())) {
        return fail_errno("reading a crash page");
    }
    return parse_crash_page(copy);
}

Result<std::optional<CrashRecord>> parse_crash_page(std::span<const std::byte> bytes) {
    Layout page;
    if (bytes.size() < sizeof page) return fail(Errc::corrupt, "a crash page is cut short");
    std::memcpy(&page, bytes.data(), sizeof page);
    if (page.magic != kMagic || page.state > traced) {
        return fail(Errc::corrupt, "a crash page was overwritten");
    }
    // Claimed and never written: it died while it wrote.
    if (page.state < written) return std::nullopt;
    const bool refused = page.signal == SIGSYS && page.code == 1;
    const bool call_fits = refused ? page.system_call >= 0 && page.system_call < kHighestSystemCall
                                   : page.system_call == -1;
    if (!known_signal(page.signal) || !call_fits || page.depth > kCrashFrames) {
        return fail(Errc::corrupt, "a crash page says what cannot be");
    }
    CrashRecord record{.signal = page.signal,
                       .code = page.code,
                       .system_call = page.system_call,
                       .seat = page.seat,
                       .address = page.address,
                       .anchor = page.anchor,
                       .registers = {},
                       .frames = {}};
    record.registers.assign(page.registers.begin(), page.registers.end());
    if (page.state == traced) {
        record.frames.assign(page.frames.begin(), page.frames.begin() + page.depth);
    }
    return record;
}

Result<> CrashPage::install(int page_fd) {
    void* page = ::mmap(nullptr, kPageBytes, PROT_READ | PROT_WRITE, MAP_SHARED, page_fd, 0);
    if (page == MAP_FAILED) return fail_errno("mmap of a crash page");
    g_page.store(static_cast<Layout*>(page), std::memory_order_release);
    // Loads libgcc now: a handler may not, and the sandbox has no file of it.
    std::array<void*, 2> frames{};
    ::backtrace(frames.data(), 2);
    static CrashStack stack;  // Of the first thread, which never ends before the process does.
    struct sigaction action{};
    action.sa_sigaction = handle;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
    ::sigemptyset(&action.sa_mask);
    for (const int signal : kSignals) {
        if (::sigaction(signal, &action, nullptr) != 0) return fail_errno("sigaction");
    }
    return {};
}

void CrashPage::sit_at(std::uint32_t seat) { t_seat = seat; }

CrashStack::CrashStack() : stack_(kStackBytes) {
    stack_t stack{};
    stack.ss_sp = stack_.data();
    stack.ss_size = stack_.size();
    ::sigaltstack(&stack, nullptr);
}

CrashStack::~CrashStack() {
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    none.ss_size = stack_.size();
    ::sigaltstack(&none, nullptr);
}

std::uint64_t crash_anchor() { return reinterpret_cast<std::uintptr_t>(&parse_crash_page); }

}  // namespace parallax
