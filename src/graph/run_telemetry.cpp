// Looks at a run while it plays, for its telemetry hub.
#include "graph/run_telemetry.h"

#include <algorithm>

#include "base/clock.h"
#include "graph/run.h"

namespace parallax {
namespace {

std::int64_t ns(double seconds) { return static_cast<std::int64_t>(seconds * 1e9); }

std::string_view element_of(std::string_view pad) { return pad.substr(0, pad.rfind('.')); }

// Whether more of its room is taken than of the other's; any is fuller than none.
bool fuller(const LinkReport& link, const TelemetrySample& than) {
    return link.capacity != 0 &&
           std::uint64_t{link.depth} * than.capacity >= std::uint64_t{than.waiting} * link.capacity;
}

TelemetrySample sample_of(const RunReport& report, const ElementReport& element) {
    TelemetrySample sample{.time_ns = ns(report.wall_s),
                           .run_cpu_ns = ns(report.cpu_s),
                           .run_peak_rss_bytes = report.peak_rss_bytes,
                           .pid = element.pid,
                           .frames_in = element.frames_in,
                           .frames_out = element.frames_out,
                           .dropped = element.dropped,
                           .restarts = element.restarts,
                           .busy_ns = ns(element.busy_s),
                           .calls = element.latency_us.count,
                           .calls_below = element.latency_us.below};
    sample.call(element.name, element.group);
    for (const LinkReport& link : report.links) {
        if (element_of(link.to) != element.name) continue;
        sample.fed = true;
        sample.copied_into += link.bytes_copied;
        if (!fuller(link, sample)) continue;
        sample.waiting = link.depth;
        sample.capacity = link.capacity;
    }
    return sample;
}

}  // namespace

std::vector<TelemetrySample> samples_of(const RunReport& report) {
    std::vector<TelemetrySample> samples;
    samples.reserve(report.elements.size());
    for (const ElementReport& element : report.elements) {
        samples.push_back(sample_of(report, element));
    }
    return samples;
}

void Run::publish_look() {
    if (options_.telemetry == nullptr) return;
    options_.telemetry->publish(samples_of(report()), monotonic_ns());
}

// Who drives the run also looks at it: nothing that a look reads changes meanwhile.
std::optional<Message> Run::next_message(std::int64_t timeout_ns) {
    if (options_.telemetry == nullptr) return bus_.wait(timeout_ns);
    constexpr std::int64_t kLongestNs = std::int64_t{1} << 60U;
    const std::int64_t until = monotonic_ns() + std::min(timeout_ns, kLongestNs);
    for (;;) {
        if (monotonic_ns() >= options_.telemetry->next_ns()) publish_look();
        const std::int64_t now = monotonic_ns();
        const std::int64_t next = std::min(until, options_.telemetry->next_ns());
        auto message = bus_.wait(std::max<std::int64_t>(0, next - now));
        if (message || now >= until) return message;
    }
}

}  // namespace parallax
