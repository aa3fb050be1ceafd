// last_words: what is said of a process that has ended, and what it says itself, for people.
//
// Threads: pure.
#pragma once

#include <string>

#include "isolate/zygote.h"

namespace parallax {

// "SIGSEGV", "SIGSYS: its sandbox does not allow socket", "it exited with code 3".
std::string death_text(const ChildExit& exit, const CrashPage& page);

// Whatever a process sends: no control characters reach a terminal.
std::string printable(const std::string& text);

}  // namespace parallax
