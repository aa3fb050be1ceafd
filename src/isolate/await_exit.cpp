#include "isolate/await_exit.h"

#include <csignal>

#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"

namespace parallax {

void kill(const Child& child) {
    ::syscall(SYS_pidfd_send_signal, child.pidfd.get(), SIGKILL, nullptr, 0);
}

ChildExit await_exit(Zygote& zygote, const Child& child, std::int64_t patience_ns) {
    const std::int64_t until = monotonic_ns() + patience_ns;
    for (;;) {
        while (const auto exit = zygote.reaped()) {
            if (exit->id == child.id) return *exit;
        }
        if (monotonic_ns() > until) kill(child);
        if (monotonic_ns() > until + patience_ns) return {.id = child.id, .signal = SIGKILL};
        pollfd news{.fd = zygote.event_fd(), .events = POLLIN, .revents = 0};
        ::poll(&news, 1, 100);
    }
}

}  // namespace parallax
