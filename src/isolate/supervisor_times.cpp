// What the supervisor does because it is time to: restarts, heartbeats, looks at deadlines.
#include <algorithm>

#include "base/clock.h"
#include "isolate/supervisor_impl.h"

namespace parallax {

void Supervisor::restart_at(Remote& remote, std::int64_t at_ns) {
    remote.restart_at_ns = at_ns;
    // To wake up by then; of no use once it has another time, and no harm.
    times_.set(at_ns, Due::restart);
}

void Supervisor::see_to_times() {
    const std::int64_t now = monotonic_ns();
    times_.advance(now, [&](Due due, const Fired&) {
        if (due == Due::look) look_over(now);
        if (due == Due::heartbeat) ping_all(now);
    });
    if (!shutting_down_) spawn_due(now);  // Also what is due at once, without a tick between.
    for (auto& [number, remote] : remotes_) let_go_of_formers(remote);
}

void Supervisor::look_over(std::int64_t now) {
    for (auto& [number, remote] : remotes_) watch_over(remote, now);
    measure_depths();
}

// From the records of both ends; what they say of themselves is believed as far as there is room.
void Supervisor::measure_depths() {
    for (auto& [number, depth] : depths_) {
        const PlannedLink& link = plan_.links[number];
        const std::uint64_t given = published_by_writer(link).value_or(0);
        const std::uint64_t taken = consumed_by_reader(link).value_or(given);
        const std::uint64_t between = given > taken ? given - taken : 0;
        depth = static_cast<std::uint32_t>(std::min<std::uint64_t>(between, link.capacity));
    }
}

void Supervisor::ping_all(std::int64_t now) {
    for (auto& [number, remote] : remotes_) {
        if (remote.incarnation && remote.incarnation->phase >= ChildPhase::ready) {
            tell(remote, {.type = Type::ping, .a = static_cast<std::uint64_t>(now)});
        }
    }
}

}  // namespace parallax
