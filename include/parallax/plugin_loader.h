// load_plugins: shared objects (parallax/plugin.h) become factories in a registry.
//
// Every file is first opened in a child process, which walks through all it describes: one that
// crashes, hangs or lies there is reported with its reason and never opened here. By default that
// is a plain child; parallax/isolation.h has a trial in a sandbox.
//
// Threads: call it before any thread is started, for it forks.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "parallax/registry.h"

namespace parallax {

struct BrokenPlugin {
    std::string path;
    std::string reason;
};

// Why the file must not be opened here, or nothing.
using PluginTrial = std::function<std::optional<std::string>(const std::string& path)>;
std::optional<std::string> try_in_child(const std::string& path);

// The *.so files of these folders, by name; folders that are not there are passed over.
std::vector<BrokenPlugin> load_plugins(const std::vector<std::string>& folders, Registry& registry,
                                       const PluginTrial& trial = try_in_child);

// One file, without a trial. All its elements or none: a name that the registry knows is refused.
Result<> load_plugin(const std::string& path, Registry& registry);

// Opens it in this very process, makes one of each of its elements, and drops them: for the inside
// of a trial.
Result<> walk_through_plugin(const std::string& path);

// PARALLAX_PLUGIN_PATH, then lib/parallax beside the program's bin.
std::vector<std::string> plugin_folders();

}  // namespace parallax
