#include "app/machine.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/one_line.h"

namespace parallax::app {
namespace {

using Json = nlohmann::ordered_json;
using Holds = HardwareProfile::Cache::Holds;

// 0-3,8: as cores= takes it.
std::string ranges(std::span<const int> cpus) {
    std::string text;
    for (std::size_t i = 0; i < cpus.size();) {
        std::size_t last = i;
        while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
        if (!text.empty()) text += ",";
        text += last == i ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
        i = last + 1;
    }
    return text.empty() ? "none" : text;
}

std::string bytes_text(std::uint64_t bytes) {
    static constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    double value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return fmt::format("{:.{}f} {}", value, unit == 0 || value >= 100 ? 0 : 1, kUnits.at(unit));
}

std::string_view word(Holds holds) {
    if (holds == Holds::data) return "data";
    return holds == Holds::instructions ? "instructions" : "both";
}

// Cores that differ in nothing but their number are told together.
std::string cores_text(const HardwareProfile& machine) {
    using Alike = std::tuple<int, int, CoreKind, int>;
    std::map<Alike, std::pair<int, std::vector<int>>> groups;
    for (const auto& core : machine.cores) {
        auto& [count, cpus] = groups[{core.package, core.numa_node, core.kind, core.most_mhz}];
        ++count;
        cpus.insert(cpus.end(), core.cpus.begin(), core.cpus.end());
    }
    std::string text;
    for (auto& [alike, group] : groups) {
        const auto& [package, node, kind, mhz] = alike;
        auto& [count, cpus] = group;
        std::ranges::sort(cpus);
        text += fmt::format("  cores      {}", count);
        if (kind != CoreKind::alike) text += fmt::format(" {}", to_string(kind));
        if (package >= 0) text += fmt::format(", package {}", package);
        if (node >= 0) text += fmt::format(", node {}", node);
        if (mhz > 0) text += fmt::format(", up to {} MHz", mhz);
        text += fmt::format(": CPUs {}\n", ranges(cpus));
    }
    return text;
}

std::string caches_text(const HardwareProfile& machine) {
    using Alike = std::tuple<int, Holds, std::uint64_t, std::size_t>;
    std::map<Alike, int> groups;
    for (const auto& cache : machine.caches) {
        ++groups[{cache.level, cache.holds, cache.bytes, cache.cpus.size()}];
    }
    std::string text;
    for (const auto& [alike, count] : groups) {
        const auto& [level, holds, bytes, sharers] = alike;
        text += fmt::format("  caches     {} × L{} of {}", count, level, bytes_text(bytes));
        if (holds != Holds::both) text += fmt::format(", {}", word(holds));
        if (sharers > 1) text += fmt::format(", shared by {} CPUs", sharers);
        text += "\n";
    }
    return text;
}

std::string limits_text(const Limits& limits) {
    std::string text = fmt::format("limits in force\n  CPUs       {}\n", ranges(limits.cpus));
    text += fmt::format("  CPU time   {}\n", limits.cpu_quota
                                                 ? fmt::format("{:.2f} cores", *limits.cpu_quota)
                                                 : "not limited");
    const auto add = [&](std::string_view name, std::optional<std::uint64_t> limit, bool bytes) {
        text += fmt::format("  {:<10} {}\n", name,
                            !limit  ? "not limited"
                            : bytes ? bytes_text(*limit)
                                    : fmt::format("{}", *limit));
    };
    add("memory", limits.memory_bytes, true);
    add("threads", limits.pids, false);
    add("locked", limits.locked_bytes, true);
    add("open files", limits.open_files, false);
    text += fmt::format("  real time  {}\n",
                        limits.realtime_priority == 0
                            ? "no priority without CAP_SYS_NICE"
                            : fmt::format("priority up to {}", limits.realtime_priority));
    text += limits.cgroup_version == 0
                ? "  cgroups    none seen\n"
                : fmt::format("  cgroups    version {}\n", limits.cgroup_version);
    return text;
}

template <class T>
Json or_null(const std::optional<T>& value) {
    return value ? Json(*value) : Json(nullptr);
}
Json place(int number) { return number >= 0 ? Json(number) : Json(nullptr); }

Json limits_json(const Limits& limits) {
    return {{"cpus", limits.cpus},
            {"cpu_quota", or_null(limits.cpu_quota)},
            {"memory_bytes", or_null(limits.memory_bytes)},
            {"pids", or_null(limits.pids)},
            {"locked_bytes", or_null(limits.locked_bytes)},
            {"open_files", or_null(limits.open_files)},
            {"realtime_priority", limits.realtime_priority},
            {"cgroup_version", limits.cgroup_version}};
}

}  // namespace

std::string machine_text(const HardwareProfile& machine) {
    std::string text =
        fmt::format("machine: {}, {} cores, {} CPUs, {} of memory\n",
                    machine.architecture.empty() ? "unknown" : one_line(machine.architecture),
                    machine.cores.size(), machine.cpu_count(), bytes_text(machine.memory_bytes));
    for (std::size_t i = 0; i < machine.packages.size(); ++i) {
        const auto& package = machine.packages[i];
        text += fmt::format("  package {}  {}: CPUs {}\n", i,
                            package.model.empty() ? "unknown" : one_line(package.model),
                            ranges(package.cpus));
    }
    for (std::size_t i = 0; i < machine.numa_nodes.size(); ++i) {
        const auto& node = machine.numa_nodes[i];
        text += fmt::format("  node {}     {} (the kernel's {}): CPUs {}\n", i,
                            bytes_text(node.memory_bytes), node.os_number, ranges(node.cpus));
    }
    text += cores_text(machine) + caches_text(machine);
    for (const auto& device : machine.devices) {
        text += fmt::format("  device     {} ({})", one_line(device.name), device.kind);
        if (!device.model.empty()) text += fmt::format(", {}", one_line(device.model));
        if (!device.address.empty()) text += fmt::format(", at {}", device.address);
        if (device.numa_node >= 0) text += fmt::format(", near node {}", device.numa_node);
        text += "\n";
    }
    return text + limits_text(machine.limits);
}

std::string machine_json(const HardwareProfile& machine) {
    Json json{{"architecture", machine.architecture},
              {"memory_bytes", machine.memory_bytes},
              {"page_bytes", machine.page_bytes},
              {"packages", Json::array()},
              {"numa_nodes", Json::array()},
              {"cores", Json::array()},
              {"caches", Json::array()},
              {"devices", Json::array()}};
    for (const auto& each : machine.packages) {
        json["packages"].push_back({{"model", each.model}, {"cpus", each.cpus}});
    }
    for (const auto& each : machine.numa_nodes) {
        json["numa_nodes"].push_back({{"os_number", each.os_number},
                                      {"memory_bytes", each.memory_bytes},
                                      {"cpus", each.cpus}});
    }
    for (const auto& each : machine.cores) {
        json["cores"].push_back({{"package", place(each.package)},
                                 {"numa_node", place(each.numa_node)},
                                 {"kind", to_string(each.kind)},
                                 {"most_mhz", each.most_mhz},
                                 {"cpus", each.cpus}});
    }
    for (const auto& each : machine.caches) {
        json["caches"].push_back({{"level", each.level},
                                  {"holds", word(each.holds)},
                                  {"bytes", each.bytes},
                                  {"line_bytes", each.line_bytes},
                                  {"cpus", each.cpus}});
    }
    for (const auto& each : machine.devices) {
        json["devices"].push_back({{"name", each.name},
                                   {"kind", each.kind},
                                   {"model", each.model},
                                   {"address", each.address},
                                   {"numa_node", place(each.numa_node)},
                                   {"cpus", each.cpus}});
    }
    json["limits"] = limits_json(machine.limits);
    // What the kernel calls things need not be UTF-8.
    return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace parallax::app
