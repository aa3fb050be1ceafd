// The policy file: TOML, read strictly. docs/reference/sandbox-policy.md documents its keys.
#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#define TOML_EXCEPTIONS 0
#define TOML_HEADER_ONLY 1
#define TOML_ENABLE_UNRELEASED_FEATURES 0
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

#include "graph/near_word.h"
#include "parallax/sandbox_policy.h"

namespace parallax {
namespace {

// Where in which file, for errors.
class Place {
  public:
    explicit Place(std::string_view file) : file_(file) {}

    Failure fail_at(const toml::source_region& at, const std::string& what,
                    std::string hint = {}) const {
        return fail(Errc::invalid_argument, text(at) + what, std::move(hint));
    }
    std::string text(const toml::source_region& at) const {
        return file_ + ":" + std::to_string(at.begin.line) + ":" + std::to_string(at.begin.column) +
               ": ";
    }

  private:
    std::string file_;
};

// Every key that is there must be one of these.
Result<> only_known(const Place& place, const toml::table& table,
                    std::span<const std::string_view> known, const std::string& what) {
    for (const auto& [key, value] : table) {
        if (std::ranges::find(known, key.str()) != known.end()) continue;
        return place.fail_at(key.source(), "no " + what + " called " + std::string(key.str()),
                             suggest(key.str(), known));
    }
    return {};
}

// The table under `key`, or an empty one where there is none.
Result<const toml::table*> section(const Place& place, const toml::table& root,
                                   std::string_view key) {
    static const toml::table kNothing;
    const toml::node* node = root.get(key);
    if (node == nullptr) return &kNothing;
    if (const toml::table* table = node->as_table()) return table;
    return place.fail_at(node->source(), std::string(key) + " is not a section",
                         "write [" + std::string(key) + "] on a line of its own");
}

Result<> read_texts(const Place& place, const toml::table& table, std::string_view key,
                    std::vector<std::string>& into) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const toml::array* array = node->as_array();
    if (array == nullptr) {
        return place.fail_at(node->source(), std::string(key) + " is not a list of texts",
                             "as in " + std::string(key) + " = [\"…\"]");
    }
    for (const toml::node& element : *array) {
        const auto text = element.value_exact<std::string>();
        if (!text) return place.fail_at(element.source(), "this is not a text", "quote it");
        into.push_back(*text);
    }
    return {};
}

// A text, handed to `read`, whose error then gets the place.
template <class Read>
Result<> read_text(const Place& place, const toml::table& table, std::string_view key, Read read) {
    const toml::node* node = table.get(key);
    if (node == nullptr) return {};
    const auto text = node->value_exact<std::string>();
    if (!text) {
        return place.fail_at(node->source(), std::string(key) + " is not a text", "quote it");
    }
    const Result<> done = read(*text);
    if (!done) {
        return place.fail_at(node->source(), done.error().message, done.error().hint);
    }
    return {};
}

Result<> read_limits(const Place& place, const toml::table& table, SandboxLimits& limits) {
    static constexpr auto kKeys =
        std::to_array<std::string_view>({"memory-max", "cpu-quota", "pids-max"});
    PX_TRY(only_known(place, table, kKeys, "limit"));
    PX_TRY(read_text(place, table, "memory-max", [&](const std::string& text) -> Result<> {
        limits.memory_max_bytes = PX_TRY(parse_bytes(text));
        return {};
    }));
    if (const toml::node* node = table.get("cpu-quota")) {
        limits.cpu_quota = node->value<double>();
        if (!limits.cpu_quota) {
            return place.fail_at(node->source(), "cpu-quota is not a number of cores");
        }
    }
    if (const toml::node* node = table.get("pids-max")) {
        const auto count = node->value_exact<std::int64_t>();
        if (!count || *count < 1 || *count > 32768) {
            return place.fail_at(node->source(), "pids-max is not between 1 and 32768");
        }
        limits.pids_max = static_cast<std::uint32_t>(*count);
    }
    return {};
}

Result<> read_grants(const Place& place, const toml::table& table, SandboxGrants& grants) {
    static constexpr auto kKeys =
        std::to_array<std::string_view>({"read", "write", "device", "endpoint"});
    PX_TRY(only_known(place, table, kKeys, "grant"));
    PX_TRY(read_texts(place, table, "read", grants.read_paths));
    PX_TRY(read_texts(place, table, "write", grants.write_paths));
    PX_TRY(read_texts(place, table, "device", grants.device_paths));
    return read_texts(place, table, "endpoint", grants.endpoints);
}

Result<> read_calls(const Place& place, const toml::table& table, SandboxPolicy& policy) {
    static constexpr auto kKeys = std::to_array<std::string_view>({"allow", "deny"});
    PX_TRY(only_known(place, table, kKeys, "list of system calls"));
    PX_TRY(read_texts(place, table, "allow", policy.allow));
    PX_TRY(read_texts(place, table, "deny", policy.deny));
    if (!policy.allow.empty() || !policy.deny.empty()) {
        // A preset's name promises its exact set.
        if (policy.preset == SandboxPreset::minimal_compute) policy.preset = SandboxPreset::custom;
    }
    return {};
}

Result<SandboxPolicy> policy_of(const Place& place, const toml::table& root, SandboxPolicy policy) {
    static constexpr auto kKeys =
        std::to_array<std::string_view>({"preset", "layers", "system-calls", "grants", "limits"});
    PX_TRY(only_known(place, root, kKeys, "key"));
    PX_TRY(read_text(place, root, "preset", [&](const std::string& text) -> Result<> {
        policy.preset = PX_TRY(sandbox_preset(text));
        return {};
    }));
    PX_TRY(read_text(place, root, "layers", [&](const std::string& text) -> Result<> {
        policy.layers = PX_TRY(sandbox_layers(text));
        return {};
    }));
    PX_TRY(read_calls(place, *PX_TRY(section(place, root, "system-calls")), policy));
    PX_TRY(read_grants(place, *PX_TRY(section(place, root, "grants")), policy.grants));
    PX_TRY(read_limits(place, *PX_TRY(section(place, root, "limits")), policy.limits));
    return policy;
}

}  // namespace

Result<SandboxPolicy> parse_policy(std::string_view text, std::string_view where,
                                   SandboxPolicy base) {
    const Place place(where);
    const toml::parse_result parsed = toml::parse(text, where);
    if (!parsed) {
        const toml::parse_error& error = parsed.error();
        return place.fail_at(error.source(), std::string(error.description()));
    }
    SandboxPolicy policy = PX_TRY(policy_of(place, parsed.table(), std::move(base)));
    PX_TRY(check_policy(policy).context(std::string(where)));
    return policy;
}

Result<SandboxPolicy> read_policy_file(const std::string& path, SandboxPolicy base) {
    const std::ifstream file(path);
    std::ostringstream text;
    if (file) text << file.rdbuf();
    if (!file || !text) return fail(Errc::io, "cannot read the sandbox policy " + path);
    return parse_policy(text.str(), path, std::move(base));
}

}  // namespace parallax
