#include "isolate/element_terms.h"

#include <algorithm>

#include <fmt/format.h>

#include "isolate/grants.h"
#include "isolate/plugin_trial.h"

namespace parallax {
namespace {

constexpr std::string_view kBuiltIn = "built-in";

}  // namespace

Result<SandboxPolicy> policy_of(std::span<const Confined> elements, const Registry& registry,
                                const SandboxPolicy& basis) {
    SandboxPolicy policy = basis;
    const Graph::Node* named = nullptr;
    for (const Confined& each : elements) {
        const Graph::Node& node = *each.node;
        if (node.sandbox.empty()) continue;
        if (named != nullptr && named->sandbox != node.sandbox) {
            return fail(Errc::invalid_argument,
                        fmt::format("{} and {} share a process, and ask for different sandboxes: "
                                    "{} and {}",
                                    named->name, node.name, named->sandbox, node.sandbox),
                        "isolate=process gives each one of its own");
        }
        if (std::exchange(named, &node) != nullptr) continue;
        policy = PX_TRY(sandbox_policy(node.sandbox));
        policy.layers = basis.layers;
        policy.limits = basis.limits;
    }
    for (const Confined& each : elements) PX_TRY(add_grants(*each.element, policy.grants));
    for (const std::string& plugin : plugins_of(elements, registry)) {
        for (std::string& path : paths_to_load(plugin)) {
            policy.grants.load_paths.push_back(std::move(path));
        }
    }
    return policy;
}

std::vector<std::string> plugins_of(std::span<const Confined> elements, const Registry& registry) {
    std::vector<std::string> files;
    for (const Confined& each : elements) {
        const Factory* factory = registry.find(each.node->factory);
        if (factory == nullptr || factory->info.origin == kBuiltIn) continue;
        if (std::ranges::find(files, factory->info.origin) == files.end()) {
            files.push_back(factory->info.origin);
        }
    }
    return files;
}

std::pair<std::string, std::string> told_property(const Element& element, const std::string& name,
                                                  const std::string& text) {
    for (const PropertySpec& spec : element.properties()) {
        if (spec.name == name && spec.type.ends_with("-path") && !text.empty()) {
            return {name, absolute_path(text)};
        }
    }
    return {name, text};
}

std::vector<Blueprint::Format> told_formats(const std::vector<PadFormat>& formats) {
    std::vector<Blueprint::Format> told;
    told.reserve(formats.size());
    for (const PadFormat& format : formats) {
        told.push_back({.pad = format.pad, .caps = format.linked ? to_string(format.caps) : ""});
    }
    return told;
}

}  // namespace parallax
