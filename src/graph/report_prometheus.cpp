// The counters of a run in the text that Prometheus reads: one family after the other, each with
// its help and type, and each sample with the element or link that it is of.
#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "parallax/report.h"

namespace parallax {
namespace {

// A label's value, as the format wants it.
std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c == '\\' || c == '"') out += '\\';
        out += c == '\n' ? std::string("\\n") : std::string(1, c);
    }
    return out;
}

class Exposition {
  public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        write("# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
    }
    template <class Number>
    void sample(std::string_view labels, Number value, std::string_view suffix = "") {
        if (labels.empty()) return write("{}{} {}\n", name_, suffix, value);
        write("{}{}{{{}}} {}\n", name_, suffix, labels, value);
    }
    std::string take() && { return std::move(text_); }

  private:
    template <class... Args>
    void write(fmt::format_string<Args...> format, Args&&... args) {
        fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    }

    std::string text_;
    std::string name_;
};

std::string labels_of(const ElementReport& element) {
    return fmt::format(R"(element="{}",factory="{}",group="{}")", escaped(element.name),
                       escaped(element.factory), escaped(element.group));
}

void write_latency(Exposition& out, const ElementReport& element) {
    constexpr double kFirstS = 1024e-9;
    const std::string labels = labels_of(element);
    double edge_s = kFirstS;
    for (const std::uint64_t below : element.latency_us.below) {
        out.sample(fmt::format("{},le=\"{:.9g}\"", labels, edge_s), below, "_bucket");
        edge_s *= 2;
    }
    // Values may be added while they are read; a bucket never has more than the last one.
    const std::uint64_t count = std::max(element.latency_us.count, element.latency_us.below.back());
    out.sample(labels + ",le=\"+Inf\"", count, "_bucket");
    out.sample(labels, element.latency_us.sum / 1e6, "_sum");
    out.sample(labels, count, "_count");
}

void write_elements(Exposition& out, const RunReport& report) {
    const auto counter = [&](std::string_view name, std::string_view help, auto&& value_of) {
        out.family(name, "counter", help);
        for (const ElementReport& element : report.elements) {
            out.sample(labels_of(element), value_of(element));
        }
    };
    using E = ElementReport;
    counter("parallax_element_frames_in_total", "Frames that an element has taken.",
            [](const E& e) { return e.frames_in; });
    counter("parallax_element_frames_out_total", "Frames that an element has given.",
            [](const E& e) { return e.frames_out; });
    counter("parallax_element_dropped_total", "Frames dropped at an element or in its queue.",
            [](const E& e) { return e.dropped; });
    counter("parallax_element_poisoned_total", "Frames passed over since they kill its process.",
            [](const E& e) { return e.poisoned; });
    counter("parallax_element_restarts_total", "Times that its process was started again.",
            [](const E& e) { return e.restarts; });
    counter("parallax_element_busy_seconds_total", "CPU time spent in an element.",
            [](const E& e) { return e.busy_s; });
    out.family("parallax_element_latency_seconds", "histogram",
               "Time of one call of an element; quick ones are timed now and then.");
    for (const ElementReport& element : report.elements) write_latency(out, element);
}

void write_links(Exposition& out, const RunReport& report) {
    const auto labels = [](const LinkReport& link) {
        return fmt::format(R"(from="{}",to="{}")", escaped(link.from), escaped(link.to));
    };
    out.family("parallax_link_capacity_frames", "gauge", "Room of a link; 0: a plain call.");
    for (const LinkReport& link : report.links) out.sample(labels(link), link.capacity);
    out.family("parallax_link_high_water_frames", "gauge", "Most frames that were in a link.");
    for (const LinkReport& link : report.links) out.sample(labels(link), link.high_water);
    out.family("parallax_link_depth_frames", "gauge", "Frames that wait in a link now.");
    for (const LinkReport& link : report.links) out.sample(labels(link), link.depth);
    out.family("parallax_link_copied_bytes_total", "counter", "Bytes copied by the run-time.");
    for (const LinkReport& link : report.links) out.sample(labels(link), link.bytes_copied);
}

}  // namespace

std::string to_prometheus(const RunReport& report) {
    Exposition out;
    out.family("parallax_run_seconds", "gauge", "Time since the run began.");
    out.sample("", report.wall_s);
    out.family("parallax_run_cpu_seconds_total", "counter", "CPU time of the program.");
    out.sample("", report.cpu_s);
    out.family("parallax_run_peak_rss_bytes", "gauge", "Most memory that the program had.");
    out.sample("", report.peak_rss_bytes);
    write_elements(out, report);
    write_links(out, report);
    return std::move(out).take();
}

}  // namespace parallax
