#include "isolate/cgroup.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/split.h"
#include "parallax/fd.h"

namespace parallax {
namespace {

constexpr std::string_view kPrefix = "parallax-";
constexpr std::uint64_t kPeriodUs = 100'000;

std::string read_text(const std::string& path) {
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    std::string text;
    std::array<char, 4096> block{};
    while (fd && text.size() < (1U << 20)) {
        const ssize_t count = ::read(fd.get(), block.data(), block.size());
        if (count <= 0) break;
        text.append(block.data(), static_cast<std::size_t>(count));
    }
    return text;
}

Result<> write_text(const std::string& path, const std::string& text) {
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return fail_errno("open " + path);
    if (::write(fd.get(), text.data(), text.size()) < 0) return fail_errno("write " + path);
    return {};
}

bool lists(std::string_view words, std::string_view word, char at) {
    return std::ranges::any_of(split(words, at), [=](auto each) { return each == word; });
}

// This process's path within a hierarchy; version 2 has no controllers in its line.
std::string own_path(const std::string& groups, std::string_view controller) {
    for (const std::string_view line : split(groups, '\n')) {
        const auto parts = split(line, ':');
        if (controller.empty() && line.starts_with("0::")) return std::string(line.substr(3));
        if (parts.size() >= 3 && lists(parts[1], controller, ',')) return std::string(parts[2]);
    }
    return {};
}

std::array<const std::string*, 4> all_of(const CgroupPlaces& places) {
    return {&places.memory, &places.cpu, &places.pids, &places.cpuset};
}

bool can_make(const std::string& folder) {
    const std::string trial = folder + "/" + cgroup_name(::getpid(), ~std::uint64_t{0});
    if (::mkdir(trial.c_str(), 0755) != 0) return false;
    ::rmdir(trial.c_str());
    return true;
}

struct Hierarchy {
    std::string_view controllers;  // Mount options of version 1.
    std::string_view point;
    int version;
};

std::vector<Hierarchy> hierarchies(std::string_view mounts) {
    std::vector<Hierarchy> found;
    for (const std::string_view line : split(mounts, '\n')) {
        const auto words = split(line, ' ');
        if (words.size() < 4) continue;
        if (words[2] == "cgroup2") found.push_back({"", words[1], 2});
        if (words[2] == "cgroup") found.push_back({words[3], words[1], 1});
    }
    return found;
}

void find_version_2(CgroupPlaces& places, const Hierarchy& hierarchy, const std::string& groups) {
    std::string folder = std::string(hierarchy.point) + own_path(groups, "");
    while (folder.ends_with('/')) folder.pop_back();
    // A controller can only be limited where its parent hands it down.
    const std::string offered = read_text(folder + "/cgroup.subtree_control");
    std::string_view words(offered);
    while (words.ends_with('\n')) words.remove_suffix(1);
    if (!can_make(folder)) return;
    if (lists(words, "memory", ' ')) places.memory = folder;
    if (lists(words, "cpu", ' ')) places.cpu = folder;
    if (lists(words, "pids", ' ')) places.pids = folder;
    if (lists(words, "cpuset", ' ')) places.cpuset = folder;
    const bool any = std::ranges::any_of(all_of(places), [](auto* each) { return !each->empty(); });
    if (any) places.version = 2;
}

void find_version_1(CgroupPlaces& places, const Hierarchy& hierarchy, const std::string& groups) {
    for (auto [name, place] :
         {std::pair{"memory", &places.memory}, std::pair{"cpu", &places.cpu},
          std::pair{"pids", &places.pids}, std::pair{"cpuset", &places.cpuset}}) {
        if (!place->empty() || !lists(hierarchy.controllers, name, ',')) continue;
        std::string folder = std::string(hierarchy.point) + own_path(groups, name);
        while (folder.ends_with('/')) folder.pop_back();
        if (!can_make(folder)) continue;
        *place = folder;
        if (places.version == 0) places.version = 1;
    }
}

struct Setting {
    std::string place;
    std::string file;
    std::string value;
};

std::vector<Setting> settings_of(const CgroupPlaces& places, const SandboxLimits& limits) {
    std::vector<Setting> settings;
    const bool two = places.version == 2;
    if (limits.memory_max_bytes && !places.memory.empty()) {
        settings.push_back({places.memory, two ? "memory.max" : "memory.limit_in_bytes",
                            std::to_string(*limits.memory_max_bytes)});
    }
    if (limits.cpu_quota && !places.cpu.empty()) {
        const auto quota = std::to_string(
            static_cast<std::uint64_t>(*limits.cpu_quota * static_cast<double>(kPeriodUs)));
        settings.push_back({places.cpu, two ? "cpu.max" : "cpu.cfs_quota_us",
                            two ? quota + " " + std::to_string(kPeriodUs) : quota});
    }
    if (!places.pids.empty()) {
        settings.push_back({places.pids, "pids.max", std::to_string(limits.pids_max)});
    }
    return settings;
}

}  // namespace

CgroupPlaces CgroupPlaces::find() {
    CgroupPlaces places;
    const std::string mounts = read_text("/proc/self/mounts");
    const std::string groups = read_text("/proc/self/cgroup");
    for (const Hierarchy& hierarchy : hierarchies(mounts)) {
        if (hierarchy.version == 2) find_version_2(places, hierarchy, groups);
    }
    if (places.version == 2) return places;
    for (const Hierarchy& hierarchy : hierarchies(mounts)) {
        if (hierarchy.version == 1) find_version_1(places, hierarchy, groups);
    }
    return places;
}

Result<Cgroup> Cgroup::create(const CgroupPlaces& places, std::string_view name,
                              const SandboxLimits& limits) {
    Cgroup group;
    for (const Setting& setting : settings_of(places, limits)) {
        const std::string folder = setting.place + "/" + std::string(name);
        PX_TRY(group.make_folder(folder));
        PX_TRY(write_text(folder + "/" + setting.file, setting.value));
    }
    return group;
}

// True when it is new.
Result<bool> Cgroup::make_folder(const std::string& folder) {
    if (std::ranges::find(folders_, folder) != folders_.end()) return false;
    if (::mkdir(folder.c_str(), 0755) != 0) return fail_errno("mkdir " + folder);
    folders_.push_back(folder);
    return true;
}

Result<> Cgroup::hold_cores(const CgroupPlaces& places, std::string_view name,
                            std::span<const int> cores) {
    if (places.cpuset.empty()) {
        return fail(Errc::lacking, "no cgroup with a cpuset controller can be made here");
    }
    const std::string folder = places.cpuset + "/" + std::string(name);
    const bool made = PX_TRY(make_folder(folder));
    std::string list;
    for (const int core : cores) list += (list.empty() ? "" : ",") + std::to_string(core);
    Result<> done;
    // Version 1 lets nobody into a group that has no memory nodes, and hands none down.
    if (places.version == 1) {
        done = write_text(folder + "/cpuset.mems", read_text(places.cpuset + "/cpuset.mems"));
    }
    if (done) done = write_text(folder + "/cpuset.cpus", list);
    if (!done && made) {
        ::rmdir(folder.c_str());
        folders_.pop_back();
    }
    return done;
}

Result<> Cgroup::add(pid_t process) const {
    for (const std::string& folder : folders_) {
        PX_TRY(write_text(folder + "/cgroup.procs", std::to_string(process)));
    }
    return {};
}

bool Cgroup::oom_killed() const {
    return std::ranges::any_of(folders_, [](const std::string& folder) {
        for (const char* file : {"/memory.events", "/memory.oom_control"}) {
            const std::string text = read_text(folder + file);
            for (const std::string_view line : split(text, '\n')) {
                if (line.starts_with("oom_kill ") && line != "oom_kill 0") return true;
            }
        }
        return false;
    });
}

void Cgroup::remove() {
    for (const std::string& folder : folders_) ::rmdir(folder.c_str());
    folders_.clear();
}

std::string cgroup_name(pid_t server, std::uint64_t id) {
    return std::string(kPrefix) + std::to_string(server) + "-" + std::to_string(id);
}

void sweep_cgroups(const CgroupPlaces& places) {
    for (const std::string* place : all_of(places)) {
        if (place->empty()) continue;
        DIR* folder = ::opendir(place->c_str());
        if (folder == nullptr) continue;
        std::vector<std::string> old;
        while (const dirent* entry = ::readdir(folder)) {  // NOLINT(concurrency-mt-unsafe)
            const std::string_view name(entry->d_name);
            if (!name.starts_with(kPrefix)) continue;
            pid_t server = 0;
            const std::string_view number = name.substr(kPrefix.size());
            std::from_chars(number.data(), number.data() + number.size(), server);
            if (server > 0 && ::kill(server, 0) != 0 && errno == ESRCH) old.emplace_back(name);
        }
        ::closedir(folder);
        for (const std::string& name : old) {
            std::string path = *place;
            path += "/";
            path += name;
            ::rmdir(path.c_str());
        }
    }
}

}  // namespace parallax
