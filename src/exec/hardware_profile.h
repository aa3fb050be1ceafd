// HardwareProfile: what this machine has, and how much of it this process may use.
//
//     const HardwareProfile machine = PX_TRY(read_hardware());
//     machine.cores.size();          // What is there …
//     machine.limits.cpus.size();    // … and what of it is ours.
//
// Found by hwloc (Broquedis et al., "hwloc: a generic framework for managing hardware affinities
// in HPC applications", PDP 2010). CPUs are the kernel's numbers, of hardware threads; packages,
// nodes and cores are numbered from 0 in hwloc's logical order, so that neighbours follow each
// other.
//
// Threads: plain values and functions. Cost: tens of milliseconds of reading /sys; ask once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "exec/limits.h"
#include "parallax/result.h"

struct hwloc_topology;

namespace parallax {

// Of cores that are not all alike: by their share of the most that one can do.
enum class CoreKind : std::uint8_t { alike, little, middle, big };
std::string_view to_string(CoreKind kind);

struct HardwareProfile {
    static constexpr int kNone = -1;

    struct Package {
        std::string model = {};  // "AMD EPYC"; empty where nobody tells.
        std::vector<int> cpus = {};
        bool operator==(const Package&) const = default;
    };
    struct NumaNode {
        int os_number = kNone;  // As numactl and the kernel count.
        std::uint64_t memory_bytes = 0;
        std::vector<int> cpus = {};  // None for a node of memory alone.
        bool operator==(const NumaNode&) const = default;
    };
    struct Core {
        int package = kNone;    // Place in `packages`.
        int numa_node = kNone;  // Place in `numa_nodes`: the first one that is near.
        CoreKind kind = CoreKind::alike;
        int most_mhz = 0;  // 0: unknown.
        std::vector<int> cpus = {};
        bool operator==(const Core&) const = default;
    };
    struct Cache {
        int level = 0;
        enum class Holds : std::uint8_t { both, data, instructions } holds = Holds::both;
        std::uint64_t bytes = 0;
        std::uint32_t line_bytes = 0;
        std::vector<int> cpus = {};  // That share it.
        bool operator==(const Cache&) const = default;
    };
    struct Device {
        std::string name = {};       // "eth0"
        std::string kind = {};       // block gpu network openfabrics dma coprocessor
        std::string model = {};      // Empty where nobody tells.
        std::string address = {};    // On PCI: "0000:3b:00.0".
        int numa_node = kNone;       // Where it hangs, if at one.
        std::vector<int> cpus = {};  // That are near it.
        bool operator==(const Device&) const = default;
    };

    std::string architecture = {};
    std::uint64_t memory_bytes = 0;
    std::uint64_t page_bytes = 0;
    std::vector<Package> packages = {};
    std::vector<NumaNode> numa_nodes = {};
    std::vector<Core> cores = {};
    std::vector<Cache> caches = {};  // By level; of a level, data before instructions.
    std::vector<Device> devices = {};
    Limits limits = {};

    bool operator==(const HardwareProfile&) const = default;

    // Hardware threads of the whole machine, those we may not use included.
    std::size_t cpu_count() const;
};

// This machine, and the limits of the calling thread. Errc::io where the kernel tells nothing.
Result<HardwareProfile> read_hardware();

// A machine by hwloc's description, such as "pack:2 l3:1 core:4 pu:2": for tests and plans. Its
// limits are empty. Errc::invalid_argument where the description is none.
Result<HardwareProfile> synthetic_hardware(const std::string& description);

// Of a topology that hwloc has loaded; limits are left empty.
HardwareProfile profile_of(hwloc_topology* topology);

}  // namespace parallax
