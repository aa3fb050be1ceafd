// load_plugins: shared objects (parallax/plugin.h) become factories in a registry.
//
// Every file is first opened in a child process, which walks through all it describes: one that
// crashes there is reported with its reason and never opened here.
//
// Threads: call it before any thread is started, for it forks.
#pragma once

#include <string>
#include <vector>

#include "parallax/registry.h"

namespace parallax {

struct BrokenPlugin {
    std::string path;
    std::string reason;
};

// The *.so files of these folders, by name; folders that are not there are passed over.
std::vector<BrokenPlugin> load_plugins(const std::vector<std::string>& folders, Registry& registry);

// One file, without trying it in a child first.
Result<> load_plugin(const std::string& path, Registry& registry);

// PARALLAX_PLUGIN_PATH, then lib/parallax beside the program's bin.
std::vector<std::string> plugin_folders();

}  // namespace parallax
