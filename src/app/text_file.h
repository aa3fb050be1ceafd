// read_text, write_text: whole files of text; "-" is standard input and output.
//
// Threads: any.
#pragma once

#include <string>
#include <string_view>

#include "parallax/result.h"

namespace parallax::app {

// At most 16 MiB.
Result<std::string> read_text(const std::string& path);
Result<> write_text(const std::string& path, std::string_view text);

}  // namespace parallax::app
