#include "parallax/sandbox_policy.h"

#include <string>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

Error refusal(std::string_view text) {
    const auto policy = parse_policy(text, "p.toml");
    REQUIRE_FALSE(policy);
    return policy.error();
}

}  // namespace

TEST_CASE("sandbox policy: presets go by their names") {
    for (const auto preset :
         {SandboxPreset::minimal_compute, SandboxPreset::with_network,
          SandboxPreset::with_filesystem, SandboxPreset::off, SandboxPreset::custom}) {
        CHECK(unwrap(sandbox_preset(to_string(preset))) == preset);
    }
    const auto wrong = sandbox_preset("minimal-computer");
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().hint == "did you mean minimal-compute?");
}

TEST_CASE("sandbox policy: bytes have units, and nothing else") {
    CHECK(unwrap(parse_bytes("65536")) == 65536);
    CHECK(unwrap(parse_bytes("512M")) == 512ULL << 20);
    CHECK(unwrap(parse_bytes("2G")) == 2ULL << 30);
    CHECK(unwrap(parse_bytes("1T")) == 1ULL << 40);
    for (const char* wrong : {"", "M", "12X", "1MB", "-1", " 1", "99999999999T", "1.5G"}) {
        CAPTURE(std::string(wrong));
        CHECK_FALSE(parse_bytes(wrong));
    }
}

TEST_CASE("sandbox policy: endpoints are a unix path or end in a port") {
    CHECK(unwrap(parse_endpoint("unix:/run/f.sock")).unix_path == "/run/f.sock");
    CHECK(unwrap(parse_endpoint("tcp:8080")).port == 8080);
    CHECK(unwrap(parse_endpoint("camera.lan:554")).port == 554);
    for (const char* wrong :
         {"", ":", ":80", "camera", "camera:", "tcp:0", "tcp:70000", "tcp:8x"}) {
        CAPTURE(std::string(wrong));
        CHECK_FALSE(parse_endpoint(wrong));
    }
}

TEST_CASE("sandbox policy: a grant brings what it needs") {
    SandboxPolicy policy;
    CHECK_FALSE(policy.needs_files());
    CHECK_FALSE(policy.needs_network());
    policy.grants.read_paths = {"/a"};
    CHECK(policy.needs_files());
    CHECK_FALSE(policy.writes_files());
    policy.grants.endpoints = {"unix:/run/s"};
    CHECK(policy.needs_sockets());
    CHECK_FALSE(policy.needs_network());
    policy.grants.endpoints.emplace_back("tcp:80");
    CHECK(policy.needs_network());
}

TEST_CASE("sandbox policy: a file says all that a policy can") {
    const SandboxPolicy policy = unwrap(parse_policy(R"(
preset = "with-filesystem"
layers = "best-effort"
[system-calls]
allow = ["mincore"]
deny = ["getrusage"]
[grants]
read = ["/data/in"]
write = ["/data/out"]
device = ["/dev/video0"]
endpoint = ["tcp:8080"]
[limits]
memory-max = "512M"
cpu-quota = 0.5
pids-max = 8
)",
                                                     "p.toml"));
    CHECK(policy.preset == SandboxPreset::with_filesystem);
    CHECK(policy.layers == SandboxLayers::best_effort);
    CHECK(policy.allow == std::vector<std::string>{"mincore"});
    CHECK(policy.deny == std::vector<std::string>{"getrusage"});
    CHECK(policy.grants.read_paths == std::vector<std::string>{"/data/in"});
    CHECK(policy.grants.write_paths == std::vector<std::string>{"/data/out"});
    CHECK(policy.grants.device_paths == std::vector<std::string>{"/dev/video0"});
    CHECK(policy.grants.endpoints == std::vector<std::string>{"tcp:8080"});
    CHECK(policy.limits.memory_max_bytes == 512ULL << 20);
    CHECK(policy.limits.cpu_quota == 0.5);
    CHECK(policy.limits.pids_max == 8);
}

TEST_CASE("sandbox policy: a file adds to what was derived") {
    SandboxPolicy derived;
    derived.grants.read_paths = {"/derived"};
    const SandboxPolicy policy =
        unwrap(parse_policy("[grants]\nread = [\"/more\"]\n", "p.toml", derived));
    CHECK(policy.grants.read_paths == std::vector<std::string>{"/derived", "/more"});
    CHECK(unwrap(parse_policy("", "p.toml")).preset == SandboxPreset::minimal_compute);
    CHECK(unwrap(parse_policy("[system-calls]\nallow=[\"mincore\"]", "p.toml")).preset ==
          SandboxPreset::custom);
}

TEST_CASE("sandbox policy: what is wrong in a file is told with its place and a remedy") {
    CHECK(refusal("preset = \"minimal-compte\"").message ==
          "p.toml:1:10: no sandbox preset called minimal-compte");
    CHECK(refusal("preset = \"minimal-compte\"").hint == "did you mean minimal-compute?");
    CHECK(refusal("\n[limits]\nmemory-mx = \"1M\"").message ==
          "p.toml:3:1: no limit called memory-mx");
    CHECK(refusal("\n[limits]\nmemory-mx = \"1M\"").hint == "did you mean memory-max?");
    CHECK(refusal("[limits]\nmemory-max = 5").message == "p.toml:2:14: memory-max is not a text");
    CHECK(refusal("[grants]\nread = \"/a\"").message == "p.toml:2:8: read is not a list of texts");
    CHECK(refusal("grants = 1").message == "p.toml:1:10: grants is not a section");
    CHECK(refusal("preset = ").message.starts_with("p.toml:1:"));
    CHECK(refusal("[limits]\npids-max = 0").message.starts_with("p.toml:2:12: pids-max"));
}

TEST_CASE("sandbox policy: nothing that breaks out can be allowed, nothing vital denied") {
    CHECK(refusal("[system-calls]\nallow = [\"ptrace\"]").message ==
          "ptrace is never allowed in a sandbox");
    CHECK(refusal("[system-calls]\ndeny = [\"exit_group\"]").message.starts_with("exit_group"));
    CHECK(refusal("[system-calls]\nallow = [\"opnat\"]").hint == "did you mean openat?");
}

TEST_CASE("sandbox policy: grants are absolute paths without tricks") {
    for (const char* path : {"relative", "/", "/a/../etc", "/a/./b", "", "/.."}) {
        CAPTURE(std::string(path));
        SandboxPolicy policy;
        policy.grants.read_paths = {path};
        CHECK_FALSE(check_policy(policy));
    }
    SandboxPolicy policy;
    policy.grants.read_paths = {"/a/..b/c"};
    CHECK(check_policy(policy));
}

}  // namespace parallax
