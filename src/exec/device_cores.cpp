#include "exec/device_cores.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <climits>
#include <string_view>
#include <utility>

#include <dlfcn.h>

namespace parallax {
namespace {

Failure none(const std::string& device, const std::string& why, std::string hint = {}) {
    return fail(Errc::lacking, "device " + device + ": " + why, std::move(hint));
}

// The few functions of NVML that are needed, as its reference declares them; 0 is success.
class Nvml {
  public:
    using Device = void*;

    static Result<Nvml> open(const std::string& device, const std::string& file) {
        Nvml nvml(::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL));
        if (nvml.library_ == nullptr) {
            return none(device, "the NVIDIA management library cannot be opened: " + last_error());
        }
        const auto init = nvml.function<int()>("nvmlInit_v2");
        if (init == nullptr) return none(device, file + " has no nvmlInit_v2");
        if (const int error = init()) return none(device, nvml.text("nvmlInit_v2", error));
        nvml.started_ = true;
        return nvml;
    }
    Nvml(Nvml&& other) noexcept
        : library_(std::exchange(other.library_, nullptr)),
          started_(std::exchange(other.started_, false)) {}
    Nvml& operator=(Nvml&&) = delete;
    ~Nvml() {
        if (library_ == nullptr) return;
        const auto shut_down = started_ ? function<int()>("nvmlShutdown") : nullptr;
        if (shut_down != nullptr) shut_down();
        ::dlclose(library_);
    }

    Result<Device> by_number(const std::string& device, unsigned number) const {
        constexpr const char* kCall = "nvmlDeviceGetHandleByIndex_v2";
        const auto get = function<int(unsigned, Device*)>(kCall);
        Device found = nullptr;
        const int error = get == nullptr ? kNoFunction : get(number, &found);
        if (error != 0) return none(device, text(kCall, error));
        return found;
    }
    Result<Device> by_uuid(const std::string& device) const {
        constexpr const char* kCall = "nvmlDeviceGetHandleByUUID";
        const auto get = function<int(const char*, Device*)>(kCall);
        Device found = nullptr;
        const int error = get == nullptr ? kNoFunction : get(device.c_str(), &found);
        if (error != 0) return none(device, text(kCall, error));
        return found;
    }
    Result<std::vector<int>> cores(const std::string& device, Device handle) const {
        constexpr const char* kCall = "nvmlDeviceGetCpuAffinity";
        const auto get = function<int(Device, unsigned, unsigned long*)>(kCall);
        std::array<unsigned long, kWords> words{};
        const int error = get == nullptr ? kNoFunction : get(handle, kWords, words.data());
        if (error != 0) return none(device, text(kCall, error));
        std::vector<int> cores;
        for (std::size_t word = 0; word < words.size(); ++word) {
            for (unsigned long left = words.at(word); left != 0; left &= left - 1) {
                cores.push_back(static_cast<int>(word * kWordBits) + std::countr_zero(left));
            }
        }
        if (cores.empty()) return none(device, "NVML knows no cores near it");
        return cores;
    }

  private:
    static constexpr unsigned kWords = 128;  // 8192 cores.
    static constexpr std::size_t kWordBits = sizeof(unsigned long) * CHAR_BIT;
    static constexpr int kNoFunction = 13;  // NVML_ERROR_FUNCTION_NOT_FOUND

    explicit Nvml(void* library) : library_(library) {}

    static std::string last_error() {
        const char* const text = ::dlerror();  // NOLINT(concurrency-mt-unsafe): of this thread
        return text == nullptr ? "unknown" : text;
    }
    template <class F>
    F* function(const char* name) const {
        return std::bit_cast<F*>(::dlsym(library_, name));
    }
    std::string text(const char* call, int error) const {
        const auto words = function<const char*(int)>("nvmlErrorString");
        const std::string reason =
            words == nullptr ? "error " + std::to_string(error) : words(error);
        return std::string(call) + ": " + reason;
    }

    void* library_;
    bool started_ = false;
};

// The number of "gpu:3"; nothing of what is not of that kind.
std::optional<unsigned> gpu_number(std::string_view device) {
    constexpr std::string_view kPrefix = "gpu:";
    if (!device.starts_with(kPrefix)) return std::nullopt;
    device.remove_prefix(kPrefix.size());
    unsigned number = 0;
    const auto [end, error] = std::from_chars(device.data(), device.data() + device.size(), number);
    if (error != std::errc{} || end != device.data() + device.size()) return std::nullopt;
    return number;
}

Result<std::vector<int>> by_profile(const std::string& device, const HardwareProfile& machine) {
    std::string known;
    for (const HardwareProfile::Device& each : machine.devices) {
        // Domain 0 is mostly left out where addresses are written.
        if (each.name == device || each.address == device || each.address == "0000:" + device) {
            if (each.cpus.empty()) return none(device, "it is near no cores in particular");
            std::vector<int> cores = each.cpus;
            std::ranges::sort(cores);
            return cores;
        }
        known += (known.empty() ? "" : ", ") + each.name;
    }
    return none(device, "there is none of this name or PCI address",
                known.empty() ? "" : "there are: " + known);
}

}  // namespace

Result<std::vector<int>> cores_near(const std::string& device, const DeviceSources& sources) {
    const std::optional<unsigned> number = gpu_number(device);
    if (number || device.starts_with("GPU-")) {
        const Nvml nvml = PX_TRY(Nvml::open(device, sources.nvml));
        const auto handle = number ? nvml.by_number(device, *number) : nvml.by_uuid(device);
        if (!handle) return Failure(handle.error());
        return nvml.cores(device, *handle);
    }
    if (sources.machine) return by_profile(device, *sources.machine);
    const HardwareProfile machine = PX_TRY(read_hardware());
    return by_profile(device, machine);
}

}  // namespace parallax
