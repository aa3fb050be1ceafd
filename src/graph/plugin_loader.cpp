#include "parallax/plugin_loader.h"

#include <algorithm>
#include <array>
#include <bit>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/core.h>

#include "graph/plugin_element_adapter.h"
#include "parallax/fd.h"

namespace parallax {
namespace {

constexpr int kTrialMs = 5000;

std::vector<std::string> shared_objects(const std::string& folder) {
    std::vector<std::string> paths;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
        if (entry.path().extension() == ".so") paths.push_back(entry.path().string());
    }
    std::ranges::sort(paths);
    return paths;
}

// In the child: opens the plugin, makes one of each element, and says what went wrong.
[[noreturn]] void try_plugin(const std::string& path, int report_fd) {
    const rlimit none{0, 0};
    ::setrlimit(RLIMIT_CORE, &none);
    const Result<> loaded = walk_through_plugin(path);
    std::string reason = loaded ? "" : to_string(loaded.error());
    while (!reason.empty()) {
        const ssize_t count = ::write(report_fd, reason.data(), reason.size());
        if (count <= 0) break;
        reason.erase(0, static_cast<std::size_t>(count));
    }
    ::_exit(loaded ? 0 : 1);
}

std::string read_reason(int fd) {
    std::string reason;
    std::array<char, 1024> block{};
    for (;;) {
        pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
        if (::poll(&waiting, 1, kTrialMs) <= 0) {
            reason.assign("it did not answer within 5 s");
            return reason;
        }
        const ssize_t count = ::read(fd, block.data(), block.size());
        if (count <= 0) return reason;
        reason.append(block.data(), static_cast<std::size_t>(count));
        if (reason.size() > 4096) return reason;
    }
}

}  // namespace

std::optional<std::string> try_in_child(const std::string& path) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) return "no pipe for its trial";
    UniqueFd read_end(ends[0]);
    UniqueFd write_end(ends[1]);
    const pid_t child = ::fork();
    if (child < 0) return "no process for its trial";
    if (child == 0) try_plugin(path, write_end.get());
    write_end = UniqueFd();
    std::string reason = read_reason(read_end.get());
    if (!reason.empty()) ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!reason.empty()) return reason;
    if (WIFSIGNALED(status)) {
        return std::string("it crashed when it was tried: ") + ::sigdescr_np(WTERMSIG(status));
    }
    if (status != 0) return "it ended the process that tried it";
    return std::nullopt;
}

Result<> load_plugin(const std::string& path, Registry& registry) {
    // Never closed: its factories point into it.
    void* object = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) return fail(Errc::io, ::dlerror());  // NOLINT(concurrency-mt-unsafe)
    using Entry = const parallax_plugin* (*)();
    void* symbol = ::dlsym(object, "parallax_plugin_v1");
    if (symbol == nullptr) {
        return fail(Errc::corrupt, path + " does not export parallax_plugin_v1");
    }
    const auto entry = std::bit_cast<Entry>(symbol);
    const parallax_plugin* plugin = entry();
    if (plugin == nullptr || plugin->size < sizeof(parallax_plugin) ||
        plugin->abi != PARALLAX_PLUGIN_ABI || plugin->element_count > 1024) {
        return fail(Errc::unsupported, path + " speaks another version of the plugin ABI");
    }
    if (plugin->element_count > 0 && plugin->elements == nullptr) {
        return fail(Errc::corrupt, path + " counts elements that it does not list");
    }
    std::vector<std::unique_ptr<Factory>> factories;
    factories.reserve(plugin->element_count);
    for (std::uint32_t e = 0; e < plugin->element_count; ++e) {
        if (plugin->elements[e] == nullptr) {
            return fail(Errc::corrupt, path + " counts elements that it does not list");
        }
        factories.push_back(PX_TRY(plugin_factory(*plugin->elements[e], path).context(path)));
        const std::string& name = factories.back()->info.name;
        if (registry.find(name) == nullptr) continue;
        return fail(Errc::invalid_argument,
                    fmt::format("{}: there is an element called {} already", path, name),
                    "give it another name");
    }
    for (auto& factory : factories) registry.add(std::move(factory));
    return {};
}

Result<> walk_through_plugin(const std::string& path) {
    Registry registry;
    PX_TRY(load_plugin(path, registry));
    for (const Factory* factory : registry.all()) (void)factory->make();
    return {};
}

std::vector<BrokenPlugin> load_plugins(const std::vector<std::string>& folders, Registry& registry,
                                       const PluginTrial& trial) {
    std::vector<BrokenPlugin> broken;
    for (const std::string& folder : folders) {
        for (const std::string& path : shared_objects(folder)) {
            if (auto reason = trial(path)) {
                broken.push_back({path, *std::move(reason)});
            } else if (const Result<> loaded = load_plugin(path, registry); !loaded) {
                broken.push_back({path, to_string(loaded.error())});
            }
        }
    }
    return broken;
}

std::vector<std::string> plugin_folders() {
    std::vector<std::string> folders;
    // Read once, before any thread is started.
    const char* path = std::getenv("PARALLAX_PLUGIN_PATH");  // NOLINT(concurrency-mt-unsafe)
    std::string_view rest = path == nullptr ? "" : path;
    while (!rest.empty()) {
        const std::size_t colon = rest.find(':');
        if (colon != 0) folders.emplace_back(rest.substr(0, colon));
        rest = colon == std::string_view::npos ? "" : rest.substr(colon + 1);
    }
    std::array<char, PATH_MAX> self{};
    const ssize_t length = ::readlink("/proc/self/exe", self.data(), self.size());
    if (length <= 0) return folders;
    std::string_view program(self.data(), static_cast<std::size_t>(length));
    program = program.substr(0, program.rfind('/'));  // …/bin
    folders.push_back(std::string(program.substr(0, program.rfind('/'))) + "/lib/parallax");
    return folders;
}

}  // namespace parallax
