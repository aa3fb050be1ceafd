// A registry with the built-in elements, for tests of modules that must not include them.
#pragma once

#include "parallax/builtin.h"
#include "parallax/registry.h"

namespace parallax {

inline Registry known_elements() {
    Registry registry;
    add_builtin_elements(registry);
    return registry;
}

}  // namespace parallax
