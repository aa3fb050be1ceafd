#include "support/shared_data.h"

#include <cstdlib>

namespace parallax {

// The path is compiled in here alone: in each test it would keep ccache from serving a second
// clone.
std::string source_folder() { return PARALLAX_SOURCE_DIR; }

std::string shared_folder() {
    // Tests set no environment while they run.
    const char* named = std::getenv("PARALLAX_TEST_DATA");  // NOLINT(concurrency-mt-unsafe)
    if (named != nullptr && *named != '\0') return named;
    return source_folder() + "/../shared/data";
}

}  // namespace parallax
