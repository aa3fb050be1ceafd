#include "exec/hardware_profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <optional>

#include <hwloc.h>
#include <unistd.h>

#include <fmt/format.h>

namespace parallax {
namespace {

struct Destroy {
    void operator()(hwloc_topology* topology) const { hwloc_topology_destroy(topology); }
};
using Topology = std::unique_ptr<hwloc_topology, Destroy>;

// All of the machine: also what a cpuset keeps from us, instruction caches, and devices.
Result<Topology> fresh_topology() {
    hwloc_topology_t raw = nullptr;
    if (hwloc_topology_init(&raw) != 0) return fail_errno("hwloc");
    Topology topology(raw);
    hwloc_topology_set_flags(raw, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    hwloc_topology_set_icache_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_ALL);
    hwloc_topology_set_io_types_filter(raw, HWLOC_TYPE_FILTER_KEEP_IMPORTANT);
    return topology;
}

std::vector<int> cpus_of(hwloc_const_bitmap_t set) {
    std::vector<int> cpus;
    if (set == nullptr) return cpus;
    for (int cpu = hwloc_bitmap_first(set); cpu >= 0; cpu = hwloc_bitmap_next(set, cpu)) {
        cpus.push_back(cpu);
    }
    return cpus;
}

std::vector<hwloc_obj_t> objects(hwloc_topology_t topology, hwloc_obj_type_t type) {
    std::vector<hwloc_obj_t> all;
    for (hwloc_obj_t each = nullptr;
         (each = hwloc_get_next_obj_by_type(topology, type, each)) != nullptr;) {
        all.push_back(each);
    }
    return all;
}

std::string info_of(hwloc_obj_t object, std::initializer_list<const char*> names) {
    for (const char* name : names) {
        const char* value = hwloc_obj_get_info_by_name(object, name);
        if (value != nullptr) return value;
    }
    return {};
}

int number(const char* text) {
    int value = 0;
    if (text == nullptr) return 0;
    const std::string_view all(text);
    std::from_chars(all.data(), all.data() + all.size(), value);
    return value;
}

// Kinds come in order of what they can do, the least first. hwloc makes several also of cores that
// differ in clock rate alone; it ranks them, where it can tell.
struct RankedKind {
    std::vector<int> cpus;
    CoreKind kind = CoreKind::alike;
    int most_mhz = 0;
};

std::vector<RankedKind> core_kinds(hwloc_topology_t topology) {
    const int count = hwloc_cpukinds_get_nr(topology, 0);
    std::vector<RankedKind> kinds;
    const std::unique_ptr<hwloc_bitmap_s, decltype(&hwloc_bitmap_free)> set(hwloc_bitmap_alloc(),
                                                                            &hwloc_bitmap_free);
    for (int i = 0; i < count; ++i) {
        int efficiency = -1;
        unsigned infos_count = 0;
        hwloc_info_s* infos = nullptr;
        if (hwloc_cpukinds_get_info(topology, static_cast<unsigned>(i), set.get(), &efficiency,
                                    &infos_count, &infos, 0) != 0) {
            continue;
        }
        RankedKind kind{.cpus = cpus_of(set.get())};
        for (unsigned k = 0; k < infos_count; ++k) {
            if (std::string_view(infos[k].name) == "FrequencyMaxMHz") {
                kind.most_mhz = number(infos[k].value);
            }
        }
        if (count > 1 && efficiency >= 0) {
            kind.kind = efficiency == 0           ? CoreKind::little
                        : efficiency == count - 1 ? CoreKind::big
                                                  : CoreKind::middle;
        }
        kinds.push_back(std::move(kind));
    }
    return kinds;
}

int node_of(hwloc_topology_t topology, hwloc_const_bitmap_t cpus) {
    if (cpus == nullptr) return HardwareProfile::kNone;
    for (const hwloc_obj_t node : objects(topology, HWLOC_OBJ_NUMANODE)) {
        if (hwloc_bitmap_iszero(cpus) == 0 && hwloc_bitmap_isincluded(cpus, node->cpuset) != 0) {
            return static_cast<int>(node->logical_index);
        }
    }
    return HardwareProfile::kNone;
}

std::vector<HardwareProfile::Core> cores_of(hwloc_topology_t topology) {
    const std::vector<RankedKind> kinds = core_kinds(topology);
    std::vector<HardwareProfile::Core> cores;
    std::vector<hwloc_obj_t> objects_found = objects(topology, HWLOC_OBJ_CORE);
    // Where nobody tells of cores, each hardware thread is taken for one.
    if (objects_found.empty()) objects_found = objects(topology, HWLOC_OBJ_PU);
    for (const hwloc_obj_t each : objects_found) {
        HardwareProfile::Core core{.cpus = cpus_of(each->cpuset)};
        const hwloc_obj_t package =
            hwloc_get_ancestor_obj_by_type(topology, HWLOC_OBJ_PACKAGE, each);
        if (package != nullptr) core.package = static_cast<int>(package->logical_index);
        core.numa_node = node_of(topology, each->cpuset);
        for (const RankedKind& kind : kinds) {
            if (core.cpus.empty() || !std::ranges::binary_search(kind.cpus, core.cpus.front())) {
                continue;
            }
            core.kind = kind.kind;
            core.most_mhz = kind.most_mhz;
        }
        cores.push_back(std::move(core));
    }
    return cores;
}

std::vector<HardwareProfile::Cache> caches_of(hwloc_topology_t topology) {
    using Holds = HardwareProfile::Cache::Holds;
    constexpr std::array kTypes{HWLOC_OBJ_L1CACHE,  HWLOC_OBJ_L1ICACHE, HWLOC_OBJ_L2CACHE,
                                HWLOC_OBJ_L2ICACHE, HWLOC_OBJ_L3CACHE,  HWLOC_OBJ_L3ICACHE,
                                HWLOC_OBJ_L4CACHE,  HWLOC_OBJ_L5CACHE};
    std::vector<HardwareProfile::Cache> caches;
    for (const hwloc_obj_type_t type : kTypes) {
        for (const hwloc_obj_t each : objects(topology, type)) {
            const auto& cache = each->attr->cache;
            caches.push_back({.level = static_cast<int>(cache.depth),
                              .holds = cache.type == HWLOC_OBJ_CACHE_DATA ? Holds::data
                                       : cache.type == HWLOC_OBJ_CACHE_INSTRUCTION
                                           ? Holds::instructions
                                           : Holds::both,
                              .bytes = cache.size,
                              .line_bytes = cache.linesize,
                              .cpus = cpus_of(each->cpuset)});
        }
    }
    return caches;
}

std::string kind_of(hwloc_obj_osdev_type_t type) {
    switch (type) {
        case HWLOC_OBJ_OSDEV_BLOCK:
            return "block";
        case HWLOC_OBJ_OSDEV_GPU:
            return "gpu";
        case HWLOC_OBJ_OSDEV_NETWORK:
            return "network";
        case HWLOC_OBJ_OSDEV_OPENFABRICS:
            return "openfabrics";
        case HWLOC_OBJ_OSDEV_DMA:
            return "dma";
        case HWLOC_OBJ_OSDEV_COPROC:
            return "coprocessor";
    }
    return "other";
}

std::vector<HardwareProfile::Device> devices_of(hwloc_topology_t topology) {
    std::vector<HardwareProfile::Device> devices;
    for (const hwloc_obj_t each : objects(topology, HWLOC_OBJ_OS_DEVICE)) {
        HardwareProfile::Device device{
            .name = each->name == nullptr ? "" : each->name,
            .kind = kind_of(each->attr->osdev.type),
            .model = info_of(each, {"GPUModel", "CUDAModel", "Model", "CoProcType"})};
        for (hwloc_obj_t above = each->parent; above != nullptr; above = above->parent) {
            if (above->type != HWLOC_OBJ_PCI_DEVICE) continue;
            const auto& pci = above->attr->pcidev;
            device.address =
                fmt::format("{:04x}:{:02x}:{:02x}.{:x}", pci.domain, pci.bus, pci.dev, pci.func);
            if (device.model.empty()) device.model = info_of(above, {"PCIDevice", "PCIVendor"});
            break;
        }
        if (const hwloc_obj_t near = hwloc_get_non_io_ancestor_obj(topology, each)) {
            device.cpus = cpus_of(near->cpuset);
            device.numa_node = node_of(topology, near->cpuset);
        }
        devices.push_back(std::move(device));
    }
    return devices;
}

}  // namespace

std::string_view to_string(CoreKind kind) {
    static constexpr std::array<std::string_view, 4> kNames{"alike", "little", "middle", "big"};
    return kNames.at(static_cast<std::size_t>(kind));
}

std::size_t HardwareProfile::cpu_count() const {
    std::size_t count = 0;
    for (const Core& core : cores) count += core.cpus.size();
    return count;
}

HardwareProfile profile_of(hwloc_topology* topology) {
    const hwloc_obj_t machine = hwloc_get_root_obj(topology);
    HardwareProfile profile;
    profile.architecture = info_of(machine, {"Architecture"});
    profile.memory_bytes = machine->total_memory;
    profile.page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    for (const hwloc_obj_t each : objects(topology, HWLOC_OBJ_PACKAGE)) {
        profile.packages.push_back(
            {.model = info_of(each, {"CPUModel"}), .cpus = cpus_of(each->cpuset)});
    }
    for (const hwloc_obj_t each : objects(topology, HWLOC_OBJ_NUMANODE)) {
        profile.numa_nodes.push_back({.os_number = static_cast<int>(each->os_index),
                                      .memory_bytes = each->attr->numanode.local_memory,
                                      .cpus = cpus_of(each->cpuset)});
    }
    profile.cores = cores_of(topology);
    profile.caches = caches_of(topology);
    profile.devices = devices_of(topology);
    return profile;
}

Result<HardwareProfile> read_hardware() {
    const Topology topology = PX_TRY(fresh_topology());
    if (hwloc_topology_load(topology.get()) != 0) return fail_errno("hwloc");
    HardwareProfile profile = profile_of(topology.get());
    profile.limits = read_limits();
    return profile;
}

Result<HardwareProfile> synthetic_hardware(const std::string& description) {
    const Topology topology = PX_TRY(fresh_topology());
    if (hwloc_topology_set_synthetic(topology.get(), description.c_str()) != 0 ||
        hwloc_topology_load(topology.get()) != 0) {
        return fail(Errc::invalid_argument, "no machine: " + description,
                    "for example: pack:2 l3:1 core:4 pu:2");
    }
    return profile_of(topology.get());
}

}  // namespace parallax
