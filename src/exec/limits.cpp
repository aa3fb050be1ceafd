#include "exec/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string_view>

#include <fcntl.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/split.h"
#include "parallax/fd.h"

namespace parallax {
namespace {

std::string read_text(const std::string& path) {
    constexpr std::size_t kMost = std::size_t{1} << 20;
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> block{};
    while (fd && text.size() < kMost) {
        const ssize_t count = ::read(fd.get(), block.data(), block.size());
        if (count <= 0) break;
        text.append(block.data(), static_cast<std::size_t>(count));
    }
    return text;
}

bool lists(std::string_view words, std::string_view word) {
    return std::ranges::any_of(split(words, ','), [=](auto each) { return each == word; });
}

// "max", "-1" and whatever is no number set no limit.
std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end == text.data()) return std::nullopt;
    return value;
}

std::optional<std::uint64_t> number_in(const std::string& path) { return number(read_text(path)); }

template <class T>
void keep_least(std::optional<T>& kept, std::optional<T> found) {
    if (found && (!kept || *found < *kept)) kept = found;
}

// A hierarchy as this process sees it: folder `point` shows the tree from `shown` downwards.
struct Mount {
    std::string_view shown;
    std::string_view point;
};

// Fields of mountinfo: id, parent, device, root, point, options, optional ones, "-", type, source,
// options of the file system. No controller: version 2.
std::optional<Mount> find_mount(std::string_view mounts, std::string_view controller) {
    for (const std::string_view line : split(mounts, '\n')) {
        const std::size_t dash = line.find(" - ");
        if (dash == std::string_view::npos) continue;
        const auto before = split(line.substr(0, dash), ' ');
        const auto after = split(line.substr(dash + 3), ' ');
        if (before.size() < 5 || after.size() < 3) continue;
        const bool found = controller.empty() ? after[0] == "cgroup2"
                                              : after[0] == "cgroup" && lists(after[2], controller);
        if (found) return Mount{before[3], before[4]};
    }
    return std::nullopt;
}

// Lines of /proc/self/cgroup: number, controllers, path; version 2 is number 0 without controllers.
std::string_view own_group(std::string_view groups, std::string_view controller) {
    for (const std::string_view line : split(groups, '\n')) {
        const std::size_t first = line.find(':');
        const std::size_t second = line.find(':', std::min(first, line.size() - 1) + 1);
        if (second == std::string_view::npos) continue;
        const std::string_view controllers = line.substr(first + 1, second - first - 1);
        const bool found =
            controller.empty() ? line.starts_with("0::") : lists(controllers, controller);
        if (found) return line.substr(second + 1);
    }
    return "/";
}

// The folders of this process's cgroup and of all above it that can be seen, innermost first.
std::vector<std::string> folders(const std::string& root, const Mount& mount,
                                 std::string_view group) {
    // In a container the path may be told from outside of it; then its own mount is all there is.
    if (mount.shown != "/") {
        const bool below = group == mount.shown ||
                           (group.starts_with(mount.shown) && group[mount.shown.size()] == '/');
        group = below ? group.substr(mount.shown.size()) : std::string_view();
    }
    if (group.find("/..") != std::string_view::npos) group = {};
    const std::string top = root + std::string(mount.point);
    std::vector<std::string> all;
    while (!group.empty() && group != "/") {
        all.push_back(top + std::string(group));
        group = group.substr(0, group.rfind('/'));
    }
    all.push_back(top);
    return all;
}

// cpu.max: "QUOTA PERIOD" or "max PERIOD", microseconds.
std::optional<double> quota_of(const std::string& text) {
    const auto words = split(text, ' ');
    if (words.size() < 2) return std::nullopt;
    const auto quota = number(words[0]);
    const auto period = number(words[1]);
    if (!quota || !period || *period == 0) return std::nullopt;
    return static_cast<double>(*quota) / static_cast<double>(*period);
}

// What version 1 says where no limit is set: the largest multiple of a page in 63 bits, or so.
constexpr std::uint64_t kNoMemoryLimit = std::uint64_t{1} << 62;

std::optional<std::uint64_t> version_1_memory(const std::string& folder) {
    const auto bytes = number_in(folder + "/memory.limit_in_bytes");
    return bytes && *bytes < kNoMemoryLimit ? bytes : std::nullopt;
}

std::vector<int> allowed_cpus() {
    struct Free {
        void operator()(cpu_set_t* set) const { CPU_FREE(set); }
    };
    // The kernel refuses a set smaller than its own, whose size it does not tell.
    for (int most = CPU_SETSIZE; most <= 1 << 20; most *= 2) {
        const std::unique_ptr<cpu_set_t, Free> set(CPU_ALLOC(static_cast<std::size_t>(most)));
        const std::size_t bytes = CPU_ALLOC_SIZE(static_cast<std::size_t>(most));
        if (!set) break;
        if (::sched_getaffinity(0, bytes, set.get()) != 0) continue;
        std::vector<int> cpus;
        for (int cpu = 0; cpu < most; ++cpu) {
            if (CPU_ISSET_S(static_cast<std::size_t>(cpu), bytes, set.get())) cpus.push_back(cpu);
        }
        return cpus;
    }
    return {};
}

std::optional<std::uint64_t> resource_limit(decltype(RLIMIT_NOFILE) which) {
    struct rlimit limit{};
    if (::getrlimit(which, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return std::nullopt;
    return limit.rlim_cur;
}

}  // namespace

Limits read_cgroup_limits(const std::string& root) {
    const std::string mounts = read_text(root + "/proc/self/mountinfo");
    const std::string groups = read_text(root + "/proc/self/cgroup");
    Limits limits;
    const auto each_folder = [&](std::string_view controller, int version, auto&& look) {
        const auto mount = find_mount(mounts, controller);
        if (!mount) return;
        if (limits.cgroup_version == 0 || version == 1) limits.cgroup_version = version;
        for (const auto& folder : folders(root, *mount, own_group(groups, controller))) {
            look(folder);
        }
    };
    each_folder("", 2, [&](const std::string& folder) {
        keep_least(limits.cpu_quota, quota_of(read_text(folder + "/cpu.max")));
        keep_least(limits.memory_bytes, number_in(folder + "/memory.max"));
        keep_least(limits.pids, number_in(folder + "/pids.max"));
    });
    each_folder("cpu", 1, [&](const std::string& folder) {
        keep_least(limits.cpu_quota, quota_of(read_text(folder + "/cpu.cfs_quota_us") + " " +
                                              read_text(folder + "/cpu.cfs_period_us")));
    });
    each_folder("memory", 1, [&](const std::string& folder) {
        keep_least(limits.memory_bytes, version_1_memory(folder));
    });
    each_folder("pids", 1, [&](const std::string& folder) {
        keep_least(limits.pids, number_in(folder + "/pids.max"));
    });
    return limits;
}

Limits read_limits() {
    Limits limits = read_cgroup_limits();
    limits.cpus = allowed_cpus();
    limits.locked_bytes = resource_limit(RLIMIT_MEMLOCK);
    limits.open_files = resource_limit(RLIMIT_NOFILE);
    // Unlimited means the highest there is.
    limits.realtime_priority =
        std::min<std::uint64_t>(resource_limit(RLIMIT_RTPRIO).value_or(99), 99);
    return limits;
}

}  // namespace parallax
