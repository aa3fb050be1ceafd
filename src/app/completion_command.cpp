// parallax completion: shell completion, asked anew at every TAB, so that it knows the elements,
// properties and enum words of the very program that runs.
#include <algorithm>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/completions.h"

namespace parallax::app {
namespace {

constexpr std::string_view kBash = R"(_parallax() {
    local IFS=$'\n'
    COMPREPLY=($(parallax completion words "$COMP_CWORD" "${COMP_WORDS[@]}" 2>/dev/null))
    [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    [[ ${#COMPREPLY[@]} -eq 0 ]] && compopt -o default
}
COMP_WORDBREAKS=${COMP_WORDBREAKS//=}
complete -F _parallax parallax parallax-launch parallax-inspect
)";

constexpr std::string_view kZsh = R"(#compdef parallax parallax-launch parallax-inspect
_parallax() {
    local -a found
    found=("${(@f)$(parallax completion words $((CURRENT-1)) "${words[@]}" 2>/dev/null)}")
    compadd -S '' -a found
}
compdef _parallax parallax parallax-launch parallax-inspect
)";

constexpr std::string_view kFish =
    "for p in parallax parallax-launch parallax-inspect\n"
    "    complete -c $p -f -a '(parallax completion words (count (commandline -opc)) "
    "(commandline -opc) (commandline -ct))'\n"
    "end\n";

}  // namespace

int completion_command(const Command& command, Arguments arguments, const Registry& registry) {
    if (arguments.size() >= 3 && arguments[0] == "words") {
        // words CURRENT PROGRAM WORD…
        const std::string number(arguments[1]);
        const auto current = static_cast<std::size_t>(std::atoi(number.c_str()));
        const Arguments line = arguments.subspan(2);
        const std::string_view typed = current < line.size() ? line[current] : "";
        std::string text;
        for (const auto& word :
             completions(typed, line.first(std::min(current, line.size())), registry)) {
            text += word + "\n";
        }
        return print(command.program, text);
    }
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    const auto& operands = parsed.options.operands();
    const std::string_view shell = operands.empty() ? "bash" : operands.front();
    if (shell != "bash" && shell != "zsh" && shell != "fish") {
        print_error(command.program, fmt::format("no completion for {}", shell),
                    "bash, zsh or fish");
        return kExitUsage;
    }
    return print(command.program, shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish);
}

}  // namespace parallax::app
