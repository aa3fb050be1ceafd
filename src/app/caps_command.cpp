// parallax caps: the algebra of caps, for people and for tests. Every answer is one line.
#include <algorithm>
#include <array>

#include <fmt/core.h>

#include "app/caps_solve.h"
#include "app/commands.h"
#include "app/text_file.h"
#include "graph/near_word.h"

namespace parallax::app {
namespace {

std::string shown(const Caps& caps) {
    if (caps.is_any()) return "ANY";
    return caps.is_empty() ? "EMPTY" : to_string(caps);
}

// The target of `nearest`: read as a value of caps text.
Result<Value> parse_target(std::string_view text) {
    const Caps caps = PX_TRY(parse_caps(fmt::format("x/y,v={}", text)));
    const Value* value = caps.structures().empty() ? nullptr : caps.structures().front().find("v");
    if (value != nullptr && is_fixed(*value)) return *value;
    return fail(Errc::invalid_argument, fmt::format("\"{}\" is not one value", text));
}

// Answers in text, or nothing for "has no answer" (exit 1).
using Answer = std::optional<std::string>;

std::string truth(bool yes) { return yes ? "true" : "false"; }

Result<Answer> two_caps(std::string_view verb, Arguments words) {
    const Caps a = PX_TRY(parse_caps(words[0]));
    const Caps b = PX_TRY(parse_caps(words[1]));
    if (verb == "intersect") return Answer(shown(intersect(a, b)));
    if (verb == "subset") return Answer(truth(is_subset(a, b)));
    if (verb == "equal") return Answer(truth(equal(a, b)));
    return Answer(truth(can_intersect(a, b)));
}

Result<Answer> one_caps(std::string_view verb, Arguments words) {
    const Caps caps = PX_TRY(parse_caps(words[0]));
    if (verb == "parse") return Answer(shown(caps));
    if (verb == "is-fixed") return Answer(truth(is_fixed(caps)));
    const auto fixed = fixate(caps);
    return fixed ? Answer(shown(*fixed)) : Answer();
}

Result<Answer> nearest_answer(Arguments words) {
    const Caps caps = PX_TRY(parse_caps(words[1]));
    const Value target = PX_TRY(parse_target(words[2]));
    const auto found = nearest(caps, words[0], target);
    return Answer(found ? shown(*found) : "EMPTY");
}

struct Verb {
    std::string_view name;
    std::size_t operands;
};
constexpr std::array<Verb, 8> kVerbs{{{"intersect", 2},
                                      {"subset", 2},
                                      {"equal", 2},
                                      {"can-intersect", 2},
                                      {"is-fixed", 1},
                                      {"fixate", 1},
                                      {"nearest", 3},
                                      {"parse", 1}}};

// solve FILE.json; `-` is standard input.
int solve_file(const Command& command, Arguments words) {
    if (words.size() != 1) {
        print_error(command.program, "caps solve takes one file", "caps solve FILE.json, or -");
        return kExitUsage;
    }
    const Result<std::string> text = read_text(std::string(words[0]));
    if (!text) {
        print_error(command.program, to_string(text.error()), text.error().hint);
        return exit_code_of(text.error());
    }
    const Result<std::string> answer = solve_json(*text);
    if (!answer) {
        print_error(command.program, to_string(answer.error()), answer.error().hint);
        return answer.error().code == Errc::gave_up ? kExitNegotiation : kExitUsage;
    }
    return print(command.program, *answer + "\n");
}

}  // namespace

int caps_command(const Command& command, Arguments arguments, const Registry& /*registry*/) {
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    const auto& operands = parsed.options.operands();
    if (operands.empty()) {
        print_error(command.program, "caps needs a verb", std::string(command.synopsis));
        return kExitUsage;
    }
    const std::string_view name = operands.front();
    // Also behind a verb: no caps and no file is called so.
    const auto asks = [](std::string_view word) { return word == "--help" || word == "-h"; };
    if (std::ranges::any_of(operands, asks)) {
        static constexpr std::string_view kHelp = "--help";
        return parse_arguments(command, {&kHelp, 1}).exit_code;
    }
    if (name == "solve") return solve_file(command, Arguments(operands).subspan(1));
    const auto* const verb = std::ranges::find(kVerbs, name, &Verb::name);
    if (verb == kVerbs.end()) {
        std::vector<std::string_view> names;
        names.reserve(kVerbs.size() + 1);
        for (const Verb& each : kVerbs) names.push_back(each.name);
        names.push_back("solve");
        print_error(command.program, fmt::format("caps has no verb {}", name),
                    suggest(name, names));
        return kExitUsage;
    }
    const Arguments words = Arguments(operands).subspan(1);
    if (words.size() != verb->operands) {
        print_error(command.program, fmt::format("caps {} takes {} words, {} were given", name,
                                                 verb->operands, words.size()));
        return kExitUsage;
    }
    const Result<Answer> answer = name == "nearest"     ? nearest_answer(words)
                                  : verb->operands == 2 ? two_caps(name, words)
                                                        : one_caps(name, words);
    if (!answer) {
        print_error(command.program, to_string(answer.error()), answer.error().hint);
        return kExitUsage;
    }
    if (!*answer) {
        print_error(command.program, "ANY has no first alternative to fix");
        return kExitError;
    }
    return print(command.program, **answer + "\n");
}

}  // namespace parallax::app
