// spare_of: the process that an idle fork server keeps for its next stage.
//
//     const pid_t spare = spare_of(*zygote);  // Waits until it is there.
//
// Threads: any; the fork server has no other child meanwhile, and has had one before.
#pragma once

#include <fstream>
#include <string>

#include <sys/types.h>

#include "isolate/zygote.h"
#include "support/until.h"

namespace parallax::testing {

inline pid_t spare_of(const Zygote& zygote) {
    const std::string pid = std::to_string(zygote.pid());
    pid_t spare = 0;
    until([&] {
        std::ifstream children("/proc/" + pid + "/task/" + pid + "/children");
        return static_cast<bool>(children >> spare);
    });
    return spare;
}

}  // namespace parallax::testing
