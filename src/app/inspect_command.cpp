// parallax inspect (parallax-inspect): what elements there are, and all about one.
#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "app/json.h"
#include "app/machine.h"
#include "graph/near_word.h"
#include "isolate/sandbox_probe.h"

namespace parallax::app {
namespace {

std::string range_text(const PropertySpec& spec) {
    const bool low = std::isfinite(spec.detail.min);
    const bool high = std::isfinite(spec.detail.max);
    if (!low && !high) return "";
    if (!high) return fmt::format(" ≥ {}", spec.detail.min);
    if (!low) return fmt::format(" ≤ {}", spec.detail.max);
    return fmt::format(" {} … {}", spec.detail.min, spec.detail.max);
}

std::string property_text(const PropertySpec& spec) {
    std::string text = fmt::format("  {:<20} {}{}", spec.name, spec.type, range_text(spec));
    if (!spec.detail.unit.empty()) text += fmt::format(" {}", spec.detail.unit);
    const bool must_be_set = spec.detail.required && to_string(spec.initial).empty();
    if (spec.detail.read_only)
        text += ", read-only";
    else if (must_be_set)
        text += ", required";
    else
        text += fmt::format(", default {}",
                            to_string(spec.initial).empty() ? "empty" : to_string(spec.initial));
    if (spec.detail.live) text += ", live";
    text += fmt::format("\n                       {}\n", spec.doc);
    for (const auto& word : spec.words) {
        text += fmt::format("                         {:<16} {}\n", word.name, word.doc);
    }
    return text;
}

std::string sandbox_text(const Factory& factory) {
    std::string text;
    for (const PropertySpec& spec : factory.properties()) {
        if (spec.type == "read-path") text += fmt::format("  reads the file in {}\n", spec.name);
        if (spec.type == "write-path") text += fmt::format("  writes the file in {}\n", spec.name);
        if (spec.type == "endpoint") text += fmt::format("  talks to {}\n", spec.name);
        if (spec.type == "device-path") text += fmt::format("  opens the device {}\n", spec.name);
    }
    return text.empty() ? "  nothing beyond its frames\n" : text;
}

bool complete(const std::vector<SandboxFacility>& facilities) {
    return std::ranges::all_of(facilities,
                               [](const auto& each) { return each.available || !each.required; });
}

std::string facilities_text(const std::vector<SandboxFacility>& facilities) {
    std::string text =
        fmt::format("sandbox: {}\n",
                    complete(facilities) ? "every layer can be had" : "some layers cannot be had");
    for (const SandboxFacility& facility : facilities) {
        const std::string_view answer = facility.available  ? "yes"
                                        : facility.required ? "no, required"
                                                            : "no";
        text += fmt::format("  {:<18} {:<12} {}", facility.name, answer, facility.detail);
        text.erase(text.find_last_not_of(' ') + 1);
        text += "\n";
    }
    return text;
}

std::string sandbox_json(const std::vector<SandboxFacility>& facilities) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const SandboxFacility& facility : facilities) {
        list.push_back({{"name", facility.name},
                        {"available", facility.available},
                        {"required", facility.required},
                        {"detail", facility.detail}});
    }
    const nlohmann::ordered_json json{{"complete", complete(facilities)}, {"facilities", list}};
    return json.dump(2) + "\n";
}

bool json_flag_follows(Arguments operands) {
    return std::ranges::find(operands, std::string_view("--json")) != operands.end();
}

int unknown_element(const Command& command, std::string_view name, const Registry& registry) {
    std::vector<std::string_view> names;
    for (const Factory* factory : registry.all()) names.push_back(factory->info.name);
    print_error(command.program, fmt::format("no element called {}", name), suggest(name, names));
    return kExitUsage;
}

}  // namespace

std::string list_text(const Registry& registry) {
    std::vector<const Factory*> all = registry.all();
    std::ranges::sort(all, {}, [](const Factory* f) {
        return std::pair(std::string_view(f->info.family), std::string_view(f->info.name));
    });
    std::string text;
    std::string_view family;
    for (const Factory* factory : all) {
        if (factory->info.family != family) {
            family = factory->info.family;
            text += fmt::format("{}\n", family);
        }
        text += fmt::format("  {:<16} {}\n", factory->info.name, factory->info.doc);
    }
    return text;
}

std::string inspect_text(const Factory& factory) {
    std::string text = fmt::format("{}: {}\nfamily {}, {}\n", factory.info.name, factory.info.doc,
                                   factory.info.family, factory.info.origin);
    text += "\npads\n";
    for (const Pad& pad : factory.pads().pads) {
        text += fmt::format("  {:<10} {}, {}\n", pad.name,
                            pad.direction == PadDirection::sink ? "sink" : "src",
                            pad.is_request() ? "on request"
                            : pad.optional   ? "may stay unlinked"
                                             : "always");
        if (pad.caps.is_any()) {
            text += "    ANY\n";
            continue;
        }
        for (const Structure& structure : pad.caps.structures()) {
            text += fmt::format("    {}\n", to_string(structure));
        }
    }
    text += "\nproperties\n";
    for (const PropertySpec& spec : factory.properties()) text += property_text(spec);
    for (const PropertySpec& spec : common_properties()) text += property_text(spec);
    text += "\nsandbox\n" + sandbox_text(factory);
    if (!factory.info.example.empty()) {
        text += fmt::format("\nexample\n  parallax-launch \"{}\"\n", factory.info.example);
    }
    return text;
}

int inspect_command(const Command& command, Arguments arguments, const Registry& registry) {
    if (!arguments.empty() && arguments.front() == "caps") {
        const auto caps = std::ranges::find(commands(), "caps", &Command::name);
        return caps_command(*caps, arguments.subspan(1), registry);
    }
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    const bool json = parsed.options.has("json");
    const auto& operands = parsed.options.operands();
    if (operands.empty()) {
        return print(command.program, json ? elements_json(registry) : list_text(registry));
    }
    const std::string_view what = operands.front();
    if (what == "sandbox") {
        const auto facilities = probe_sandbox();
        return print(command.program, json || json_flag_follows(operands)
                                          ? sandbox_json(facilities)
                                          : facilities_text(facilities));
    }
    if (what == "machine") {
        const auto machine = read_hardware();
        if (!machine) {
            print_error(command.program, to_string(machine.error()), machine.error().hint);
            return kExitError;
        }
        return print(command.program, json || json_flag_follows(operands) ? machine_json(*machine)
                                                                          : machine_text(*machine));
    }
    if (what == "devices") {
        print_error(command.program, "inspect devices is not built in this version");
        return kExitFacility;
    }
    const Factory* factory = registry.find(what);
    if (factory == nullptr) return unknown_element(command, what, registry);
    return print(command.program, json || json_flag_follows(operands) ? element_json(*factory)
                                                                      : inspect_text(*factory));
}

}  // namespace parallax::app
