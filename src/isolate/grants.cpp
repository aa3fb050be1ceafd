#include "isolate/grants.h"

#include <filesystem>

#include <glob.h>

namespace parallax {
namespace {

constexpr std::size_t kMostFiles = 128;  // Each is a mount, some 10 µs at every birth.

bool has_pattern(std::string_view path) {
    return path.find_first_of("*?[%") != std::string_view::npos;
}

std::string folder_of(const std::string& path) {
    std::filesystem::path folder(path);
    do {
        folder = folder.parent_path();
    } while (has_pattern(folder.string()));
    return folder.empty() ? "/" : folder.string();
}

// What a pattern names now. "%03d" stands for digits, as multifilesrc has it.
std::vector<std::string> files_of(const std::string& pattern) {
    std::string wanted;
    for (std::size_t at = 0; at < pattern.size(); ++at) {
        const std::size_t letter = pattern.find_first_not_of("0123456789", at + 1);
        const bool number =
            pattern[at] == '%' && letter != std::string::npos && pattern[letter] == 'd';
        wanted += number ? "[0-9]*" : pattern.substr(at, 1);
        if (number) at = letter;
    }
    std::vector<std::string> files;
    glob_t found{};
    if (::glob(wanted.c_str(), 0, nullptr, &found) == 0) {
        files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return files;
}

// What is not there is not granted: the element itself says that it misses it.
void add_reads(const std::string& path, std::vector<std::string>& grants) {
    std::error_code error;
    if (!has_pattern(path)) {
        if (std::filesystem::exists(path, error)) grants.push_back(path);
        return;
    }
    const std::vector<std::string> files = files_of(path);
    const bool in_many = folder_of(path) != std::filesystem::path(path).parent_path();
    if (in_many || files.size() > kMostFiles) return grants.push_back(folder_of(path));
    grants.insert(grants.end(), files.begin(), files.end());
}

}  // namespace

std::string absolute_path(const std::string& path) {
    std::error_code error;
    const std::filesystem::path whole = std::filesystem::absolute(path, error);
    return error ? path : whole.lexically_normal().string();
}

Result<> add_grants(const Element& element, SandboxGrants& grants) {
    for (const PropertySpec& spec : element.properties()) {
        const bool reads = spec.type == "read-path";
        const bool writes = spec.type == "write-path";
        const bool endpoint = spec.type == "endpoint";
        const bool device = spec.type == "device-path";
        if (!reads && !writes && !endpoint && !device) continue;
        const auto value = element.property(spec.name);
        const auto* text = value ? std::get_if<std::string>(&*value) : nullptr;
        if (text == nullptr || text->empty()) continue;
        if (endpoint) {
            grants.endpoints.push_back(*text);
            continue;
        }
        const std::string path = absolute_path(*text);
        if (device) {
            grants.device_paths.push_back(path);
        } else if (writes) {
            // It is written under another name first, and renamed: that is a right on the folder.
            grants.write_paths.push_back(folder_of(path));
        } else {
            add_reads(path, grants.read_paths);
        }
    }
    return {};
}

}  // namespace parallax
