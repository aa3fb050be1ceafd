// TopSampler, top_text: what each element did since the last look, and how `parallax top` shows it.
//
// Threads: a sampler belongs to one; top_text() is a pure function.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "trace/telemetry.h"

namespace parallax::app {

// Of one element, since the look before; of the first look, since the run began.
struct TopRow {
    std::string name;
    double frames_per_s = 0;  // Taken; of a source, made.
    // Of calls in that time, from their log-bucketed histogram; none where none was timed.
    std::optional<double> p50_us = {};
    std::optional<double> p99_us = {};
    // Of the fullest queue before it: the frames that wait there now, and how many fit.
    std::uint32_t queue_depth = 0;
    std::uint32_t queue_capacity = 0;  // 0: it has none.
    double cpu_percent = 0;            // Of one core.
    std::uint64_t rss_bytes = 0;       // Of its process, which others may share; 0: unknown.
    double copied_bytes_per_s = 0;     // By the run-time, into it.
    std::uint64_t dropped = 0;         // Since the run began, as restarts.
    std::uint64_t restarts = 0;
};

class TopSampler {
  public:
    using MemoryOf = std::function<std::uint64_t(std::int64_t pid)>;
    explicit TopSampler(MemoryOf memory_of) : memory_of_(std::move(memory_of)) {}

    // Rows in the order of the graph.
    std::vector<TopRow> look(std::span<const TelemetrySample> now);

  private:
    MemoryOf memory_of_;
    std::vector<TelemetrySample> before_;
};

// The part of calls below which that fraction of them lies, in microseconds: which bucket, and
// within it as if they were spread evenly. Of the calls that `now` has beyond `before`.
std::optional<double> quantile_us(const TelemetrySample& now, const TelemetrySample& before,
                                  double fraction);

// Bytes of memory that a process has in use; 0 where that cannot be read.
std::uint64_t rss_bytes_of(std::int64_t pid);

enum class TopOrder : std::uint8_t { graph, name, frames, latency, queue, cpu, memory, restarts };
// What a key chooses, if it chooses anything: g n f l u c m r.
std::optional<TopOrder> top_order_of(char key);

struct TopLook {
    TopOrder order = TopOrder::graph;
    bool paused = false;
    bool keys = false;        // Names them, on a terminal.
    std::size_t columns = 0;  // Lines are cut there; 0: they are not.
    std::size_t lines = 0;    // No more rows than fit; 0: all.
};
// The head line is of any sample of that moment.
std::string top_text(const TelemetrySample& now, std::vector<TopRow> rows, const TopLook& look);

}  // namespace parallax::app
