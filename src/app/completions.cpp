#include "app/completions.h"

#include <algorithm>

#include <fmt/core.h>

#include "base/split.h"
#include "parallax/graph.h"

namespace parallax::app {
namespace {

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

// Which one the words before are of, by the name of the program or its first argument; null: they
// are only "parallax" yet. Before a word that is none, a line is run.
const Command* command_of(Arguments before) {
    std::string_view name = "run";
    if (!before.empty() && before.front().ends_with("parallax")) {
        if (before.size() == 1) return nullptr;
        name = before[1];
    } else if (!before.empty() && before.front().ends_with("inspect")) {
        name = "inspect";
    }
    const auto found = std::ranges::find(commands(), name, &Command::name);
    return found == commands().end() ? &commands().front() : &*found;
}

// The options, and after `=` what they can be.
std::set<std::string> option_words(const Command& command, std::string_view typed) {
    std::set<std::string> words;
    const std::string_view name = typed.substr(0, typed.find('='));
    for (const OptionSpec& spec : command.options) {
        const std::string option = fmt::format("--{}", spec.name);
        if (name.size() == typed.size()) {
            words.insert(option + (spec.value.empty() ? "" : "="));
        } else if (name == option) {
            for (const std::string_view word : split(spec.words, '|')) {
                if (!word.empty()) words.insert(fmt::format("{}={}", option, word));
            }
        }
    }
    return words;
}

// Nothing but options stands between the command and the cursor.
bool takes_verb(Arguments before) {
    const std::size_t own = before.front().ends_with("parallax") ? 2 : 1;
    return std::ranges::all_of(before.subspan(own),
                               [](std::string_view word) { return word.starts_with("-"); });
}

}  // namespace

std::set<std::string> completions(std::string_view typed, Arguments before,
                                  const Registry& registry) {
    std::set<std::string> words;
    const Command* command = command_of(before);
    if (command == nullptr) {
        for (const Command& each : commands()) words.insert(std::string(each.name));
    } else if (typed.starts_with("-")) {
        words = option_words(*command, typed);
    } else if (command->name == "run" || command->name == "top" || command->name == "inspect") {
        const bool inspect = command->name == "inspect";
        const Factory* element = inspect ? nullptr : current_element(before, registry);
        if (element != nullptr) {
            words = property_words(*element, typed);
            words.insert("!");
        } else {
            for (const Factory* factory : registry.all()) words.insert(factory->info.name);
        }
    }
    if (command != nullptr && !before.empty() && takes_verb(before)) {
        for (const std::string_view verb : split(command->verbs, '|')) words.emplace(verb);
    }
    std::erase_if(words, [&](const std::string& word) { return !word.starts_with(typed); });
    return words;
}

}  // namespace parallax::app
