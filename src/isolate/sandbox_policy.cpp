#include "parallax/sandbox_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "graph/near_word.h"
#include "isolate/seccomp_rules.h"

namespace parallax {
namespace {

constexpr std::array<std::string_view, 5> kPresets{"minimal-compute", "with-network",
                                                   "with-filesystem", "off", "custom"};
constexpr std::array<std::string_view, 2> kLayers{"require", "best-effort"};
constexpr std::uint64_t kLeastMemoryBytes = 4U << 20;  // Below it a thread hardly starts.

template <std::size_t N>
Result<std::size_t> one_of(std::string_view name, const std::array<std::string_view, N>& known,
                           std::string_view what) {
    const auto found = std::ranges::find(known, name);
    if (found == known.end()) {
        return fail(Errc::invalid_argument,
                    "no " + std::string(what) + " called " + std::string(name),
                    suggest(name, known));
    }
    return static_cast<std::size_t>(found - known.begin());
}

Result<> check_path(const std::string& path) {
    const bool absolute = path.starts_with('/') && path.size() > 1;
    const std::string framed = path + "/";
    const bool plain = framed.find("/../") == std::string::npos &&
                       framed.find("/./") == std::string::npos &&
                       framed.find('\0') == std::string::npos;
    if (absolute && plain) return {};
    return fail(Errc::invalid_argument, "cannot grant \"" + path + "\"",
                "a grant is an absolute path without . and .., and not the root");
}

Result<> check_paths(const SandboxGrants& grants) {
    for (const auto* paths :
         {&grants.read_paths, &grants.write_paths, &grants.device_paths, &grants.load_paths}) {
        for (const std::string& path : *paths) PX_TRY(check_path(path));
    }
    for (const std::string& endpoint : grants.endpoints) {
        const EndpointAddress address = PX_TRY(parse_endpoint(endpoint));
        if (!address.unix_path.empty()) PX_TRY(check_path(address.unix_path));
    }
    return {};
}

Result<> check_limits(const SandboxLimits& limits) {
    if (limits.memory_max_bytes && *limits.memory_max_bytes < kLeastMemoryBytes) {
        return fail(Errc::invalid_argument, "memory-max is below 4M");
    }
    if (limits.cpu_quota && !(*limits.cpu_quota >= 0.01 && *limits.cpu_quota <= 4096)) {
        return fail(Errc::invalid_argument, "cpu-quota is not between 0.01 and 4096 cores");
    }
    if (limits.pids_max < 1 || limits.pids_max > 32768) {
        return fail(Errc::invalid_argument, "pids-max is not between 1 and 32768");
    }
    return {};
}

}  // namespace

bool SandboxPolicy::writes_files() const {
    return preset == SandboxPreset::with_filesystem || !grants.write_paths.empty() ||
           !grants.device_paths.empty();
}

bool SandboxPolicy::needs_files() const { return writes_files() || !grants.read_paths.empty(); }

bool SandboxPolicy::needs_sockets() const {
    return preset == SandboxPreset::with_network || !grants.endpoints.empty();
}

bool SandboxPolicy::needs_network() const {
    return preset == SandboxPreset::with_network || preset == SandboxPreset::off ||
           std::ranges::any_of(grants.endpoints,
                               [](const std::string& text) { return !text.starts_with("unix:"); });
}

std::string_view to_string(SandboxPreset preset) {
    return kPresets.at(static_cast<std::size_t>(preset));
}

Result<SandboxPreset> sandbox_preset(std::string_view name) {
    return static_cast<SandboxPreset>(PX_TRY(one_of(name, kPresets, "sandbox preset")));
}

Result<SandboxLayers> sandbox_layers(std::string_view name) {
    return static_cast<SandboxLayers>(PX_TRY(one_of(name, kLayers, "choice of sandbox layers")));
}

Result<std::uint64_t> parse_bytes(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string_view rest(end, text.data() + text.size());
    static constexpr std::string_view kUnits = "KMGT";
    const std::size_t unit = rest.empty() ? 0 : kUnits.find(rest.front()) + 1;
    const bool known = rest.empty() || (rest.size() == 1 && unit != 0);
    const unsigned shift = static_cast<unsigned>(unit) * 10;
    if (error != std::errc{} || !known || number > (~std::uint64_t{0} >> shift)) {
        return fail(Errc::invalid_argument, "\"" + std::string(text) + "\" is no number of bytes",
                    "as in 65536, 512M or 2G");
    }
    return number << shift;
}

Result<EndpointAddress> parse_endpoint(std::string_view text) {
    if (text.starts_with("unix:")) {
        return EndpointAddress{.unix_path = std::string(text.substr(5)), .port = 0};
    }
    const std::size_t colon = text.rfind(':');
    const std::string_view digits = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    EndpointAddress address;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), address.port);
    if (colon == 0 || digits.empty() || error != std::errc{} ||
        end != digits.data() + digits.size() || address.port == 0) {
        return fail(Errc::invalid_argument, "\"" + std::string(text) + "\" is no endpoint",
                    "as in unix:/run/frames.sock, tcp:8080 or camera.lan:554");
    }
    return address;
}

Result<> check_policy(const SandboxPolicy& policy) {
    PX_TRY(check_paths(policy.grants));
    PX_TRY(check_limits(policy.limits));
    for (const std::string& name : policy.allow) {
        (void)PX_TRY(syscall_number(name));
        if (never_allowed(name)) {
            return fail(Errc::invalid_argument, name + " is never allowed in a sandbox",
                        "sandbox=off runs an element without one");
        }
    }
    for (const std::string& name : policy.deny) {
        (void)PX_TRY(syscall_number(name));
        if (indispensable(name)) {
            return fail(Errc::invalid_argument, name +
                                                    " cannot be denied: no process ends or "
                                                    "reports without it");
        }
    }
    return {};
}

Result<SandboxPolicy> sandbox_policy(const std::string& preset_or_file) {
    const bool path =
        preset_or_file.find('/') != std::string::npos || preset_or_file.ends_with(".toml");
    if (path) return read_policy_file(preset_or_file);
    SandboxPolicy policy;
    policy.preset = PX_TRY(sandbox_preset(preset_or_file));
    return policy;
}

}  // namespace parallax
