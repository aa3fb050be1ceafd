// parallax run (parallax-launch): a launch line becomes a run.
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdio>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/isolation_options.h"
#include "app/plan_text.h"
#include "app/progress.h"
#include "app/text_file.h"
#include "graph/launch_graph.h"
#include "parallax/fd.h"
#include "parallax/pipeline.h"

namespace parallax::app {
namespace {

constexpr std::int64_t kTickNs = 50'000'000;
constexpr std::int64_t kDrainNs = 5'000'000'000;  // For an orderly end after a time-out.

// SIGINT and SIGTERM as something to be asked, so that no handler runs in anybody's midst.
class Interrupts {
  public:
    Interrupts() {
        sigset_t set;
        ::sigemptyset(&set);
        ::sigaddset(&set, SIGINT);
        ::sigaddset(&set, SIGTERM);
        ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
        fd_ = UniqueFd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
        std::signal(SIGPIPE, SIG_IGN);  // A closed pipe is an error of write(), not our end.
    }
    bool arrived() const {
        signalfd_siginfo info{};
        return ::read(fd_.get(), &info, sizeof info) == sizeof info;
    }

  private:
    UniqueFd fd_;
};

template <class Number>
Result<Number> number_in(std::string_view text, std::string_view what) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size()) return value;
    return fail(Errc::invalid_argument, fmt::format("{}: \"{}\" is no number", what, text));
}

// "0-1" or "0", into a list of cores.
Result<> add_cores(std::string_view text, std::vector<int>& cores) {
    const std::size_t dash = text.find('-');
    const int first = PX_TRY(number_in<int>(text.substr(0, dash), "cores"));
    const int last = dash == std::string_view::npos
                         ? first
                         : PX_TRY(number_in<int>(text.substr(dash + 1), "cores"));
    if (first < 0 || last < first || last > 4095) {
        return fail(Errc::invalid_argument, fmt::format("cores={} is no range of cores", text));
    }
    for (int core = first; core <= last; ++core) cores.push_back(core);
    return {};
}

Result<> set_policy(std::string_view text, ResourceGroup::Options& group) {
    using enum ResourceGroup::Policy;
    const std::size_t colon = text.find(':');
    const std::string_view word = text.substr(0, colon);
    if (word == "normal" || word == "batch") {
        group.policy = word == "batch" ? batch : normal;
        return {};
    }
    if (word != "fifo" && word != "rr") {
        return fail(Errc::invalid_argument, fmt::format("policy={} is none of normal, batch, "
                                                        "fifo:PRIO, rr:PRIO",
                                                        text));
    }
    group.policy = word == "fifo" ? fifo : rr;
    group.priority = colon == std::string_view::npos
                         ? 1
                         : PX_TRY(number_in<int>(text.substr(colon + 1), "policy"));
    if (group.priority >= 1 && group.priority <= 99) return {};
    return fail(Errc::invalid_argument, "a real-time priority is 1 to 99");
}

// NAME:cores=0-1,threads=2,policy=fifo:10,nice=0. A part without `=` continues the cores.
Result<> set_in_group(std::string_view part, ResourceGroup::Options& group) {
    const std::size_t equals = part.find('=');
    const std::string_view key = equals == std::string_view::npos ? "" : part.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? part : part.substr(equals + 1);
    if (key == "cores" || (key.empty() && !group.cores.empty())) {
        return add_cores(value, group.cores);
    }
    if (key == "policy") return set_policy(value, group);
    if (key == "near") return fail(Errc::unsupported, "near=DEVICE is not built in this version");
    if (key == "nice") {
        group.nice = PX_TRY(number_in<int>(value, "nice"));
        return {};
    }
    if (key == "threads") {
        group.threads = PX_TRY(number_in<int>(value, "threads"));
        if (group.threads >= 1) return {};
        return fail(Errc::invalid_argument, "threads must be at least 1");
    }
    return fail(Errc::invalid_argument,
                fmt::format("resource group {}: what is \"{}\"?", group.name, part),
                "NAME:cores=0-1,threads=2,policy=fifo:10,nice=0");
}

