#include "app/top_table.h"

#include <algorithm>
#include <cmath>

#include <unistd.h>

#include <doctest/doctest.h>

#include "graph/run_telemetry.h"
#include "trace/histogram.h"

namespace parallax::app {
namespace {

TelemetrySample latency(const Histogram& histogram) {
    TelemetrySample sample;
    sample.calls = histogram.count();
    sample.calls_below = histogram.below_powers<25>(10);
    return sample;
}

ElementReport element(const std::string& name, std::uint64_t in, std::uint64_t out) {
    ElementReport report;
    report.name = name;
    report.frames_in = in;
    report.frames_out = out;
    return report;
}

LinkReport link(const std::string& from, const std::string& to) {
    LinkReport report;
    report.from = from;
    report.to = to;
    return report;
}

// A source, a queue of 8 before a filter, and a sink.
RunReport report_at(double wall_s, std::uint64_t frames, std::uint64_t copied = 0) {
    RunReport report;
    report.wall_s = wall_s;
    report.elements = {element("camera", 0, frames), element("filter", frames / 2, frames / 2),
                       element("sink", frames / 2, 0)};
    report.elements[0].busy_s = wall_s / 2;
    report.elements[1].pid = 8;
    report.elements[1].dropped = 3;
    report.elements[1].restarts = 2;
    report.links = {link("camera.src", "filter.sink"), link("filter.src", "sink.sink")};
    report.links[0].capacity = 8;
    report.links[0].high_water = 8;
    report.links[0].depth = 6;
    report.links[1].bytes_copied = copied;
    return report;
}

std::uint64_t memory_of(std::int64_t pid) { return static_cast<std::uint64_t>(pid) << 20U; }

TEST_CASE("top: rows tell of the time since the last look, and the first of the whole run") {
    TopSampler sampler(memory_of);
    const auto first = sampler.look(samples_of(report_at(2, 100, 1000)));
    REQUIRE(first.size() == 3);
    CHECK(first[0].frames_per_s == 50);  // Made.
    CHECK(first[1].frames_per_s == 25);  // Taken.
    CHECK(first[0].cpu_percent == 50);
    CHECK(first[1].queue_depth == 6);
    CHECK(first[1].queue_capacity == 8);
    CHECK(first[0].queue_capacity == 0);
    CHECK(first[1].rss_bytes == 8U << 20U);
    CHECK(first[1].restarts == 2);
    CHECK(first[2].copied_bytes_per_s == 500);
    const auto second = sampler.look(samples_of(report_at(3, 300, 1500)));
    CHECK(second[0].frames_per_s == 200);
    CHECK(second[2].copied_bytes_per_s == 500);
    CHECK(second[1].dropped == 3);
}

TEST_CASE("top: what counts anew, or is new, is not negative") {
    TopSampler sampler(memory_of);
    (void)sampler.look(samples_of(report_at(5, 1000)));
    RunReport less = report_at(6, 10);
    less.elements.push_back(element("converter", 4, 0));
    for (const TopRow& row : sampler.look(samples_of(less))) {
        CHECK(row.frames_per_s >= 0);
        CHECK(row.cpu_percent >= 0);
        CHECK(row.frames_per_s <= 4);
    }
}

// Against the times themselves: never further off than their bucket is wide.
TEST_CASE("top: quantiles are those of the calls since the last look, to a factor of two") {
    Histogram histogram;
    for (int i = 0; i < 1000; ++i) histogram.record(1'000'000'000);  // Before.
    const TelemetrySample before = latency(histogram);
    CHECK_FALSE(quantile_us(before, before, 0.5));
    std::vector<double> times_us;
    for (int i = 0; i < 5000; ++i) {
        const double us = 5 * std::pow(1.002, i);
        times_us.push_back(us);
        histogram.record(static_cast<std::uint64_t>(us * 1000));
    }
    const TelemetrySample now = latency(histogram);
    for (const double fraction : {0.01, 0.25, 0.5, 0.9, 0.99}) {
        const double truth = times_us[static_cast<std::size_t>(fraction * 4999)];
        const auto found = quantile_us(now, before, fraction);
        REQUIRE(found);
        CHECK(*found >= truth / 2);
        CHECK(*found <= truth * 2);
    }
    CHECK(*quantile_us(now, before, 0.5) < *quantile_us(now, before, 0.9));
}

TEST_CASE("top: the table is sorted as a key says, cut to the terminal, and quotes nothing raw") {
    TopSampler sampler(memory_of);
    RunReport report = report_at(2, 100);
    report.elements[0].name = "zoo\x1b[2J";
    const auto samples = samples_of(report);
    const TelemetrySample& now = samples.front();
    const auto rows = sampler.look(samples);
    const auto at = [](const std::string& text, const char* word) { return text.find(word); };
    const std::string graph = top_text(now, rows, {});
    CHECK(at(graph, "zoo") < at(graph, "filter"));
    CHECK(at(graph, "\x1b") == std::string::npos);
    CHECK(at(graph, "######.. 6/8") != std::string::npos);
    CHECK(at(graph, "sort:") == std::string::npos);
    const std::string by_name = top_text(now, rows, {.order = *top_order_of('n')});
    CHECK(at(by_name, "filter") < at(by_name, "zoo"));
    const std::string by_restarts = top_text(now, rows, {.order = *top_order_of('r')});
    CHECK(at(by_restarts, "filter") < at(by_restarts, "zoo"));
    CHECK_FALSE(top_order_of('x'));
    for (const std::size_t columns : {1U, 20U, 79U}) {
        const std::string cut = top_text(now, rows, {.keys = true, .columns = columns, .lines = 4});
        CHECK(std::ranges::count(cut, '\n') == 4);
        const std::string table = cut.substr(cut.find('\n') + 1);
        for (std::size_t from = 0; from < table.size(); from = table.find('\n', from) + 1) {
            CHECK(table.find('\n', from) - from <= columns);
        }
    }
}

TEST_CASE("top: memory of a process is what the system says, and nothing of none") {
    CHECK(rss_bytes_of(::getpid()) > 1U << 20U);
    CHECK(rss_bytes_of(0) == 0);
}

}  // namespace
}  // namespace parallax::app
