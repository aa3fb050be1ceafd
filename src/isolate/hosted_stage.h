// HostedStage: one stage in a process that was made for it, or for it and others.
//
// It is the same Stage that runs on a thread of the program; only its channels' memory is shared,
// and what it says to the run goes over its own control socket. The process's main thread takes it
// through map(), make(), settle(), and then hears what it is told.
//
// Threads: the process's first, for all of this; the stage has a thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "isolate/control_message.h"
#include "parallax/registry.h"

namespace parallax {

class HostedStage {
  public:
    virtual ~HostedStage() = default;

    // Each answers with an exit code when the process cannot go on.
    virtual std::optional<int> map() = 0;  // What was sent; and the supervisor seals it.
    // Plugins and elements; then rights are given up. In a later life: the same elements.
    virtual std::optional<int> make() = 0;
    virtual std::optional<int> settle() = 0;  // Formats and threads; ready to play.

    // One message, for which it waits. An answer: the stage is through. Once it rests, its next
    // life begins with map() again.
    virtual std::optional<int> hear() = 0;
    virtual int fd() const = 0;  // Readable when there is a message.
    virtual bool rests() const = 0;

    // What went wrong that is no element's doing; the exit code.
    virtual int refuse(const Error& error) = 0;
};

// seat: its number among the stages of the process, for the report of a crash.
std::unique_ptr<HostedStage> make_hosted_stage(ControlSocket control, Registry& registry,
                                               std::uint32_t seat);

}  // namespace parallax
