// shared_file: real camera files and pictures for tests, which the repository does not carry.
//
// The folder (raw/, truth/, pictures/ …) is named by the environment's PARALLAX_TEST_DATA; without
// it, ../shared/data beside the source tree is tried. A test whose file is absent says so aloud.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <unistd.h>

#include <doctest/doctest.h>

namespace parallax {

std::string shared_folder();
std::string source_folder();  // The root of the source tree.

// The path of "raw/sample1.dng", or nothing (with a message) where it is absent.
inline std::optional<std::string> shared_file(std::string_view name) {
    std::string path = shared_folder() + "/" + std::string(name);
    if (::access(path.c_str(), R_OK) == 0) return path;
    MESSAGE("skipped, no test data: ", path);
    return std::nullopt;
}

}  // namespace parallax
