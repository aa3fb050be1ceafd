// The subcommands of `parallax`. Each takes its own arguments and answers an exit code.
//
// Exit codes are fixed: 0 end of stream, 1 run-time error, 2 bad usage or launch text,
// 3 negotiation failed, 4 missing permission or facility, 124 time-out, 130 interrupted.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/options.h"
#include "parallax/registry.h"
#include "parallax/report.h"

namespace parallax::app {

inline constexpr int kExitOk = 0;
inline constexpr int kExitError = 1;
inline constexpr int kExitUsage = 2;
inline constexpr int kExitNegotiation = 3;
inline constexpr int kExitFacility = 4;
inline constexpr int kExitTimeout = 124;
inline constexpr int kExitInterrupted = 130;

using Arguments = std::span<const std::string_view>;

struct Command {
    std::string_view name;     // "run"
    std::string_view program;  // As errors and help name it: "parallax-launch".
    std::string_view synopsis;
    std::string_view doc;
    std::string_view verbs = {};  // What its first operand can be, as OptionSpec::words.
    std::span<const OptionSpec> options;
    int (*body)(const Command& command, Arguments arguments, const Registry& registry);
};

// Those that work in this version, and the names of those that do not yet.
std::span<const Command> commands();
std::span<const std::string_view> later_commands();

int run_command(const Command& command, Arguments arguments, const Registry& registry);
int inspect_command(const Command& command, Arguments arguments, const Registry& registry);
int caps_command(const Command& command, Arguments arguments, const Registry& registry);
int journal_command(const Command& command, Arguments arguments, const Registry& registry);
int top_command(const Command& command, Arguments arguments, const Registry& registry);
int completion_command(const Command& command, Arguments arguments, const Registry& registry);
int man_command(const Command& command, Arguments arguments, const Registry& registry);

// --- What commands share.

// To standard output, all of it. kExitOk; or kExitError, with the reason on standard error, when it
// cannot be written: a full disk, and also a reader that went away.
[[nodiscard]] int print(std::string_view program, std::string_view text);
// To standard error. What cannot be said there is lost, and the work goes on. It is for whole lines
// and for the control sequences of ours: what quotes something goes through one_line() first.
void say(std::string_view text);
// "parallax-launch: error: WHAT" and "hint: …" to standard error. Control characters are shown as
// such; the hint may have several lines.
void print_error(std::string_view program, std::string_view what, std::string_view hint = {});
// The same with the line of the text and a caret, where text is at fault.
void print_problem(std::string_view program, const Problem& problem, std::string_view text);
int exit_code_of(const Problem& problem);
int exit_code_of(const Error& error);  // Of a mistake in options, and of what they name.
// --help and --version, and whatever parsing refuses: an exit code, or nothing to go on.
struct Parsed {
    Options options;
    int exit_code = -1;  // Not −1: stop with it.
};
Parsed parse_arguments(const Command& command, Arguments arguments);
std::string inspect_text(const Factory& factory);
std::string list_text(const Registry& registry);

}  // namespace parallax::app
