// seccomp_rules: which system calls a policy allows, as data, so that a test can try each rule.
//
// What no rule names traps: the crash page then tells which call it was (crash_page.h). Calls that
// libraries only probe answer with the error they know how to take; calls that exist to break out
// kill at once.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

enum class SyscallAction : std::uint8_t { allow, error, kill };

enum class ArgumentTest : std::uint8_t { equal, not_equal, masked_equal };

// 32 bits are compared unless `wide`: the kernel reads an int from the low half only.
struct ArgumentRule {
    unsigned index = 0;
    ArgumentTest test = ArgumentTest::equal;
    std::uint64_t value = 0;
    std::uint64_t mask = 0;
    bool wide = false;
};

// One line of a filter: applies when all its arguments do. Several lines for one call add up.
struct SyscallRule {
    std::string name = {};
    int number = -1;
    SyscallAction action = SyscallAction::allow;
    int error = 0;  // What the call answers, of SyscallAction::error.
    std::vector<ArgumentRule> arguments = {};
};

enum class FilterPhase : std::uint8_t {
    start_up,  // While the stage loads its plugin and maps its memory: wide, but nothing to break
               // out.
    final,     // From lock-down on.
};

Result<std::vector<SyscallRule>> syscall_rules(const SandboxPolicy& policy, FilterPhase phase);

Result<int> syscall_number(std::string_view name);
std::string syscall_name(int number);  // "socket", or "system call 999".

bool never_allowed(std::string_view name);  // Calls that kill.
bool indispensable(std::string_view name);

}  // namespace parallax
