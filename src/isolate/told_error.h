// An Error as a message of Type::failed, and back. What comes from a process is made printable.
//
// Threads: pure.
#pragma once

#include <cstdint>

#include "isolate/control_message.h"

namespace parallax {

// `element`: its number in the blueprint.
ControlMessage failed_message(const Error& error, std::uint64_t element);
Error told_error(const ControlMessage& message);

}  // namespace parallax
