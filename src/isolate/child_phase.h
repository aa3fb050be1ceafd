// ChildPhase: how far a stage's process has come, and what it may say then.
//
// Pure, so that a table and a fuzzer can try all of it: what follows from a message is the
// supervisor's (supervisor_messages.cpp).
//
// Threads: any.
#pragma once

#include <cstdint>

#include "isolate/control_message.h"

namespace parallax {

enum class ChildPhase : std::uint8_t {
    born,      // Until hello.
    mapping,   // Until mapped.
    building,  // Until ready: plugins are loaded, elements made.
    ready,     // Until its neighbours know it.
    playing,
    ended,      // All of its channels have their end.
    finishing,  // Elements write their ends, or are made ready to rest.
    finished,
};

// Whether a process of that phase may say it. What only the supervisor says, nobody may.
bool may_say(ChildPhase phase, ControlMessage::Type type);

// The phase that it is in by having said it. `ended` does not change it: that is checked first.
ChildPhase after(ChildPhase phase, ControlMessage::Type type);

}  // namespace parallax
