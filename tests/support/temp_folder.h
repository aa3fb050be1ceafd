// TempFolder: a fresh folder that goes away with all it holds.
#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include <stdlib.h>

#include <doctest/doctest.h>

namespace parallax {

class TempFolder {
  public:
    TempFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "parallax-XXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const { return path_; }
    std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }
    std::vector<std::string> names() const {  // Unsorted.
        std::vector<std::string> all;
        for (const auto& entry : std::filesystem::directory_iterator(path_)) {
            all.push_back(entry.path().filename());
        }
        return all;
    }

  private:
    std::string path_;
};

}  // namespace parallax
