// parallax man: man pages in roff, made from the same tables as --help and inspect, so that they
// cannot tell anything else. The build installs what this prints.
#include <algorithm>

#include <fmt/core.h>

#include "app/commands.h"

namespace parallax::app {
namespace {

std::string roff(std::string_view text) {
    std::string safe;
    bool line_start = true;
    for (const char c : text) {
        if (c == '\\')
            safe += "\\e";
        else if (c == '-')
            safe += "\\-";
        else if (line_start && (c == '.' || c == '\''))
            safe += std::string("\\&") + c;
        else
            safe += c;
        line_start = c == '\n';
    }
    return safe;
}

std::string title(std::string_view name, std::string_view doc) {
    return fmt::format(".TH {} 1 \"\" \"Parallax {}\"\n.SH NAME\n{} \\- {}\n", roff(name),
                       PARALLAX_VERSION, roff(name), roff(doc));
}

std::string command_page(const Command& command) {
    std::string page = title(command.program, command.doc);
    page += ".SH SYNOPSIS\n.nf\n" + roff(command.synopsis) + "\n.fi\n.SH OPTIONS\n";
    for (const OptionSpec& spec : command.options) {
        page += fmt::format(".TP\n.B \\-\\-{}{}\n{}{}\n", roff(spec.name),
                            spec.value.empty() ? "" : " \\fI" + roff(spec.value) + "\\fR",
                            roff(spec.doc), spec.later ? " Not in this version." : "");
    }
    page +=
        ".SH EXIT STATUS\n0 end of stream; 1 run\\-time error; 2 bad usage or launch text; "
        "3 negotiation failed; 4 missing permission or facility; 124 time\\-out; "
        "130 interrupted.\n";
    return page;
}

std::string element_page(const Factory& factory) {
    return title("parallax-" + factory.info.name, factory.info.doc) + ".SH DESCRIPTION\n.nf\n" +
           roff(inspect_text(factory)) + ".fi\n";
}

}  // namespace

int man_command(const Command& command, Arguments arguments, const Registry& registry) {
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    const auto& operands = parsed.options.operands();
    if (operands.empty()) {
        std::string names;
        for (const Command& each : commands()) names += fmt::format("{}\n", each.name);
        for (const Factory* factory : registry.all()) names += factory->info.name + "\n";
        return print(command.program, names);
    }
    const auto found = std::ranges::find(commands(), operands.front(), &Command::name);
    if (found != commands().end()) return print(command.program, command_page(*found));
    if (const Factory* factory = registry.find(operands.front())) {
        return print(command.program, element_page(*factory));
    }
    print_error(command.program, fmt::format("no page for {}", operands.front()));
    return kExitUsage;
}

}  // namespace parallax::app
