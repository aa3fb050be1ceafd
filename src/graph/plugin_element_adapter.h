// The runtime's side of the plugin ABI: a C element as an Element, and its factory.
//
// Threads and lifetime: the shared object stays loaded for as long as the program runs.
#pragma once

#include <memory>

#include "parallax/plugin.h"
#include "parallax/registry.h"

namespace parallax {

// Fails when the description is older than what we can drive, or does not make sense.
Result<std::unique_ptr<Factory>> plugin_factory(const parallax_element& element,
                                                const std::string& origin);

}  // namespace parallax
