// SandboxPolicy: what one element's process may touch: system calls, files, network, memory, CPU.
//
//     SandboxPolicy policy;                                   // minimal-compute, every layer
//     policy.grants.read_paths.push_back("/data/scene.raw");  // and this file, nothing beside it
//
// A grant brings the system calls that it needs, so `minimal_compute` plus a readable file can open
// files, of which it sees that one. A policy file (docs/reference/sandbox-policy.md) can tighten
// and widen what was derived. What it all promises: docs/sandbox.md.
//
// Threads: plain values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/result.h"

namespace parallax {

enum class SandboxPreset : std::uint8_t {
    minimal_compute,  // Memory, threads, the descriptors it was handed. The default.
    with_network,     // And sockets (unix, IPv4, IPv6) in the machine's own network.
    with_filesystem,  // And file calls, on what is granted: its root is empty.
    off,              // A process of its own, and nothing more.
    custom,           // minimal_compute, changed by the policy's own allow and deny lists.
};

// What happens when this machine lacks a layer.
enum class SandboxLayers : std::uint8_t {
    require,      // Nothing runs; the error names the layer.
    best_effort,  // It runs without, and says which are missing.
};

// Absolute paths; each is visible inside under the same name.
struct SandboxGrants {
    std::vector<std::string> read_paths = {};    // Files and folders with all below.
    std::vector<std::string> write_paths = {};   // The same; they must exist.
    std::vector<std::string> device_paths = {};  // Opened for reading and writing, ioctl allowed.
    std::vector<std::string> endpoints = {};     // unix:PATH, tcp:PORT or HOST:PORT.
    std::vector<std::string> load_paths = {};  // Readable and mappable until lock-down, no longer.
};

struct SandboxLimits {
    std::optional<std::uint64_t> memory_max_bytes = {};  // Without: no limit of ours.
    std::optional<double> cpu_quota = {};                // Cores: 0.5 is half of one.
    std::uint32_t pids_max = 64;                         // Threads, the first one included.
};

struct SandboxPolicy {
    SandboxPreset preset = SandboxPreset::minimal_compute;
    SandboxLayers layers = SandboxLayers::require;
    std::vector<std::string> allow = {};  // System calls beyond the preset, by name.
    std::vector<std::string> deny = {};   // And those taken out of it.
    SandboxGrants grants = {};
    SandboxLimits limits = {};

    bool needs_files() const;    // It opens paths after lock-down.
    bool writes_files() const;   // …and changes what is there.
    bool needs_sockets() const;  // It opens sockets of its own.
    bool needs_network() const;  // …and they reach the machine's network.
};

// "minimal-compute", "with-network" …, both ways.
std::string_view to_string(SandboxPreset preset);
Result<SandboxPreset> sandbox_preset(std::string_view name);
Result<SandboxLayers> sandbox_layers(std::string_view name);

// "512M", "2G", "65536": K, M, G and T are powers of 1024.
Result<std::uint64_t> parse_bytes(std::string_view text);

struct EndpointAddress {
    std::string unix_path;   // Of unix:PATH; else empty.
    std::uint16_t port = 0;  // Of tcp:PORT and HOST:PORT. Hosts are not told apart: see docs.
};
Result<EndpointAddress> parse_endpoint(std::string_view text);

// Paths absolute and without "..", names of system calls known, limits sensible.
Result<> check_policy(const SandboxPolicy& policy);

// A policy in TOML. `where` names it in errors: "sandbox.toml:3: …". What the text does not say
// stays as it is in `base`.
Result<SandboxPolicy> parse_policy(std::string_view text, std::string_view where,
                                   SandboxPolicy base = {});
Result<SandboxPolicy> read_policy_file(const std::string& path, SandboxPolicy base = {});

// The value of `sandbox=`: the name of a preset, or else the path of a policy file.
Result<SandboxPolicy> sandbox_policy(const std::string& preset_or_file);

}  // namespace parallax
