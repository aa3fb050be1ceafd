// What a run tells of itself: the plan before, the figures after.
#include <ctime>

#include <sys/resource.h>
#include <unistd.h>

#include "graph/process_borders.h"
#include "graph/run.h"

namespace parallax {
namespace {

double seconds(std::int64_t ns) { return static_cast<double>(ns) / 1e9; }

std::int64_t process_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

std::uint64_t peak_rss_bytes() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

LatencyReport latency(const Histogram& histogram) {
    const auto us = [&](double fraction) {
        return static_cast<double>(histogram.quantile(fraction)) / 1e3;
    };
    return {.p50 = us(0.5),
            .p90 = us(0.9),
            .p99 = us(0.99),
            .p999 = us(0.999),
            .max = static_cast<double>(histogram.max()) / 1e3,
            .count = histogram.count(),
            .sum = static_cast<double>(histogram.sum()) / 1e3,
            .below = histogram.below_powers<25>(10)};
}

std::string memory_name(const Structure& caps) {
    if (caps.features().is_plain() || caps.features().is_any()) return "MemFd";
    return std::string(caps.features().names().front());
}

std::string_view class_of(const Error& error) {
    switch (error.code) {
        case Errc::no_common_format:
        case Errc::no_common_memory:
        case Errc::cycle:
        case Errc::gave_up:
            return "negotiation";
        case Errc::permission:
        case Errc::lacking:
            return "permission";
        case Errc::io:
        case Errc::corrupt:  // What came from outside was not what it should be.
            return "io";
        default:
            return "runtime";
    }
}

// An element's copies count for its first link: the one into it, or out of it for a source.
std::uint64_t copied_at(const ElementRun& from, const ElementRun& to, const PlannedLink& link) {
    std::uint64_t bytes = link.to_pad == 0 ? to.counters.bytes_copied.load() : 0;
    if (from.input_pads.empty() && link.from_pad == 0) bytes += from.counters.bytes_copied.load();
    return bytes;
}

}  // namespace

Problem problem_of(const Error& error, std::string element) {
    Problem problem{.kind = std::string(class_of(error)),
                    .element = std::move(element),
                    .text = to_string(error),
                    .hint = error.hint};
    if (problem.kind == "negotiation") problem.reason = to_string(error.code);
    if (!problem.element.empty()) problem.names.push_back(problem.element);
    return problem;
}

std::string to_string(const Problem& problem) {
    std::string text;
    if (problem.line > 0) {
        text = std::to_string(problem.line) + ":" + std::to_string(problem.column) + ": ";
    } else if (!problem.element.empty() && !problem.text.contains(problem.element)) {
        text = problem.element + ": ";
    }
    text += problem.text;
    return problem.hint.empty() ? text : text + " (" + problem.hint + ")";
}

// Every element with its properties as they took effect; for when no stage runs them.
std::vector<ElementPlan> Run::element_plans() const {
    std::vector<ElementPlan> plans;
    for (const auto& run : elements_) {
        ElementPlan plan{.name = run->name, .factory = run->factory, .properties = {}};
        for (const PropertySpec& spec : run->element->properties()) {
            if (auto value = run->element->property(spec.name)) {
                plan.properties.emplace_back(spec.name, *std::move(value));
            }
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

// The numbers of all links: as drawn, and what goes on behind something put in right behind what
// goes into it.
std::vector<std::size_t> Run::links_as_drawn() const {
    const std::vector<PlannedLink>& links = plan_.links.empty() ? links_ : plan_.links;
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    std::vector<std::size_t> out_of(elements_.size(), none);  // Of what was put in.
    for (std::size_t l = drawn_links_; l < links.size(); ++l) out_of[links[l].from] = l;
    std::vector<std::size_t> order;
    order.reserve(links.size());
    for (std::size_t l = 0; l < drawn_links_; ++l) {
        for (std::size_t at = l; at != none; at = out_of[links[at].to]) order.push_back(at);
    }
    return order;
}

std::string Run::link_name(const PlannedLink& link) const {
    return pad_name(*elements_[link.from], PadDirection::src, link.from_pad) + " -> " +
           pad_name(*elements_[link.to], PadDirection::sink, link.to_pad);
}

std::vector<ConverterPlan> Run::converter_plans() const {
    std::vector<ConverterPlan> plans = converters_;
    const std::vector<PlannedLink>& links = plan_.links.empty() ? links_ : plan_.links;
    for (ConverterPlan& plan : plans) {
        for (const std::size_t l : links_as_drawn()) {
            const PlannedLink& link = links[l];
            const bool here =
                elements_[link.from]->name == plan.name || elements_[link.to]->name == plan.name;
            if (here) plan.links.push_back(link_name(link));
        }
    }
    return plans;
}

PlanReport Run::plan_report() const {
    PlanReport report;
    const auto name = [&](std::size_t element) { return elements_[element]->name; };
    std::vector<ElementPlan> plans = planned_.empty() ? element_plans() : planned_;
    for (ElementPlan& plan : plans) {
        if (plan.factory != "capsfilter") {
            report.elements.push_back(std::move(plan));
            continue;
        }
        const auto caps = std::ranges::find(plan.properties, "caps",
                                            [](const auto& property) { return property.first; });
        report.filters.push_back(
            {plan.name, caps == plan.properties.end() ? "ANY" : to_string(caps->second)});
    }
    for (const std::size_t l : links_as_drawn()) {
        const PlannedLink& link = plan_.links.empty() ? links_[l] : plan_.links[l];
        report.links.push_back(
            {.from = pad_name(*elements_[link.from], PadDirection::src, link.from_pad),
             .to = pad_name(*elements_[link.to], PadDirection::sink, link.to_pad),
             .caps = to_string(link.caps),
             .memory = memory_name(link.caps),
             .crosses_process =
                 run_apart(graph_.nodes()[link.from].isolate, graph_.nodes()[link.to].isolate),
             .capacity = link.capacity,
             .frame_bytes = link.frame_bytes});
    }
    report.notes = notes_;
    report.converters = converter_plans();
    for (const PlannedStage& stage : plan_.stages) {
        StagePlan planned{.group = stage.group, .elements = {}};
        for (const std::size_t element : stage.elements) planned.elements.push_back(name(element));
        report.stages.push_back(std::move(planned));
    }
    for (const PlannedArena& arena : plan_.arenas) {
        report.arenas.push_back(
            {.element = name(arena.element),
             .pad = pad_name(*elements_[arena.element], PadDirection::src, arena.pad),
             .slot_bytes = arena.slot_bytes,
             .slots = arena.slots});
    }
    return report;
}

// Frames that wait in a link now.
std::uint32_t Run::depth_of(std::size_t link) const {
    if (stages_.empty()) return 0;
    const auto elsewhere = remote_ ? remote_->depth(link) : std::nullopt;
    if (elsewhere) return *elsewhere;
    return link < channels_.size() && channels_[link] ? channels_[link]->counters().depth : 0;
}

RunReport Run::report() const {
    RunReport report;
    const std::int64_t end = ended_ns_ != 0 ? ended_ns_ : monotonic_ns();
    report.wall_s = started_ns_ == 0 ? 0 : seconds(end - started_ns_);
    report.cpu_s = seconds(process_cpu_ns());
    report.peak_rss_bytes = peak_rss_bytes();
    report.negotiation_us = static_cast<double>(negotiation_ns_) / 1e3;
    report.first_frame_ms = static_cast<double>(first_frame_ns_.load()) / 1e6;
    const std::lock_guard lock(mutex_);
    std::vector<std::uint64_t> drops(elements_.size(), 0);
    const std::vector<PlannedLink>& links = plan_.links.empty() ? links_ : plan_.links;
    for (const std::size_t l : links_as_drawn()) {
        const PlannedLink& link = links[l];
        Channel::Counters now;
        if (l < channels_.size() && channels_[l]) now = channels_[l]->counters();
        drops[link.to] += queue_drops_[l] + now.dropped;
        const ElementRun& to = *elements_[link.to];
        report.links.push_back(
            {.from = pad_name(*elements_[link.from], PadDirection::src, link.from_pad),
             .to = pad_name(to, PadDirection::sink, link.to_pad),
             .caps = to_string(link.caps),
             .memory = memory_name(link.caps),
             .capacity = link.capacity,
             .high_water = std::max(high_water_[l], now.high_water),
             .depth = depth_of(l),
             .bytes_copied = copied_at(*elements_[link.from], to, link)});
    }
    if (remote_) remote_->refresh();
    for (std::size_t n = 0; n < elements_.size(); ++n) {
        const ElementRun& run = *elements_[n];
        if (run.factory == "capsfilter") continue;
        RemoteFigures remote;
        if (is_remote(n) && remote_) remote = remote_->figures(n);
        const bool over = state_ == State::ended;
        report.elements.push_back({.name = run.name,
                                   .factory = run.factory,
                                   .pid = is_remote(n) ? remote.pid : ::getpid(),
                                   .group = graph_.nodes()[n].group,
                                   .isolated = is_remote(n),
                                   .frames_in = run.counters.frames_in.load(),
                                   .frames_out = run.counters.frames_out.load(),
                                   .dropped = run.counters.dropped.load() + drops[n],
                                   .poisoned = remote.poisoned,
                                   .restarts = remote.restarts,
                                   .busy_s = seconds(run.counters.busy_ns.load()),
                                   .latency_us = latency(run.counters.latency_ns),
                                   .metrics = is_remote(n) ? std::move(remote.metrics)
                                              : over       ? run.element->metrics()
                                                           : decltype(ElementReport::metrics){}});
    }
    report.converters = converter_plans();
    report.events = events_;
    report.errors = errors_;
    if (!errors_.empty()) report.status = "error";
    return report;
}

}  // namespace parallax
