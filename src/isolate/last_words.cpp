#include "isolate/last_words.h"

#include <csignal>
#include <cstring>

#include "isolate/seccomp_rules.h"

namespace parallax {

std::string death_text(const ChildExit& exit, const CrashPage& page) {
    if (exit.out_of_memory) return "it was killed at its memory limit";
    const int signal = signal_of(exit, page);
    if (signal == SIGSYS) {
        const auto crash = page.read();
        const int call = crash && *crash ? (*crash)->system_call : -1;
        return "SIGSYS: its sandbox does not allow " +
               (call >= 0 ? syscall_name(call) : std::string("that system call"));
    }
    if (signal == 0) return "it exited with code " + std::to_string(exit.code);
    const char* name = ::sigabbrev_np(signal);
    return name != nullptr ? "SIG" + std::string(name) : "signal " + std::to_string(signal);
}

std::string printable(const std::string& text) {
    std::string clean;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        clean += byte >= 0x20U && byte != 0x7fU ? c : '?';
    }
    return clean;
}

}  // namespace parallax
