// What the subcommands share: printing, errors, exit codes.
#include <cstdio>

#include <fmt/core.h>

#include "app/commands.h"
#include "graph/text_error.h"

namespace parallax::app {

void print(std::string_view text) {
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
}

void print_error(std::string_view program, std::string_view what, std::string_view hint) {
    std::string text = fmt::format("{}: error: {}\n", program, what);
    if (!hint.empty()) text += fmt::format("hint: {}\n", hint);
    std::fwrite(text.data(), 1, text.size(), stderr);
}

void print_problem(std::string_view program, const Problem& problem, std::string_view text) {
    std::string what = problem.text;
    if (problem.line > 0) {
        what = fmt::format("line {}, column {}: {}", problem.line, problem.column, problem.text);
        std::string_view rest = text;
        std::size_t offset = 0;
        for (int line = 1; line < problem.line; ++line) {
            const std::size_t end = rest.find('\n');
            if (end == std::string_view::npos) break;
            offset += end + 1;
            rest.remove_prefix(end + 1);
        }
        // The place of a column: characters, not bytes.
        std::size_t byte = offset;
        for (int column = 1; column < problem.column && byte < text.size(); ++column) {
            ++byte;
            while (byte < text.size() && (static_cast<unsigned char>(text[byte]) & 0xC0U) == 0x80U)
                ++byte;
        }
        const TextPlace place{.offset = byte,
                              .length = 1,
                              .line = static_cast<std::uint32_t>(problem.line),
                              .column = static_cast<std::uint32_t>(problem.column)};
        what += "\n" + render(text, place);
        if (what.ends_with('\n')) what.pop_back();
    }
    print_error(program, what, problem.hint);
}

int exit_code_of(const Problem& problem) {
    if (problem.kind == "negotiation") return kExitNegotiation;
    if (problem.kind == "permission") return kExitFacility;
    if (problem.kind == "io" || problem.kind == "runtime") return kExitError;
    return kExitUsage;
}

Parsed parse_arguments(const Command& command, Arguments arguments) {
    Result<Options> options = Options::parse(command.options, arguments);
    if (!options) {
        print_error(command.program, to_string(options.error()), options.error().hint);
        return {.options = {}, .exit_code = kExitUsage};
    }
    if (options->has("help")) {
        print(fmt::format("{}\n\n{}\n\nOptions:\n{}", command.synopsis, command.doc,
                          help_of(command.options)));
        return {.options = {}, .exit_code = kExitOk};
    }
    if (options->has("version")) {
        print(fmt::format("{} {}\n", command.program, PARALLAX_VERSION));
        return {.options = {}, .exit_code = kExitOk};
    }
    if (!options->later().empty()) {
        print_error(command.program, options->later().front() + " is not built in this version",
                    "nothing was run: what it asks for could not be kept");
        return {.options = {}, .exit_code = kExitFacility};
    }
    return {.options = *std::move(options)};
}

}  // namespace parallax::app
