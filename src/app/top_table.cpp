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

const ElementReport* find(const RunReport& report, const std::string& name) {
    const auto found = std::ranges::find(report.elements, name, &ElementReport::name);
    return found == report.elements.end() ? nullptr : &*found;
}

std::string element_of(const std::string& pad) { return pad.substr(0, pad.rfind('.')); }

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
                                   : static_cast<double>(row.queue_most) / row.queue_capacity;
}

std::string bar_text(const TopRow& row) {
    if (row.queue_capacity == 0) return std::string(kBarCells, ' ') + " -";
    const double share = std::min(queue_share(row), 1.0);
    const auto full = static_cast<std::size_t>(share * kBarCells + 0.5);
    return std::string(full, '#') + std::string(kBarCells - full, '.') +
           fmt::format(" {}/{}", row.queue_most, row.queue_capacity);
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

std::optional<double> quantile_us(const LatencyReport& now, const LatencyReport& before,
                                  double fraction) {
    const std::uint64_t calls = beyond(now.count, before.count);
    if (calls == 0) return std::nullopt;
    const double rank = fraction * static_cast<double>(calls);
    double below = 0;
    double from_us = 0;
    double upper_us = 1.024;
    for (std::size_t i = 0; i < now.below.size(); ++i, upper_us *= 2) {
        const auto until = static_cast<double>(beyond(now.below[i], before.below[i]));
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

std::vector<TopRow> TopSampler::look(const RunReport& now) {
    const double seconds = std::max(now.wall_s - before_.wall_s, 1e-9);
    std::vector<TopRow> rows;
    for (const ElementReport& element : now.elements) {
        const ElementReport none;
        const ElementReport* found = find(before_, element.name);
        const ElementReport& before = found == nullptr ? none : *found;
        TopRow row{.name = element.name,
                   .p50_us = quantile_us(element.latency_us, before.latency_us, 0.5),
                   .p99_us = quantile_us(element.latency_us, before.latency_us, 0.99),
                   .cpu_percent = std::max(0.0, element.busy_s - before.busy_s) / seconds * 100,
                   .rss_bytes = memory_of_(element.pid),
                   .dropped = element.dropped,
                   .restarts = element.restarts};
        bool fed = false;
        for (std::size_t l = 0; l < now.links.size(); ++l) {
            const LinkReport& link = now.links[l];
            if (element_of(link.to) != element.name) continue;
            fed = true;
            const bool fuller =
                link.capacity != 0 && std::uint64_t{link.high_water} * row.queue_capacity >=
                                          std::uint64_t{row.queue_most} * link.capacity;
            if (fuller) {
                row.queue_most = link.high_water;
                row.queue_capacity = link.capacity;
            }
            const bool known = l < before_.links.size() && before_.links[l].to == link.to;
            const std::uint64_t copied = known ? before_.links[l].bytes_copied : 0;
            row.copied_bytes_per_s +=
                static_cast<double>(beyond(link.bytes_copied, copied)) / seconds;
        }
        const std::uint64_t frames = fed ? beyond(element.frames_in, before.frames_in)
                                         : beyond(element.frames_out, before.frames_out);
        row.frames_per_s = static_cast<double>(frames) / seconds;
        rows.push_back(std::move(row));
    }
    before_ = now;
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

std::string top_text(const RunReport& now, std::vector<TopRow> rows, const TopLook& look) {
    sort(rows, look.order);
    std::string text = fmt::format(
        "{:.1f} s  {} elements  {:.1f} s CPU  {} peak{}\n", now.wall_s, rows.size(), now.cpu_s,
        bytes_text(static_cast<double>(now.peak_rss_bytes)), look.paused ? "  PAUSED" : "");
    if (look.keys) {
        text += cut("sort: g graph  n name  f fps  l latency  u queue  c CPU  m memory  r restarts"
                    "   p pause  q stop",
                    look.columns) +
                "\n";
    }
    text += cut(fmt::format("{:20} {:>9} {:>8} {:>8}  {:16} {:>6} {:>6} {:>8} {:>7} {:>8}",
                            "ELEMENT", "FPS", "P50", "P99", "QUEUE (MOST)", "CPU%", "MEM", "COPY/s",
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
