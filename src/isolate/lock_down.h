// LockDown: the last door, which a stage shuts behind itself once it is ready to run.
//
// A stage starts under a wide filter: it may open the files it loads, map code and start threads,
// but already sees only what it was granted. now() installs the final filter; from then on only
// what the policy allows.
//
// Threads: now() once, from the first thread; the filter holds for all threads there are.
#pragma once

#include <optional>
#include <utility>

#include "isolate/seccomp_filter.h"
#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

class LockDown {
  public:
    // Nothing to do: sandbox=off.
    LockDown() = default;
    LockDown(SandboxPolicy policy, std::optional<SeccompFilter> filter, bool landlock)
        : policy_(std::move(policy)), filter_(std::move(filter)), landlock_(landlock) {}

    Result<> now() const;

  private:
    SandboxPolicy policy_ = {.preset = SandboxPreset::off};
    std::optional<SeccompFilter> filter_;
    bool landlock_ = false;  // This stage runs under Landlock.
};

}  // namespace parallax
