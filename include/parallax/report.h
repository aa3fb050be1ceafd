// Problem, PlanReport, RunReport: what a pipeline tells of itself, as plain values.
//
// The names and meanings are those of the JSON that parallax-launch writes, and to_json here.
//
// Threads: plain values and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "parallax/option.h"
#include "parallax/result.h"

namespace parallax {

// Something wrong, as it stands in `errors[]`.
struct Problem {
    std::string kind;  // The "class": no-such-element, bad-value, link, negotiation, io …
    std::string element = {};
    std::string text;
    int line = 0;  // From 1; 0 where no text is at fault.
    int column = 0;
    std::vector<std::string> names = {};  // Nearest valid names, or the elements in conflict.
    std::string hint = {};
    // Of a negotiation: no-common-format, no-common-memory, cycle, gave-up.
    std::string reason = {};
    std::string field = {};  // Where the two sides differ.
    std::string left = {};   // What comes from upstream, and what downstream takes.
    std::string right = {};
    std::vector<std::string> path = {};  // Elements from one that disagrees to the other.
};

Problem problem_of(const Error& error, std::string element);
// In one line: "1:9: no element called fakesnik (did you mean fakesink?)".
std::string to_string(const Problem& problem);

struct ElementPlan {
    std::string name;
    std::string factory;
    std::vector<std::pair<std::string, PropertyValue>> properties;  // As they took effect.
};
struct LinkPlan {
    std::string from;  // "element.pad"
    std::string to;
    std::string caps;
    std::string memory;
    bool crosses_process = false;              // Its ends run in two processes.
    std::uint32_t capacity = 0;                // Frames; 0: a plain call inside a stage.
    std::uint64_t frame_bytes = 0;             // Largest; 0: unknown.
    std::uint64_t bytes_copied_per_frame = 0;  // By the run-time: links hand on references.
};
struct FilterPlan {
    std::string name;
    std::string caps;
};
// An element that negotiation put into a link.
struct ConverterPlan {
    std::string name;
    std::string factory;
    std::string link;                     // "camera.src -> encoder.sink", as the user drew it.
    std::vector<std::string> links = {};  // Those into it and out of it, as they run.
    std::string reason;
    std::uint64_t cost = 0;
};
// What was decided of a link that nobody asked for: a layout, a copy, a kind of memory given up.
struct NotePlan {
    std::string link;  // "camera.src -> encoder.sink", as the user drew it.
    std::string text;
};
// What one isolated element's process may touch beside its frames.
struct SandboxPlan {
    std::string element;
    std::string process;  // "process": its own; else the name of one that elements share.
    std::string preset;
    std::vector<std::string> read_paths = {};
    std::vector<std::string> write_paths = {};
    std::vector<std::string> endpoints = {};
    std::vector<std::string> devices = {};
    std::uint64_t memory_max_bytes = 0;  // 0: no limit of ours.
    double cpu_quota = 0;                // In cores; 0: no limit of ours.
    std::uint32_t pids_max = 0;
};
struct StagePlan {
    std::string group;
    std::vector<std::string> elements;
};
struct ArenaPlan {
    std::string element;
    std::string pad;
    std::uint64_t slot_bytes = 0;
    std::uint32_t slots = 0;
};
struct PlanReport {
    std::vector<ElementPlan> elements;
    std::vector<LinkPlan> links;
    std::vector<FilterPlan> filters;
    std::vector<ConverterPlan> converters;
    std::vector<NotePlan> notes = {};
    std::vector<StagePlan> stages;
    std::vector<ArenaPlan> arenas;
    std::vector<SandboxPlan> sandbox;
};

struct LatencyReport {  // Microseconds of one process() call.
    double p50 = 0;
    double p90 = 0;
    double p99 = 0;
    double p999 = 0;
    double max = 0;
    // Of those that were timed; quick elements are timed now and then.
    std::uint64_t count = 0;
    double sum = 0;
    // How many took less than 2^10 ns (1.024 us), 2^11 ns … 2^34 ns (17 s).
    std::array<std::uint64_t, 25> below = {};
};
struct ElementReport {
    std::string name;
    std::string factory;
    std::int64_t pid = 0;
    std::string group;
    bool isolated = false;
    std::uint64_t frames_in = 0;
    std::uint64_t frames_out = 0;
    std::uint64_t dropped = 0;
    std::uint64_t poisoned = 0;
    std::uint64_t restarts = 0;
    double busy_s = 0;  // Thread CPU time.
    LatencyReport latency_us;
    std::vector<std::pair<std::string, double>> metrics;
};
struct LinkReport {
    std::string from;
    std::string to;
    std::string caps;
    std::string memory;
    std::uint32_t capacity = 0;
    std::uint32_t high_water = 0;
    std::uint32_t depth = 0;  // Now; of an end in another process as of 50 ms ago.
    std::uint64_t bytes_copied = 0;
};
// What a message of a run is about, where a program would want to know.
enum class Topic : std::uint8_t {
    none,
    crash,         // A stage's process died; what is done about it is said in the text.
    restart,       // Its successor works.
    poison_frame,  // A frame that killed it too often is passed over.
};
struct EventReport {
    double t_ms = 0;
    std::string element;
    std::string kind;  // message, error, crash, restart or poison-frame.
    std::string text;
};
struct RunReport {
    std::string status = "eos";  // eos error timeout interrupted
    double wall_s = 0;
    double cpu_s = 0;
    std::uint64_t peak_rss_bytes = 0;
    std::vector<ElementReport> elements;
    std::vector<LinkReport> links;
    std::vector<ConverterPlan> converters;
    double negotiation_us = 0;
    double first_frame_ms = 0;
    std::vector<EventReport> events;
    std::vector<Problem> errors;
};

std::string to_json(const RunReport& report);
// As Prometheus reads it (text exposition format 0.0.4); docs/tracing.md lists the names.
std::string to_prometheus(const RunReport& report);
// With the problems instead of a plan when there are any.
std::string to_json(const PlanReport& plan, std::span<const Problem> problems = {});

}  // namespace parallax
