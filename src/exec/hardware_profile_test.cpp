#include "exec/hardware_profile.h"

#include <algorithm>
#include <memory>
#include <set>

#include <hwloc.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

using Cache = HardwareProfile::Cache;
using Cpus = std::vector<int>;

TEST_CASE("hardware: a machine of two packages, shared caches and two threads a core") {
    const auto machine =
        unwrap(synthetic_hardware("pack:2 [numa(memory=1073741824)] l3:1 core:4 l1d:1 pu:2"));
    REQUIRE(machine.packages.size() == 2);
    CHECK(machine.packages[1].cpus == Cpus{8, 9, 10, 11, 12, 13, 14, 15});
    REQUIRE(machine.numa_nodes.size() == 2);
    CHECK(machine.numa_nodes[1].memory_bytes == 1U << 30);
    CHECK(machine.numa_nodes[1].os_number == 1);
    CHECK(machine.memory_bytes == 2U << 30);
    REQUIRE(machine.cores.size() == 8);
    CHECK(machine.cores[5] ==
          HardwareProfile::Core{.package = 1, .numa_node = 1, .cpus = {10, 11}});
    CHECK(machine.cpu_count() == 16);
    const auto shared = std::ranges::find(machine.caches, 3, &Cache::level);
    REQUIRE(shared != machine.caches.end());
    CHECK(shared->cpus == machine.packages[0].cpus);
    CHECK(std::ranges::count(machine.caches, 1, &Cache::level) == 8);
    CHECK(machine.caches[0].holds == Cache::Holds::data);
    CHECK(machine.devices.empty());
    CHECK(machine.limits == Limits{});
}

TEST_CASE("hardware: without cores each thread is one, without packages there are none") {
    const auto machine = unwrap(synthetic_hardware("pu:3"));
    CHECK(machine.packages.empty());
    REQUIRE(machine.cores.size() == 3);
    CHECK(machine.cores[2].package == HardwareProfile::kNone);
    CHECK(machine.cores[2].numa_node == 0);
    CHECK(machine.cores[2].cpus == Cpus{2});
}

TEST_CASE(
    "hardware: two nodes in a package, and the kernel's numbers, which need not be in order") {
    const auto machine =
        unwrap(synthetic_hardware("pack:1 numa:2(indexes=7,3) core:2 pu:1(indexes=0,2,1,3)"));
    REQUIRE(machine.numa_nodes.size() == 2);
    CHECK(machine.numa_nodes[0].os_number == 7);
    CHECK(machine.numa_nodes[0].cpus == Cpus{0, 2});
    CHECK(machine.cores[1].cpus == Cpus{2});
    CHECK(machine.cores[1].numa_node == 0);
    CHECK(machine.cores[2].cpus == Cpus{1});
    CHECK(machine.cores[2].numa_node == 1);
}

TEST_CASE("hardware: cores of several kinds are told apart, from the least to the most able") {
    hwloc_topology_t raw = nullptr;
    REQUIRE(hwloc_topology_init(&raw) == 0);
    const std::unique_ptr<hwloc_topology, void (*)(hwloc_topology*)> topology(
        raw, [](hwloc_topology* t) { hwloc_topology_destroy(t); });
    REQUIRE(hwloc_topology_set_synthetic(raw, "pack:1 core:6 pu:1") == 0);
    REQUIRE(hwloc_topology_load(raw) == 0);
    CHECK(profile_of(raw).cores[0].kind == CoreKind::alike);
    const auto add_kind = [&](int first, int last, int efficiency, const char* mhz) {
        hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
        hwloc_bitmap_set_range(cpus, static_cast<unsigned>(first), last);
        std::string name = "FrequencyMaxMHz";
        std::string value = mhz;
        hwloc_info_s info{name.data(), value.data()};
        CHECK(hwloc_cpukinds_register(raw, cpus, efficiency, 1, &info, 0) == 0);
        hwloc_bitmap_free(cpus);
    };
    add_kind(4, 5, 30, "5200");
    add_kind(0, 1, 10, "2100");
    CHECK(profile_of(raw).cores[0].kind == CoreKind::little);
    add_kind(2, 3, 20, "3000");
    const HardwareProfile machine = profile_of(raw);
    std::vector<CoreKind> kinds;
    for (const auto& core : machine.cores) kinds.push_back(core.kind);
    CHECK(kinds == std::vector{CoreKind::little, CoreKind::little, CoreKind::middle,
                               CoreKind::middle, CoreKind::big, CoreKind::big});
    CHECK(machine.cores[5].most_mhz == 5200);
    CHECK(to_string(machine.cores[5].kind) == "big");
}

TEST_CASE("hardware: what describes no machine is refused, with an example") {
    for (const char* text : {"", "nonsense", "pack:0", "core:2 pack:2 core:2 pu:1", "pu:-1"}) {
        CAPTURE(std::string(text));
        const auto machine = synthetic_hardware(text);
        REQUIRE_FALSE(machine);
        CHECK(machine.error().code == Errc::invalid_argument);
        CHECK(machine.error().hint.find("pack:2") != std::string::npos);
    }
}

// What must hold of any machine at all.
void check_sane(const HardwareProfile& machine) {
    REQUIRE_FALSE(machine.cores.empty());
    REQUIRE_FALSE(machine.numa_nodes.empty());
    CHECK(machine.memory_bytes > 0);
    std::set<int> seen;
    for (const auto& core : machine.cores) {
        CHECK_FALSE(core.cpus.empty());
        for (const int cpu : core.cpus) CHECK(seen.insert(cpu).second);  // Each in one core only.
        CHECK(core.package < static_cast<int>(machine.packages.size()));
        CHECK(core.numa_node < static_cast<int>(machine.numa_nodes.size()));
    }
    for (const Cache& cache : machine.caches) {
        CHECK(cache.level >= 1);
        for (const int cpu : cache.cpus) CHECK(seen.contains(cpu));
    }
    for (const auto& node : machine.numa_nodes) {
        for (const int cpu : node.cpus) CHECK(seen.contains(cpu));
    }
}

TEST_CASE("hardware: this machine has what the kernel says it has") {
    const auto machine = unwrap(read_hardware());
    check_sane(machine);
    CHECK(machine.cpu_count() >= static_cast<std::size_t>(::sysconf(_SC_NPROCESSORS_ONLN)));
    CHECK(machine.page_bytes == static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)));
    CHECK_FALSE(machine.architecture.empty());
    // Whatever we may use is there.
    REQUIRE_FALSE(machine.limits.cpus.empty());
    for (const int cpu : machine.limits.cpus) {
        CHECK(std::ranges::any_of(machine.cores, [&](const auto& core) {
            return std::ranges::find(core.cpus, cpu) != core.cpus.end();
        }));
    }
    for (const char* text : {"pu:1", "pack:2 core:2 pu:2", "group:3 numa:2 l2:2 core:1 pu:4"}) {
        CAPTURE(std::string(text));
        check_sane(unwrap(synthetic_hardware(text)));
    }
}

}  // namespace
}  // namespace parallax
