#include "exec/device_cores.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "exec/group_threads.h"
#include "parallax/group.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

using Cores = std::vector<int>;

#ifdef PARALLAX_FAKE_NVML
const DeviceSources kGpus{.nvml = PARALLAX_FAKE_NVML};

TEST_CASE("device cores: a GPU's are those that NVML tells, by number and by UUID") {
    CHECK(unwrap(cores_near("gpu:0", kGpus)) == Cores{0, 66});
    CHECK(unwrap(cores_near("GPU-1234", kGpus)) == Cores{0, 66});
}

TEST_CASE("device cores: a GPU that is not there, or near nothing, is an error that says so") {
    const auto missing = cores_near("gpu:2", kGpus);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Errc::lacking);
    CHECK(missing.error().message ==
          "device gpu:2: nvmlDeviceGetHandleByIndex_v2: Invalid Argument");
    CHECK(cores_near("GPU-9999", kGpus).error().message ==
          "device GPU-9999: nvmlDeviceGetHandleByUUID: Not Found");
    CHECK(cores_near("gpu:1", kGpus).error().message ==
          "device gpu:1: NVML knows no cores near it");
}

TEST_CASE("device cores: a library without a driver is an error with its words") {
    ::setenv("FAKE_NVML", "broken", 1);  // NOLINT(concurrency-mt-unsafe): no other thread reads it
    const auto broken = cores_near("gpu:0", kGpus);
    ::unsetenv("FAKE_NVML");  // NOLINT(concurrency-mt-unsafe)
    REQUIRE_FALSE(broken);
    CHECK(broken.error().message == "device gpu:0: nvmlInit_v2: Driver Not Loaded");
}
#endif

TEST_CASE("device cores: without the library of NVIDIA a GPU is lacking, and nothing breaks") {
    const auto lacking = cores_near("gpu:0", {.nvml = "libno-such-nvml.so.1"});
    REQUIRE_FALSE(lacking);
    CHECK(lacking.error().code == Errc::lacking);
    CHECK(lacking.error().message.find("libno-such-nvml.so.1") != std::string::npos);
    // One that is no NVML at all.
    CHECK(cores_near("gpu:0", {.nvml = "libc.so.6"}).error().code == Errc::lacking);
}

TEST_CASE("device cores: other devices are found by name and by PCI address") {
    HardwareProfile machine;
    machine.devices.push_back(
        {.name = "eth0", .kind = "network", .address = "0000:3b:00.0", .cpus = {9, 8}});
    machine.devices.push_back({.name = "card1", .kind = "gpu", .address = "0001:3b:00.0"});
    const DeviceSources sources{.machine = machine};
    CHECK(unwrap(cores_near("eth0", sources)) == Cores{8, 9});
    CHECK(unwrap(cores_near("0000:3b:00.0", sources)) == Cores{8, 9});
    CHECK(unwrap(cores_near("3b:00.0", sources)) == Cores{8, 9});
    CHECK(cores_near("card1", sources).error().message ==
          "device card1: it is near no cores in particular");
    const auto missing = cores_near("gpu:", sources);
    REQUIRE_FALSE(missing);
    CHECK(missing.error().code == Errc::lacking);
    CHECK(missing.error().hint == "there are: eth0, card1");
}

TEST_CASE("device cores: a group near a device of this machine runs on cores that it may use") {
    const HardwareProfile machine = unwrap(read_hardware());
    const Cores allowed = allowed_cores();
    for (const HardwareProfile::Device& device : machine.devices) {
        CAPTURE(device.name);
        if (device.cpus.empty()) continue;
        const auto group = ResourceGroup::create({.name = "near", .near = device.name});
        if (!group) {
            CHECK(group.error().code == Errc::lacking);
            continue;
        }
        const Cores& cores = (*group)->options().cores;
        CHECK_FALSE(cores.empty());
        CHECK((*group)->threads() == static_cast<int>(cores.size()));
        for (const int core : cores) {
            CHECK(std::ranges::find(allowed, core) != allowed.end());
            CHECK(std::ranges::find(device.cpus, core) != device.cpus.end());
        }
    }
    CHECK(ResourceGroup::check({.near = "no-such-device"}).error().code == Errc::lacking);
}

}  // namespace
}  // namespace parallax
