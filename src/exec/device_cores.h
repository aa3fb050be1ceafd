// cores_near: the cores of the NUMA node that a device hangs at.
//
// GPUs of NVIDIA are asked for by NVML, whose library is opened while it is needed: this build
// needs neither it nor its header. All else is found by hwloc (HardwareProfile). Source: NVML API
// Reference Guide, "Device Queries" (nvmlDeviceGetCpuAffinity).
//
// Threads: any. Cost: tens of milliseconds; ask once.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "exec/hardware_profile.h"
#include "parallax/result.h"

namespace parallax {

// Where it looks; tests put stand-ins there.
struct DeviceSources {
    std::string nvml = "libnvidia-ml.so.1";
    std::optional<HardwareProfile> machine = {};  // This one, when not given.
};

// The kernel's numbers of the cores near a device, in order: "gpu:0" as nvidia-smi counts, "GPU-…"
// a GPU's UUID, else a name or a PCI address as `parallax inspect machine` shows them.
// Errc::lacking: there is no such device, or nobody knows which cores are near it.
Result<std::vector<int>> cores_near(const std::string& device, const DeviceSources& sources = {});

}  // namespace parallax
