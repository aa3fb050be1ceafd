// CrashPage: one page in which a dying stage says what happened to it.
//
// The supervisor makes it and keeps it; the stage's handlers for SIGSEGV, SIGABRT, SIGBUS, SIGILL,
// SIGFPE and SIGSYS write signal, address, registers, calls and the refused system call's number,
// and then let the signal kill. The page belongs to the stage: nothing in it is believed before
// read() has checked it, and a lie can only spoil the liar's own report.
//
// Threads: read() from any; install() once, in the stage, before it starts threads. Lifetime: the
// page is mapped as long as the object lives; install() maps it for good.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"

namespace parallax {

inline constexpr std::size_t kCrashFrames = 64;
inline constexpr std::size_t kCrashRegisters = 18;
inline constexpr std::uint32_t kNoSeat = ~0U;

// What a page says, once it has been checked.
struct CrashRecord {
    int signal = 0;
    int code = 0;                  // si_code
    int system_call = -1;          // The one that was refused, of SIGSYS; else −1.
    std::uint32_t seat = kNoSeat;  // Whose thread it was, where several stages share a process.
    std::uint64_t address = 0;
    std::uint64_t anchor = 0;  // Where the stage's program has crash_anchor(); for symbols.
    // R8 … R15, RDI, RSI, RBP, RBX, RDX, RAX, RCX, RSP, RIP, EFLAGS.
    std::vector<std::uint64_t> registers;
    std::vector<std::uint64_t> frames;  // Return addresses, innermost first.
};

std::span<const std::string_view> crash_register_names();

class CrashPage {
  public:
    static Result<CrashPage> create();

    CrashPage() = default;
    CrashPage(CrashPage&& other) noexcept
        : fd_(std::move(other.fd_)), page_(std::exchange(other.page_, nullptr)) {}
    CrashPage& operator=(CrashPage&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(page_, other.page_);
        return *this;
    }
    ~CrashPage();

    int fd() const { return fd_.get(); }

    // Nothing when no crash was written; Errc::corrupt when the page cannot be true.
    Result<std::optional<CrashRecord>> read() const;

    // In the stage: from here on this process's crashes go into that page.
    static Result<> install(int page_fd);
    // What this thread does from here on, it does for that stage of the process.
    static void sit_at(std::uint32_t seat);

  private:
    CrashPage(UniqueFd fd, void* page) : fd_(std::move(fd)), page_(page) {}

    UniqueFd fd_;
    void* page_ = nullptr;
};

// The same for bytes from anywhere.
Result<std::optional<CrashRecord>> parse_crash_page(std::span<const std::byte> bytes);

// Handlers run on a stack of their own, so that an overflown stack can be reported. The first
// thread has one; each further one makes its own.
class CrashStack {
  public:
    CrashStack();
    CrashStack(const CrashStack&) = delete;
    CrashStack& operator=(const CrashStack&) = delete;
    ~CrashStack();

  private:
    std::vector<std::byte> stack_;
};

// An address in this program, to tell how far apart it lies in two processes.
std::uint64_t crash_anchor();

}  // namespace parallax
