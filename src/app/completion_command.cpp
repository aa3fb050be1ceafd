// parallax completion: shell completion, asked anew at every TAB, so that it knows the elements,
// properties and enum words of the very program that runs.
#include <algorithm>
#include <set>

#include <fmt/core.h>

#include "app/commands.h"

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

// The element whose properties are meant: the first word after the last link.
const Factory* current_element(Arguments words, const Registry& registry) {
    const Factory* found = nullptr;
    for (const std::string_view word : words) {
        if (word == "!")
            found = nullptr;
        else if (found == nullptr)
            found = registry.find(word);
    }
    return found;
}

std::set<std::string> property_words(const Factory& factory, std::string_view typed) {
    std::vector<PropertySpec> specs = factory.properties();
    specs.insert(specs.end(), common_properties().begin(), common_properties().end());
    std::set<std::string> words;
    const std::size_t equals = typed.find('=');
    for (const PropertySpec& spec : specs) {
        if (spec.detail.read_only) continue;
        if (equals == std::string_view::npos) {
            words.insert(fmt::format("{}=", spec.name));
        } else if (spec.name == typed.substr(0, equals)) {
            for (const auto& word : spec.words) {
                words.insert(fmt::format("{}={}", spec.name, word.name));
            }
            if (spec.type == "boolean") {
                words.insert(fmt::format("{}=true", spec.name));
                words.insert(fmt::format("{}=false", spec.name));
            }
        }
    }
    return words;
}

std::set<std::string> complete(std::string_view typed, Arguments before, const Registry& registry) {
    std::set<std::string> words;
    const bool bare = before.size() == 1 && before.front().ends_with("parallax");
    const bool inspect = !before.empty() && (before.front().ends_with("inspect") ||
                                             (before.size() > 1 && before[1] == "inspect"));
    if (bare) {
        for (const Command& command : commands()) words.insert(std::string(command.name));
    } else if (typed.starts_with("-")) {
        const auto command =
            std::ranges::find(commands(), inspect ? "inspect" : "run", &Command::name);
        for (const OptionSpec& spec : command->options) {
            words.insert(fmt::format("--{}{}", spec.name, spec.value.empty() ? "" : "="));
        }
    } else {
        const Factory* element = inspect ? nullptr : current_element(before, registry);
        if (element != nullptr) {
            words = property_words(*element, typed);
            words.insert("!");
        } else {
            for (const Factory* factory : registry.all()) words.insert(factory->info.name);
            if (inspect) words.insert({"caps", "machine", "sandbox"});
        }
    }
    std::erase_if(words, [&](const std::string& word) { return !word.starts_with(typed); });
    return words;
}

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
             complete(typed, line.first(std::min(current, line.size())), registry)) {
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
