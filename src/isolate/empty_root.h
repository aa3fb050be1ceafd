// EmptyRoot: a file system with nothing in it but what was granted.
//
//     auto root = PX_TRY(EmptyRoot::gather(policy.grants));   // as whoever may see the files
//     PX_TRY(take_identity(…));
//     PX_TRY(std::move(root).enter());                        // and there is no way back
//
// The root is an empty tmpfs, read-only once it is built; the old one is detached. Grants are bind
// mounts under their own names: read-only unless granted for writing, never with set-user-id, no
// devices but those granted, and executable only what is to be loaded.
//
// Threads: it changes the calling process, which has one thread, in a mount namespace of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

class EmptyRoot {
  public:
    // Takes hold of what is granted, while it can still be seen.
    static Result<EmptyRoot> gather(const SandboxGrants& grants);

    Result<> enter() &&;

  private:
    struct Mount {
        std::string path;
        UniqueFd tree;  // Detached, with its attributes set.
        bool folder = false;
    };

    Result<> add(const std::string& path, std::uint64_t attributes);
    static Result<> attach(const Mount& mount);

    std::vector<Mount> mounts_;
};

}  // namespace parallax
