// completions: the words that can stand where a shell's cursor is.
//
// Threads: a pure function.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "app/commands.h"

namespace parallax::app {

// `typed` is what stands before the cursor of the word there, `before` the whole words before it,
// the program's name first: commands, options and their values, elements, properties and theirs.
std::set<std::string> completions(std::string_view typed, Arguments before,
                                  const Registry& registry);

}  // namespace parallax::app
