#include "isolate/grants.h"

#include <filesystem>

namespace parallax {
namespace {

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
            grants.read_paths.push_back(has_pattern(path) ? folder_of(path) : path);
        }
    }
    return {};
}

}  // namespace parallax
