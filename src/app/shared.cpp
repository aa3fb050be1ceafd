// What the subcommands share: printing, errors, exit codes.
#include <span>

#include <unistd.h>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/text_file.h"
#include "base/one_line.h"
#include "graph/text_error.h"

namespace parallax::app {
namespace {

// `what` is ready to be shown; the hint is not, and keeps its lines.
void print_lines(std::string_view program, std::string_view what, std::string_view hint) {
    std::string text = fmt::format("{}: error: {}\n", program, what);
    if (!hint.empty()) text += "hint: ";
    while (!hint.empty()) {
        const std::size_t end = hint.find('\n');
        text += one_line(hint.substr(0, end)) + "\n";
        hint = end == std::string_view::npos ? "" : hint.substr(end + 1);
    }
    say(text);
}

// Where in the text its line and column are.
TextPlace place_of(const Problem& problem, std::string_view text) {
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
    return {.offset = byte,
            .length = 1,
            .line = static_cast<std::uint32_t>(problem.line),
            .column = static_cast<std::uint32_t>(problem.column)};
}

}  // namespace

int print(std::string_view program, std::string_view text) {
    auto output = LateText::open("-");
    const Result<> written = output ? output->write(text) : Failure(output.error());
    if (written) return kExitOk;
    print_error(program, to_string(written.error()), written.error().hint);
    return kExitError;
}

void say(std::string_view text) {
    (void)codec::write_all(STDERR_FILENO, std::as_bytes(std::span(text)));
}

void print_error(std::string_view program, std::string_view what, std::string_view hint) {
    print_lines(program, one_line(what), hint);
}

void print_problem(std::string_view program, const Problem& problem, std::string_view text) {
    std::string what = one_line(problem.text);
    if (problem.line > 0) {
        const TextPlace place = place_of(problem, text);
        what = fmt::format("line {}, column {}: {}\n{}", problem.line, problem.column, what,
                           render(text, place));
        if (what.ends_with('\n')) what.pop_back();
    } else if (!problem.element.empty() && !problem.text.contains(problem.element)) {
        what = fmt::format("{}: {}", one_line(problem.element), what);
    }
    print_lines(program, what, problem.hint);
}

int exit_code_of(const Problem& problem) {
    if (problem.kind == "negotiation") return kExitNegotiation;
    if (problem.kind == "permission") return kExitFacility;
    if (problem.kind == "io" || problem.kind == "runtime") return kExitError;
    return kExitUsage;
}

int exit_code_of(const Error& error) {
    switch (error.code) {
        case Errc::lacking:
        case Errc::permission:
            return kExitFacility;
        case Errc::io:
        case Errc::system:
            return kExitError;
        default:
            return kExitUsage;
    }
}

Parsed parse_arguments(const Command& command, Arguments arguments) {
    Result<Options> options = Options::parse(command.options, arguments);
    if (!options) {
        print_error(command.program, to_string(options.error()), options.error().hint);
        return {.options = {}, .exit_code = kExitUsage};
    }
    if (options->has("help")) {
        const std::string help = fmt::format("{}\n\n{}\n\nOptions:\n{}", command.synopsis,
                                             command.doc, help_of(command.options));
        return {.options = {}, .exit_code = print(command.program, help)};
    }
    if (options->has("version")) {
        const std::string version = fmt::format("{} {}\n", command.program, PARALLAX_VERSION);
        return {.options = {}, .exit_code = print(command.program, version)};
    }
    if (!options->later().empty()) {
        print_error(command.program, options->later().front() + " is not built in this version",
                    "nothing was run: what it asks for could not be kept");
        return {.options = {}, .exit_code = kExitFacility};
    }
    return {.options = *std::move(options)};
}

}  // namespace parallax::app
