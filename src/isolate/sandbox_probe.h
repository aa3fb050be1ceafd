// sandbox_probe: which layers of the sandbox this machine offers, each one tried.
//
// Nothing is guessed from versions or settings: a child makes the namespace, installs the filter,
// enters the empty root, and ends. So the answer holds for this user, here and now.
//
// Threads: call it before any is started, for it forks.
#pragma once

#include <string>
#include <vector>

namespace parallax {

struct SandboxFacility {
    std::string name;  // "user-namespace", as errors and missing_layers call it.
    bool available = false;
    bool required = false;  // Without it, `--sandbox-layers require` refuses.
    std::string detail;     // "ABI 7", or why not.
};

std::vector<SandboxFacility> probe_sandbox();

}  // namespace parallax
