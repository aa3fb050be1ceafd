#include "app/options.h"

#include <algorithm>
#include <charconv>

#include <fmt/core.h>

#include "graph/near_word.h"

namespace parallax::app {
namespace {

const OptionSpec* find(std::span<const OptionSpec> specs, std::string_view name) {
    const auto found = std::ranges::find(specs, name, &OptionSpec::name);
    return found == specs.end() ? nullptr : &*found;
}

const OptionSpec* find(std::span<const OptionSpec> specs, char letter) {
    const auto found = std::ranges::find(specs, letter, &OptionSpec::letter);
    return found == specs.end() || letter == 0 ? nullptr : &*found;
}

bool is_word_of(std::string_view words, std::string_view value) {
    while (!words.empty()) {
        const std::size_t bar = words.find('|');
        if (words.substr(0, bar) == value) return true;
        if (bar == std::string_view::npos) break;
        words.remove_prefix(bar + 1);
    }
    return false;
}

Failure unknown(std::span<const OptionSpec> specs, std::string_view argument) {
    std::vector<std::string> names;
    for (const OptionSpec& spec : specs) names.push_back("--" + std::string(spec.name));
    const std::vector<std::string_view> views(names.begin(), names.end());
    return fail(Errc::invalid_argument, fmt::format("no option called {}", argument),
                suggest(argument, views));
}

}  // namespace

Result<Options> Options::parse(std::span<const OptionSpec> specs,
                               std::span<const std::string_view> arguments) {
    Options options;
    std::size_t i = 0;
    for (; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        if (argument == "--") {
            ++i;
            break;
        }
        if (argument.size() < 2 || argument[0] != '-') break;
        const bool is_long = argument[1] == '-';
        const std::size_t equals = is_long ? argument.find('=') : std::string_view::npos;
        const OptionSpec* spec =
            is_long ? find(specs, argument.substr(
                                      2, equals == std::string_view::npos ? equals : equals - 2))
                    : (argument.size() == 2 ? find(specs, argument[1]) : nullptr);
        if (spec == nullptr) return unknown(specs, argument.substr(0, equals));
        std::string value;
        if (equals != std::string_view::npos) {
            value = argument.substr(equals + 1);
            if (spec->value.empty()) {
                return fail(Errc::invalid_argument, fmt::format("--{} takes no value", spec->name));
            }
        } else if (!spec->value.empty() && !spec->value_optional) {
            if (++i == arguments.size()) {
                return fail(Errc::invalid_argument,
                            fmt::format("--{} needs a value: {}", spec->name, spec->value));
            }
            value = arguments[i];
        }
        if (!spec->words.empty() && !value.empty() && !is_word_of(spec->words, value)) {
            return fail(Errc::invalid_argument,
                        fmt::format("--{}={} is none of {}", spec->name, value, spec->words));
        }
        if (spec->later) options.later_.push_back("--" + std::string(spec->name));
        options.values_[std::string(spec->name)].push_back(std::move(value));
    }
    options.operands_.assign(arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
    return options;
}

std::optional<std::string> Options::get(std::string_view name) const {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return found->second.back();
}

std::vector<std::string> Options::all(std::string_view name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::string help_of(std::span<const OptionSpec> specs) {
    std::string text;
    for (const OptionSpec& spec : specs) {
        std::string left = spec.letter != 0 ? fmt::format("  -{}, ", spec.letter) : "      ";
        left += "--" + std::string(spec.name);
        if (!spec.value.empty()) {
            left += fmt::format(fmt::runtime(spec.value_optional ? "[={}]" : " {}"), spec.value);
        }
        text += fmt::format("{:<38} {}{}\n", left, spec.doc,
                            spec.later ? " (not in this version)" : "");
    }
    return text;
}

Result<std::int64_t> parse_duration(std::string_view text) {
    double number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const double scale = unit == "ns"                  ? 1
                         : unit == "us"                ? 1e3
                         : unit == "ms"                ? 1e6
                         : unit.empty() || unit == "s" ? 1e9
                         : unit == "m"                 ? 60e9
                                                       : -1;
    if (error != std::errc{} || scale < 0 || !(number >= 0) || number * scale > 9e18) {
        return fail(Errc::invalid_argument, fmt::format("\"{}\" is no duration", text),
                    "write 500ms, 10s or 2m");
    }
    return static_cast<std::int64_t>(number * scale);
}

}  // namespace parallax::app
