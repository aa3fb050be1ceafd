#include "app/isolation_options.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <fmt/core.h>

namespace parallax::app {
namespace {

using Restart = SupervisorOptions::Restart;

template <class Number>
Result<Number> number_in(std::string_view text, std::string_view what) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= 0) return value;
    return fail(Errc::invalid_argument, fmt::format("{}: \"{}\" is no number", what, text));
}

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        const std::size_t comma = text.find(',');
        if (comma != 0) parts.emplace_back(text.substr(0, comma));
        text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
    }
    return parts;
}

Result<std::chrono::nanoseconds> duration(std::string_view text, std::string_view what) {
    auto ns = parse_duration(text);
    if (!ns) return Failure(std::move(ns).context(std::string(what)).error());
    return std::chrono::nanoseconds(*ns);
}

Result<> set_restart(std::string_view key, std::string_view value, Restart& restart) {
    if (key == "max") {
        restart.most = PX_TRY(number_in<std::uint32_t>(value, "--restart max"));
    } else if (key == "delay") {
        restart.delay = PX_TRY(duration(value, "--restart delay"));
    } else if (key == "max-delay") {
        restart.longest_delay = PX_TRY(duration(value, "--restart max-delay"));
    } else if (key == "window") {
        restart.window = PX_TRY(duration(value, "--restart window"));
    } else if (key == "backoff") {
        using enum Restart::Backoff;
        if (value != "constant" && value != "linear" && value != "exponential") {
            return fail(Errc::invalid_argument,
                        fmt::format("--restart backoff: \"{}\" is none of constant, linear, "
                                    "exponential",
                                    value));
        }
        restart.backoff = value == "constant" ? constant : value == "linear" ? linear : exponential;
    } else {
        return fail(Errc::invalid_argument, fmt::format("--restart: what is \"{}\"?", key),
                    "max=5,delay=10ms,backoff=exponential,max-delay=30s,window=60s");
    }
    return {};
}

Result<> read_restart(std::string_view text, Restart& restart) {
    for (const std::string& part : split(text)) {
        const std::size_t equals = part.find('=');
        const std::string_view all = part;
        const std::string_view value = equals == std::string::npos ? "" : all.substr(equals + 1);
        PX_TRY(set_restart(all.substr(0, equals), value, restart));
    }
    return {};
}

Result<> read_limits(const Options& options, SandboxLimits& limits) {
    if (const auto text = options.get("memory-max")) {
        limits.memory_max_bytes = PX_TRY(parse_bytes(*text));
    }
    if (const auto text = options.get("cpu-quota")) {
        limits.cpu_quota = PX_TRY(number_in<double>(*text, "--cpu-quota"));
    }
    if (const auto text = options.get("pids-max")) {
        limits.pids_max = PX_TRY(number_in<std::uint32_t>(*text, "--pids-max"));
    }
    return {};
}

// Of this user, as the XDG Base Directory Specification says for state; none without a home.
std::string crash_folder() {
    const char* state = std::getenv("XDG_STATE_HOME");  // NOLINT(concurrency-mt-unsafe)
    if (state != nullptr && *state == '/') return std::string(state) + "/parallax/crashes";
    const char* home = std::getenv("HOME");  // NOLINT(concurrency-mt-unsafe)
    if (home == nullptr || *home != '/') return "";
    return std::string(home) + "/.local/state/parallax/crashes";
}

Result<> read_sandbox(const Options& options, SandboxPolicy& sandbox) {
    if (const auto text = options.get("sandbox")) sandbox = PX_TRY(sandbox_policy(*text));
    if (const auto text = options.get("sandbox-layers")) {
        sandbox.layers = PX_TRY(sandbox_layers(*text));
    }
    PX_TRY(read_limits(options, sandbox.limits));
    return check_policy(sandbox);
}

// What contradicts each other is refused, not weighed.
Result<> read_delivery(const Options& options, SupervisorOptions& supervisor) {
    const auto delivery = options.get("delivery");
    const bool exact = delivery == "exact";
    if (delivery) apply_delivery(exact ? Delivery::exact : Delivery::live, supervisor);
    if (exact && supervisor.on_crash == SupervisorOptions::OnCrash::drop) {
        return fail(Errc::invalid_argument,
                    "--delivery exact loses nothing, and --on-crash drop ends a branch",
                    "leave one of them out");
    }
    if (const auto text = options.get("poison-after")) {
        supervisor.poison_after = PX_TRY(number_in<std::uint32_t>(*text, "--poison-after"));
        if (exact && supervisor.poison_after != 0) {
            return fail(Errc::invalid_argument,
                        "--delivery exact loses nothing, and --poison-after passes frames over",
                        "leave one of them out");
        }
    }
    return {};
}

Result<> read_watch(const Options& options, SupervisorOptions& supervisor) {
    if (const auto text = options.get("heartbeat")) {
        supervisor.heartbeat = PX_TRY(duration(*text, "--heartbeat"));
        if (supervisor.heartbeat < std::chrono::milliseconds(10)) {
            return fail(Errc::invalid_argument, "--heartbeat: less than 10ms is not kept by Linux");
        }
    }
    const auto deadline = options.get("frame-deadline");
    if (deadline && *deadline != "auto") {
        supervisor.frame_deadline = PX_TRY(duration(*deadline, "--frame-deadline"));
    }
    return {};
}

}  // namespace

Result<SupervisorOptions> supervisor_options(const Options& options) {
    SupervisorOptions supervisor;
    supervisor.crash_folder = crash_folder();
    PX_TRY(read_sandbox(options, supervisor.sandbox));
    if (const auto text = options.get("restart")) PX_TRY(read_restart(*text, supervisor.restart));
    if (const auto text = options.get("on-crash")) {
        using enum SupervisorOptions::OnCrash;
        supervisor.on_crash = *text == "drop" ? drop : *text == "stop" ? stop : restart;
    }
    supervisor.strict = options.has("strict");
    PX_TRY(read_delivery(options, supervisor));
    PX_TRY(read_watch(options, supervisor));
    return supervisor;
}

Result<> apply_isolation(const Options& options, const Registry& registry, Graph& graph) {
    for (const std::string& text : options.all("grouped")) {
        const std::size_t equals = text.find('=');
        const std::string name = text.substr(0, equals);
        if (equals == std::string::npos || name.empty() || name == "no" || name == "process") {
            return fail(Errc::invalid_argument, fmt::format("--grouped {}: not understood", text),
                        "--grouped NAME=PATTERN,…");
        }
        isolate_matching(graph, registry, split(std::string_view(text).substr(equals + 1)), name);
    }
    for (const std::string& text : options.all("isolated")) {
        isolate_matching(graph, registry, split(text), "process");
    }
    return {};
}

}  // namespace parallax::app
