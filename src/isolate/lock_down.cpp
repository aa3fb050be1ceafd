#include "isolate/lock_down.h"

#include "isolate/landlock.h"
#include "isolate/privileges.h"

namespace parallax {

Result<> LockDown::now() const {
    if (policy_.preset == SandboxPreset::off) return {};
    if (!policy_.writes_files()) PX_TRY(forbid_file_growth());
    // What was only to be loaded is shut; the rest is as it was at the start.
    if (landlock_ && !policy_.grants.load_paths.empty()) {
        PX_TRY(restrict_by_landlock(policy_, LandlockPhase::final));
    }
    if (filter_) PX_TRY(filter_->install());
    return {};
}

}  // namespace parallax