Result<ResourceGroup::Options> parse_group(std::string_view text) {
    const std::size_t colon = text.find(':');
    ResourceGroup::Options group;
    group.name = text.substr(0, colon);
    if (group.name.empty()) return fail(Errc::invalid_argument, "a resource group needs a name");
    std::string_view rest = colon == std::string_view::npos ? "" : text.substr(colon + 1);
    while (!rest.empty()) {
        const std::size_t comma = rest.find(',');
        const std::string_view part = rest.substr(0, comma);
        rest = comma == std::string_view::npos ? "" : rest.substr(comma + 1);
        PX_TRY(set_in_group(part, group));
    }
    return group;
}

class Launch {
  public:
    Launch(const Command& command, const Options& options, const Registry& registry)
        : command_(command), options_(options), registry_(registry) {}

    int run() {
        if (options_.has("list-elements")) return print(list_text(registry_)), kExitOk;
        if (const auto name = options_.get("inspect")) return inspect(*name);
        Result<std::string> text = launch_text();
        if (!text) return usage(text.error());
        text_ = *std::move(text);
        if (Result<> set = read_options(); !set) return usage(set.error());
        auto graph = parse_launch(text_, registry_);
        if (!graph) return refuse(graph.error());
        // Before the first thread of a group: each inherits that the signals are asked for here.
        const Interrupts interrupts;
        const std::string step =
            options_.has("dry-run") ? options_.get("dry-run").value_or("") : "-";
        if (Result<> applied = apply_isolation(options_, registry_, *graph); !applied) {
            return usage(applied.error());
        }
        const bool isolated = wants_isolation(*graph);
        if (isolated && step == "-") {
            auto made = make_isolation(supervisor_);
            if (!made) return usage(made.error());
            isolation_ = *std::move(made);
        }
        graph_ = *graph;
        auto pipeline = Pipeline::create(*std::move(graph), registry_,
                                         {.groups = groups_, .isolation = isolation_.get()});
        if (!pipeline) return refuse(pipeline.error());
        if (options_.get("delivery") == "exact") {
            const Result<> possible = check_exact(graph_, registry_, **pipeline);
            if (!possible) return usage(possible.error());
        }
        if (step == "parse") return show_plan(**pipeline);
        if (!(*pipeline)->prepare()) {
            return refuse((*pipeline)->report());
        }
        if (step != "-") return show_plan(**pipeline);
        return play(**pipeline, interrupts);
    }

  private:
    int usage(const Error& error) const {
        print_error(command_.program, to_string(error), error.hint);
        if (error.code == Errc::unsupported || error.code == Errc::permission) return kExitFacility;
        return error.code == Errc::system ? kExitError : kExitUsage;
    }

    int inspect(const std::string& name) const {
        const std::string_view argument = name;
        const auto inspect = std::ranges::find(commands(), "inspect", &Command::name);
        return inspect_command(*inspect, {&argument, 1}, registry_);
    }

    Result<std::string> launch_text() const {
        if (const auto file = options_.get("file")) return read_text(*file);
        return join_launch_arguments(options_.operands());
    }

    Result<> read_options() {
        for (const std::string& text : options_.all("resource-group")) {
            groups_.push_back(PX_TRY(parse_group(text)));
        }
        supervisor_ = PX_TRY(supervisor_options(options_));
        if (const auto text = options_.get("timeout")) timeout_ns_ = PX_TRY(parse_duration(*text));
        return {};
    }

    int refuse(std::vector<Problem> problems) {
        RunReport report;
        report.errors = std::move(problems);
        return refuse(std::move(report));
    }

    int refuse_to_play(const Pipeline& pipeline, const Error& error) {
        RunReport report = pipeline.report();
        if (report.errors.empty()) report.errors.push_back(problem_of(error, ""));
        return refuse(std::move(report));
    }

    // What was wrong before anything ran; the elements are told where they were made.
    int refuse(RunReport report) {
        const std::vector<Problem>& problems = report.errors;
        for (const Problem& problem : problems) print_problem(command_.program, problem, text_);
        if (options_.get("format") == "json" && options_.has("dry-run")) {
            print(to_json(PlanReport{}, problems));
        }
        report.status = "error";
        write_report(report);
        return problems.empty() ? kExitError : exit_code_of(problems.front());
    }

    int show_plan(Pipeline& pipeline) const {
        const std::string format = options_.get("format").value_or("text");
        PlanReport plan = pipeline.plan();
        auto sandbox = sandbox_plan(graph_, registry_, pipeline, supervisor_);
        if (!sandbox) return usage(sandbox.error());
        plan.sandbox = *std::move(sandbox);
        print(format == "json"  ? to_json(plan)
              : format == "dot" ? plan_dot(plan)
                                : plan_text(plan));
        return kExitOk;
    }

