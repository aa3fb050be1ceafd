// plugin_trial: a plugin is opened in a sandbox before it is opened anywhere else.
//
// Threads: as zygote.h. The child's side is an entry of the fork server, as stages are.
#pragma once

#include <string>
#include <vector>

#include "isolate/zygote.h"

namespace parallax {

inline constexpr const char* kPluginTrialEntry = "plugin-trial";

// What opening a plugin needs to see: itself, and the folders of system libraries.
std::vector<std::string> paths_to_load(const std::string& plugin);

// In the child: the file's path comes by the one descriptor, and what is wrong with it goes back.
int run_plugin_trial(StageStart start);

}  // namespace parallax
