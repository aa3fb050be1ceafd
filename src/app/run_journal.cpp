#include "app/run_journal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <unistd.h>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/id.h"
#include "parallax/sandbox_policy.h"

namespace parallax::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kTelemetryS = 1;

std::string_view name_of(Severity severity) {
    switch (severity) {
        case Severity::debug:
            return "debug";
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::error:
            break;
    }
    return "error";
}

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

RecordKind kind_of(const Pipeline::Message& message) {
    switch (message.topic) {
        case Topic::crash:
            return RecordKind::crash;
        case Topic::restart:
            return RecordKind::restart;
        case Topic::poison_frame:
            return RecordKind::poison_frame;
        case Topic::none:
            break;
    }
    return message.kind == Pipeline::Message::Kind::error ? RecordKind::error : RecordKind::message;
}

Json figures_of(const RunReport& report) {
    Json elements = Json::array();
    for (const ElementReport& element : report.elements) {
        elements.push_back({{"name", element.name},
                            {"frames_in", element.frames_in},
                            {"frames_out", element.frames_out},
                            {"dropped", element.dropped},
                            {"poisoned", element.poisoned},
                            {"restarts", element.restarts},
                            {"busy_s", element.busy_s},
                            {"latency_us",
                             {{"p50", element.latency_us.p50},
                              {"p99", element.latency_us.p99},
                              {"max", element.latency_us.max}}}});
    }
    Json links = Json::array();
    for (const LinkReport& link : report.links) {
        if (link.capacity == 0) continue;  // A plain call.
        links.push_back({{"from", link.from}, {"to", link.to}, {"high_water", link.high_water}});
    }
    return {{"wall_s", report.wall_s},
            {"cpu_s", report.cpu_s},
            {"peak_rss_bytes", report.peak_rss_bytes},
            {"elements", std::move(elements)},
            {"links", std::move(links)}};
}

Result<Journal::Options> journal_options(const Options& options) {
    Journal::Options wanted{.sync = Journal::Sync::interval};
    const std::string when = options.get("journal-sync").value_or("");
    if (when == "record") wanted.sync = Journal::Sync::record;
    if (when == "none") wanted.sync = Journal::Sync::none;
    if (!when.empty() && when != "record" && when != "none") {
        const std::int64_t every_ns = PX_TRY(parse_duration(when).context("--journal-sync"));
        wanted.interval =
            std::chrono::milliseconds(std::max<std::int64_t>(1, every_ns / 1'000'000));
    }
    if (const auto keep = options.get("journal-keep")) {
        constexpr std::uint64_t kLeast = std::uint64_t{64} << 10U;
        wanted.keep_bytes = PX_TRY(parse_bytes(*keep).context("--journal-keep"));
        if (wanted.keep_bytes < kLeast) {
            return fail(Errc::invalid_argument, "--journal-keep: at least 64K are needed");
        }
    }
    return wanted;
}

}  // namespace

Result<std::unique_ptr<RunJournal>> RunJournal::open(const Options& options) {
    const Journal::Options wanted = PX_TRY(journal_options(options));
    const auto folder = options.get("journal");
    if (!folder) return nullptr;
    auto journal = PX_TRY(Journal::open(*folder, wanted).context("--journal"));
    return std::make_unique<RunJournal>(std::move(journal));
}

void RunJournal::offer(RecordKind kind, const std::string& json) {
    (void)journal_->offer(kind, json);  // The journal counts what it refuses, and news() tells.
}

void RunJournal::started(const std::string& launch_text) {
    offer(RecordKind::run_started, dumped({{"run", random_id().value_or("")},
                                           {"version", PARALLAX_VERSION},
                                           {"pid", ::getpid()},
                                           {"launch", launch_text}}));
}

void RunJournal::plan(const PlanReport& plan) {
    // To one line: to_json() writes it for people.
    offer(RecordKind::plan, dumped(Json::parse(to_json(plan), nullptr, false)));
}

void RunJournal::message(const Pipeline::Message& message) {
    if (message.kind == Pipeline::Message::Kind::ended) return;
    offer(kind_of(message), dumped({{"t_ms", static_cast<double>(message.time_ns) / 1e6},
                                    {"element", message.element},
                                    {"severity", name_of(message.severity)},
                                    {"text", message.text},
                                    {"hint", message.hint}}));
}

void RunJournal::command(std::string_view name, std::string_view by) {
    offer(RecordKind::control_command, dumped({{"command", name}, {"by", by}}));
}

void RunJournal::telemetry(const RunReport& report) {
    if (report.wall_s < told_s_ + kTelemetryS) return;
    told_s_ = report.wall_s;
    offer(RecordKind::telemetry, dumped(figures_of(report)));
}

void RunJournal::ended(const RunReport& report) {
    Json json = figures_of(report);
    json["status"] = report.status;
    offer(RecordKind::run_ended, dumped(json));
    (void)journal_->flush();  // Its failure is news.
}

std::optional<std::string> RunJournal::news() {
    const Journal::Stats stats = journal_->stats();
    const std::uint64_t lost = stats.lost + stats.overflow;
    const bool more = lost > std::exchange(told_lost_, lost);
    const bool troubled = more || (troubled_ && stats.error);
    if (troubled == troubled_) return std::nullopt;
    troubled_ = troubled;
    if (!troubled) {
        return fmt::format("the journal is written again; {} of its records are lost", lost);
    }
    return "records of the journal are lost: " +
           (stats.last_error ? to_string(*stats.last_error)
                             : std::string("they come faster than they can be written"));
}

std::string RunJournal::found() const {
    const JournalFiles::Recovered& found = journal_->recovered();
    std::string text;
    if (found.cut_bytes > 0) {
        text = fmt::format("{} bytes of a record that was never complete are cut", found.cut_bytes);
    }
    if (!found.damages.empty()) {
        text += text.empty() ? "" : "; ";
        text += "it is damaged, parallax journal verify tells where";
    }
    return text;
}

}  // namespace parallax::app
