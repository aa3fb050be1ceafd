#include "app/top_table.h"

#include <algorithm>
#include <fstream>

#include <unistd.h>

#include <fmt/format.h>

#include "base/one_line.h"

namespace parallax::app {
namespace {

constexpr std::size_t kBarCells = 8;
constexpr std::size_t kHeadLines = 3;

const TelemetrySample* find(std::span<const TelemetrySample> samples, std::string_view name) {
    const auto found = std::ranges::find(samples, name, &TelemetrySample::name);
    return found == samples.end() ? nullptr : &*found;
}

// What one has beyond the other; nothing where counting began anew.
std::uint64_t beyond(std::uint64_t now, std::uint64_t before) {
    return now >= before ? now - before : 0;
}

std::string bytes_text(double bytes) {
    constexpr std::string_view kUnits = "BKMGT";
    std::size_t unit = 0;
    for (; bytes >= 1024 && unit + 1 < kUnits.size(); ++unit) bytes /= 1024;
    return fmt::format("{:.{}f}{}", bytes, unit > 0 && bytes < 10 ? 1 : 0, kUnits[unit]);
}

std::string time_text(const std::optional<double>& us) {
    if (!us) return "-";
    if (*us >= 1e6) return fmt::format("{:.2f}s", *us / 1e6);
    if (*us >= 1e3) return fmt::format("{:.1f}ms", *us / 1e3);
    return fmt::format("{:.1f}us", *us);
}

double queue_share(const TopRow& row) {
    return row.queue_capacity == 0 ? -1.0
                                   : static_cast<double>(row.queue_depth) / row.queue_capacity;
}

std::string bar_text(const TopRow& row) {
    if (row.queue_capacity == 0) return std::string(kBarCells, ' ') + " -";
    const double share = std::min(queue_share(row), 1.0);
    const auto full = static_cast<std::size_t>(share * kBarCells + 0.5);
    return std::string(full, '#') + std::string(kBarCells - full, '.') +
           fmt::format(" {}/{}", row.queue_depth, row.queue_capacity);
}

// Largest first, but for names and the graph's own order; equals stay as they were.
void sort(std::vector<TopRow>& rows, TopOrder order) {
    const auto descending = [&rows](auto value_of) {
        std::ranges::stable_sort(rows, std::ranges::greater(), value_of);
    };
    switch (order) {
        case TopOrder::graph:
            return;
        case TopOrder::name:
            return std::ranges::stable_sort(rows, {}, &TopRow::name), void();
        case TopOrder::frames:
            return descending(&TopRow::frames_per_s);
        case TopOrder::latency:
            return descending([](const TopRow& row) { return row.p99_us.value_or(-1); });
        case TopOrder::queue:
            return descending(queue_share);
        case TopOrder::cpu:
            return descending(&TopRow::cpu_percent);
        case TopOrder::memory:
            return descending(&TopRow::rss_bytes);
        case TopOrder::restarts:
            return descending(&TopRow::restarts);
    }
}

std::string cut(const std::string& line, std::size_t columns) {
    return columns == 0 ? line : line.substr(0, columns);
}

}  // namespace

std::optional<double> quantile_us(const TelemetrySample& now, const TelemetrySample& before,
                                  double fraction) {
    const std::uint64_t calls = beyond(now.calls, before.calls);
    if (calls == 0) return std::nullopt;
    const double rank = fraction * static_cast<double>(calls);
    double below = 0;
    double from_us = 0;
    double upper_us = 1.024;
    for (std::size_t i = 0; i < now.calls_below.size(); ++i, upper_us *= 2) {
        const auto until = static_cast<double>(beyond(now.calls_below[i], before.calls_below[i]));
        if (until >= rank && until > below) {
            return from_us + (upper_us - from_us) * (rank - below) / (until - below);
        }
        below = std::max(below, until);
        from_us = upper_us;
    }
    return from_us;  // It took longer than any bucket.
}

std::uint64_t rss_bytes_of(std::int64_t pid) {
    std::ifstream file(fmt::format("/proc/{}/statm", pid));
    std::uint64_t total = 0;
    std::uint64_t resident = 0;
    if (!(file >> total >> resident)) return 0;
    return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

std::vector<TopRow> TopSampler::look(std::span<const TelemetrySample> now) {
    std::vector<TopRow> rows;
    for (const TelemetrySample& sample : now) {
        const std::int64_t since = before_.empty() ? 0 : before_.front().time_ns;
        const double seconds = std::max(1.0, static_cast<double>(sample.time_ns - since)) / 1e9;
        const TelemetrySample none;
        const TelemetrySample* found = find(before_, sample.name());
        const TelemetrySample& before = found == nullptr ? none : *found;
        const auto rate = [&](std::uint64_t TelemetrySample::* sum) {
            return static_cast<double>(beyond(sample.*sum, before.*sum)) / seconds;
        };
        const auto busy_ns = std::max<std::int64_t>(0, sample.busy_ns - before.busy_ns);
        rows.push_back({.name = std::string(sample.name()),
                        .frames_per_s = rate(sample.fed ? &TelemetrySample::frames_in
                                                        : &TelemetrySample::frames_out),
                        .p50_us = quantile_us(sample, before, 0.5),
                        .p99_us = quantile_us(sample, before, 0.99),
                        .queue_depth = sample.waiting,
                        .queue_capacity = sample.capacity,
                        .cpu_percent = static_cast<double>(busy_ns) / 1e7 / seconds,
                        .rss_bytes = memory_of_(sample.pid),
                        .copied_bytes_per_s = rate(&TelemetrySample::copied_into),
                        .dropped = sample.dropped,
                        .restarts = sample.restarts});
    }
    before_.assign(now.begin(), now.end());
    return rows;
}

std::optional<TopOrder> top_order_of(char key) {
    using enum TopOrder;
    switch (key) {
        case 'g':
            return graph;
        case 'n':
            return name;
        case 'f':
            return frames;
        case 'l':
            return latency;
        case 'u':
            return queue;
        case 'c':
            return cpu;
        case 'm':
            return memory;
        case 'r':
            return restarts;
        default:
            return std::nullopt;
    }
}

std::string top_text(const TelemetrySample& now, std::vector<TopRow> rows, const TopLook& look) {
    sort(rows, look.order);
    std::string text = fmt::format(
        "{:.1f} s  {} elements  {:.1f} s CPU  {} peak{}\n", static_cast<double>(now.time_ns) / 1e9,
        rows.size(), static_cast<double>(now.run_cpu_ns) / 1e9,
        bytes_text(static_cast<double>(now.run_peak_rss_bytes)), look.paused ? "  PAUSED" : "");
    if (look.keys) {
        text += cut("sort: g graph  n name  f fps  l latency  u queue  c CPU  m memory  r restarts"
                    "   p pause  q stop",
                    look.columns) +
                "\n";
    }
    text += cut(fmt::format("{:20} {:>9} {:>8} {:>8}  {:16} {:>6} {:>6} {:>8} {:>7} {:>8}",
                            "ELEMENT", "FPS", "P50", "P99", "QUEUE", "CPU%", "MEM", "COPY/s",
                            "DROPPED", "RESTARTS"),
                look.columns) +
            "\n";
    const std::size_t most =
        look.lines == 0 ? rows.size() : look.lines - std::min(look.lines, kHeadLines);
    for (std::size_t i = 0; i < std::min(most, rows.size()); ++i) {
        const TopRow& row = rows[i];
        text +=
            cut(fmt::format("{:20} {:>9.1f} {:>8} {:>8}  {:16} {:>6.1f} {:>6} {:>8} {:>7} {:>8}",
                            one_line(row.name), row.frames_per_s, time_text(row.p50_us),
                            time_text(row.p99_us), bar_text(row), row.cpu_percent,
                            bytes_text(static_cast<double>(row.rss_bytes)),
                            bytes_text(row.copied_bytes_per_s), row.dropped, row.restarts),
                look.columns) +
            "\n";
    }
    return text;
}

}  // namespace parallax::app