    // False, with the reason printed, when it cannot be written.
    bool write_report(const RunReport& report) const {
        const auto path = options_.get("report");
        if (!path) return true;
        const Result<> written = write_text(*path, to_json(report));
        if (!written) print_error(command_.program, to_string(written.error()));
        return written.has_value();
    }

    static std::uint64_t expected_frames(const Pipeline& pipeline) {
        std::uint64_t most = 0;
        for (const ElementPlan& element : pipeline.plan().elements) {
            for (const auto& [name, value] : element.properties) {
                const auto* count = std::get_if<std::int64_t>(&value);
                if (name == "num-buffers" && count != nullptr && *count > 0) {
                    most = std::max(most, static_cast<std::uint64_t>(*count));
                }
            }
        }
        return most;
    }

    int play(Pipeline& pipeline, const Interrupts& interrupts) {
        const bool quiet = options_.has("quiet");
        Progress progress(quiet ? Progress::Mode::none
                                : Progress::mode_of(options_.get("progress").value_or("auto")));
        const std::uint64_t expected = expected_frames(pipeline);
        if (const Result<> playing = pipeline.play(); !playing)
            return refuse_to_play(pipeline, playing.error());
        std::string status;
        bool ended = false;
        while (!ended) {
            const auto message = pipeline.wait(kTickNs);
            if (message) {
                progress.clear();
                ended = message->kind == Pipeline::Message::Kind::ended;
                show(*message, quiet);
            }
            const RunReport now = pipeline.report();
            progress.update(now, expected);
            if (interrupts.arrived()) {
                if (!status.empty()) return kExitInterrupted;  // The second one: at once.
                status = "interrupted";
                pipeline.stop();
            }
            const auto wall_ns = static_cast<std::int64_t>(now.wall_s * 1e9);
            if (timeout_ns_ > 0 && wall_ns > timeout_ns_ && status.empty()) {
                status = "timeout";
                pipeline.stop();
            }
            if (status == "timeout" && wall_ns > timeout_ns_ + kDrainNs) break;
        }
        progress.clear();
        return conclude(pipeline.report(), status, quiet);
    }

    void show(const Pipeline::Message& message, bool quiet) const {
        if (message.kind == Pipeline::Message::Kind::error) {
            print_error(
                command_.program,
                message.element.empty() ? message.text : message.element + ": " + message.text,
                message.hint);
        } else if (message.kind == Pipeline::Message::Kind::text) {
            const bool wanted = message.severity >= Severity::warning ? !quiet
                                : message.severity == Severity::info  ? !quiet
                                                                      : options_.has("verbose");
            if (wanted) fmt::print(stderr, "{}: {}\n", message.element, message.text);
        }
    }

    int conclude(RunReport report, const std::string& status, bool quiet) const {
        if (!status.empty() && report.status == "eos") report.status = status;
        if (!quiet) {
            fmt::print(stderr, "{} frames in {:.3f} s ({:.1f} fps), {:.3f} s CPU, {:.0f} MiB peak",
                       frames_done(report), report.wall_s,
                       static_cast<double>(frames_done(report)) / std::max(report.wall_s, 1e-9),
                       report.cpu_s, static_cast<double>(report.peak_rss_bytes) / 1048576.0);
            if (const std::uint64_t dropped = frames_dropped(report)) {
                fmt::print(stderr, ", {} dropped", dropped);
            }
            fmt::print(stderr, "\n");
        }
        const bool written = write_report(report);
        if (report.status == "timeout") return kExitTimeout;
        if (report.status == "interrupted") return kExitInterrupted;
        if (report.status == "error") return exit_code_of(report.errors.front());
        return written ? kExitOk : kExitError;
    }

    const Command& command_;
    const Options& options_;
    const Registry& registry_;
    std::string text_;
    std::vector<ResourceGroup::Options> groups_;
    SupervisorOptions supervisor_;
    Graph graph_;
    std::unique_ptr<Isolation> isolation_;  // Outlives the pipeline.
    std::int64_t timeout_ns_ = 0;
};

}  // namespace

int run_command(const Command& command, Arguments arguments, const Registry& registry) {
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    return Launch(command, parsed.options, registry).run();
}

}  // namespace parallax::app
