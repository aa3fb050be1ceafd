// one_line: text that may quote something hostile, as one line that cannot steer a terminal.
//
// Threads: a pure function.
#pragma once

#include <string>
#include <string_view>

namespace parallax {

// Newlines become \n, and \x1b and the like stand for control characters and for what is no UTF-8.
std::string one_line(std::string_view text);

}  // namespace parallax
