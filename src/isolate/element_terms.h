// What the process of an element is told and allowed: its properties, the files of its plugin, and
// the sandbox that follows from both.
//
// Threads: pure, but for looking whether files exist.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "isolate/blueprint.h"
#include "parallax/graph.h"
#include "parallax/registry.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

// An element as the graph has it, borrowed.
struct Confined {
    const Graph::Node* node = nullptr;
    const Element* element = nullptr;
};

// Of one process: what the graph says of its elements, or else `basis`; and all their grants.
// Errc::invalid_argument where two of them ask for different sandboxes.
Result<SandboxPolicy> policy_of(std::span<const Confined> elements, const Registry& registry,
                                const SandboxPolicy& basis);

// The files that elements come from, where they are no part of the program; each once.
std::vector<std::string> plugins_of(std::span<const Confined> elements, const Registry& registry);

// As set_property() takes it; what names a path names it from the root, since a process has
// another working directory.
std::pair<std::string, std::string> told_property(const Element& element, const std::string& name,
                                                  const std::string& text);

std::vector<Blueprint::Format> told_formats(const std::vector<PadFormat>& formats);

}  // namespace parallax
