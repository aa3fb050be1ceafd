// parallax run (parallax-launch): a launch line becomes a run.
#include <algorithm>
#include <csignal>
#include <optional>

#include <fcntl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fmt/core.h>

#include "app/commands.h"
#include "app/group_options.h"
#include "app/isolation_options.h"
#include "app/plan_text.h"
#include "app/progress.h"
#include "app/run_journal.h"
#include "app/text_file.h"
#include "app/top_screen.h"
#include "base/one_line.h"
#include "graph/launch_text.h"
#include "graph/run_telemetry.h"
#include "parallax/fd.h"
#include "parallax/pipeline.h"
#include "parallax/sandbox_policy.h"
#include "trace/telemetry.h"
#include "trace/trace.h"

namespace parallax::app {
namespace {

constexpr std::int64_t kTickNs = 50'000'000;
constexpr std::size_t kMostHeld = 1000;           // Messages.
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
        std::signal(SIGXFSZ, SIG_IGN);  // And so is a file of the largest size allowed.
    }
    bool arrived() const {
        signalfd_siginfo info{};
        return ::read(fd_.get(), &info, sizeof info) == sizeof info;
    }

  private:
    UniqueFd fd_;
};

class Launch {
  public:
    enum class View : std::uint8_t { progress, top };
    Launch(const Command& command, const Options& options, const Registry& registry, View view)
        : command_(command), options_(options), registry_(registry), view_(view) {}

    int run() {
        if (options_.has("list-elements")) return print(command_.program, list_text(registry_));
        if (const auto name = options_.get("inspect")) return inspect(*name);
        Result<std::string> text = launch_text();
        if (!text) return usage(text.error());
        text_ = *std::move(text);
        if (Result<> set = read_options(); !set) return usage(set.error());
        if (Result<> reachable = open_report(); !reachable) return usage(reachable.error());
        if (Result<> reachable = write_metrics({}); !reachable) return usage(reachable.error());
        auto graph = parse_launch(text_, registry_, names());
        if (!graph) return refuse(graph.error());
        // Before the first thread of a group: each inherits that the signals are asked for here.
        const Interrupts interrupts;
        const std::string step =
            options_.has("dry-run") ? options_.get("dry-run").value_or("") : "-";
        if (step == "-") {
            if (Result<> begun = begin_journal(); !begun) return usage(begun.error());
            if (Result<> begun = begin_trace(); !begun) return usage(begun.error());
        }
        if (Result<> applied = apply_isolation(options_, registry_, *graph); !applied) {
            return usage(applied.error());
        }
        if (graph->may_isolate() && step != "parse") {
            auto made = make_isolation(supervisor_);
            if (!made) return usage(made.error());
            isolation_ = *std::move(made);
        }
        auto pipeline = Pipeline::create(*std::move(graph), registry_,
                                         {.groups = groups_,
                                          .isolation = isolation_.get(),
                                          .trace = trace_.get(),
                                          .telemetry = view_ == View::top ? &telemetry_ : nullptr});
        if (!pipeline) return refuse(pipeline.error());
        if (Result<> possible = check_delivery(**pipeline); !possible) {
            return usage(possible.error());
        }
        if (step == "parse") return show_plan(**pipeline);
        const bool ready = step == "negotiate" ? (*pipeline)->agree().has_value()
                                               : (*pipeline)->prepare().has_value();
        if (!ready) return refuse((*pipeline)->report());
        // Once more, for what negotiation has put in.
        if (Result<> possible = check_delivery(**pipeline); !possible) {
            return usage(possible.error());
        }
        if (step != "-") return show_plan(**pipeline, step != "negotiate");
        return play(**pipeline, interrupts);
    }

  private:
    Result<> check_delivery(Pipeline& pipeline) const {
        if (options_.get("delivery") != "exact") return {};
        return check_exact(pipeline.graph(), registry_, pipeline);
    }

    int usage(const Error& error) const {
        print_error(command_.program, to_string(error), error.hint);
        return exit_code_of(error);
    }

    int inspect(const std::string& name) const {
        const std::string_view argument = name;
        Command inspect = *std::ranges::find(commands(), "inspect", &Command::name);
        inspect.program = command_.program;
        return inspect_command(inspect, {&argument, 1}, registry_);
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

    // Before anything else: a run whose report is lost was for nothing.
    Result<> open_report() {
        if (const auto path = options_.get("report")) {
            report_ = PX_TRY(LateText::open(*path).context("--report"));
        }
        return {};
    }

    Result<> begin_journal() {
        journal_ = PX_TRY(RunJournal::open(options_));
        if (!journal_) return {};
        journal_->started(text_);
        if (const std::string found = journal_->found(); !found.empty()) warn(found);
        return {};
    }

    Result<> begin_trace() {
        const auto path = options_.get("trace");
        if (path) trace_ = PX_TRY(Trace::open(*path).context("--trace"));
        return {};
    }

    // Complete or not at all, so that who reads it at any time finds all of one moment.
    Result<> write_metrics(const RunReport& report) {
        const auto path = options_.get("metrics");
        if (!path) return {};
        metrics_s_ = report.wall_s;
        LateText file = PX_TRY(LateText::open(*path).context("--metrics"));
        return file.write(to_prometheus(report)).context("--metrics");
    }

    void warn(const std::string& what) const {
        if (options_.has("quiet")) return;
        say(one_line(fmt::format("{}: warning: {}", command_.program, what)) + "\n");
    }

    LaunchNames names() const {
        LaunchNames names{.groups = std::vector<std::string>{},
                          .check_sandbox = [](const std::string& word) -> Result<> {
                              (void)PX_TRY(sandbox_policy(word));
                              return {};
                          },
                          .complete = true};
        for (const auto& group : groups_) names.groups->push_back(group.name);
        return names;
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
            (void)print(command_.program, to_json(PlanReport{}, problems));  // An error anyway.
        }
        report.status = "error";
        if (journal_) {
            for (const Problem& problem : problems) {
                journal_->message({.kind = Pipeline::Message::Kind::error,
                                   .severity = Severity::error,
                                   .element = problem.element,
                                   .text = problem.text,
                                   .hint = problem.hint});
            }
            journal_->ended(report);
        }
        (void)write_report(report);
        return problems.empty() ? kExitError : exit_code_of(problems.front());
    }

    int show_plan(Pipeline& pipeline, bool with_sandbox = true) const {
        const std::string format = options_.get("format").value_or("text");
        PlanReport plan = pipeline.plan();
        if (with_sandbox) {
            auto sandbox = sandbox_plan(pipeline.graph(), registry_, pipeline, supervisor_);
            if (!sandbox) return usage(sandbox.error());
            plan.sandbox = *std::move(sandbox);
        }
        return print(command_.program, format == "json"  ? to_json(plan)
                                       : format == "dot" ? plan_dot(plan)
                                                         : plan_text(plan));
    }

    // False, with the reason printed, when it cannot be written.
    bool write_report(const RunReport& report) {
        if (!report_) return true;
        const Result<> written = report_->write(to_json(report));
        if (!written) {
            print_error(command_.program, to_string(written.error()), written.error().hint);
        }
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
        const bool top = view_ == View::top;
        Progress progress(quiet || top
                              ? Progress::Mode::none
                              : Progress::mode_of(options_.get("progress").value_or("auto")));
        const std::uint64_t expected = expected_frames(pipeline);
        if (const Result<> playing = pipeline.play(); !playing)
            return refuse_to_play(pipeline, playing.error());
        if (journal_) journal_->plan(pipeline.plan());
        if (top) top_ = std::make_unique<TopScreen>(command_.program);
        TelemetryHub::Feed looks = telemetry_.subscribe();
        std::string status;
        bool ended = false;
        while (!ended) {
            const auto message = pipeline.wait(kTickNs);
            if (message) {
                progress.clear();
                ended = message->kind == Pipeline::Message::Kind::ended;
                show_or_hold(*message, quiet);
                if (journal_) journal_->message(*message);
            }
            const RunReport now = pipeline.report();
            progress.update(now, expected);
            if (top_ && !top_->update(looks.try_next()) && status.empty()) {
                status = "interrupted";
                stop(pipeline, "key");
            }
            keep_journal(now, progress);
            if (now.wall_s >= metrics_s_ + 1) (void)write_metrics(now);  // The last one counts.
            if (interrupts.arrived()) {
                if (!status.empty()) return kExitInterrupted;  // The second one: at once.
                status = "interrupted";
                stop(pipeline, "signal");
            }
            const auto wall_ns = static_cast<std::int64_t>(now.wall_s * 1e9);
            if (timeout_ns_ > 0 && wall_ns > timeout_ns_ && status.empty()) {
                status = "timeout";
                stop(pipeline, "timeout");
            }
            if (status == "timeout" && wall_ns > timeout_ns_ + kDrainNs) break;
        }
        progress.clear();
        leave_top(pipeline.report(), quiet);
        return conclude(pipeline.report(), status, quiet);
    }

    void stop(Pipeline& pipeline, std::string_view by) {
        if (journal_) journal_->command("stop", by);
        pipeline.stop();
    }

    void keep_journal(const RunReport& now, Progress& progress) {
        if (!journal_) return;
        journal_->telemetry(now);
        if (const auto news = journal_->news()) {
            progress.clear();
            warn(*news);
        }
    }

    // Beside a table that fills the terminal there is no place for it.
    void show_or_hold(const Pipeline::Message& message, bool quiet) {
        if (top_ && top_->owns_terminal()) {
            if (held_.size() < kMostHeld) held_.push_back(message);
            return;
        }
        show(message, quiet);
    }

    void leave_top(const RunReport& last, bool quiet) {
        if (!top_) return;
        top_->leave(samples_of(last));
        for (const Pipeline::Message& message : held_) show(message, quiet);
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
            if (wanted) say(one_line(message.element + ": " + message.text) + "\n");
        }
    }

    int conclude(RunReport report, const std::string& status, bool quiet) {
        if (!status.empty() && report.status == "eos") report.status = status;
        if (!quiet) say(summary_text(report) + "\n");
        if (journal_) {
            journal_->ended(report);
            if (const auto news = journal_->news()) warn(*news);
        }
        const bool written = conclude_files(report);
        if (report.status == "timeout") return kExitTimeout;
        if (report.status == "interrupted") return kExitInterrupted;
        if (report.status == "error") return exit_code_of(report.errors.front());
        return written ? kExitOk : kExitError;
    }

    // False, with the reason printed, when one cannot be written.
    bool conclude_files(const RunReport& report) {
        bool well = write_report(report);
        Result<> metrics = write_metrics(report);
        Result<> traced = trace_ ? trace_->close().context("--trace") : Result<>{};
        for (const Result<>* each : {&metrics, &traced}) {
            if (*each) continue;
            well = false;
            print_error(command_.program, to_string(each->error()), each->error().hint);
        }
        if (trace_ && trace_->lost() > 0) {
            warn(fmt::format("{} calls and arrows came too fast for the trace", trace_->lost()));
        }
        return well;
    }

    const Command& command_;
    const Options& options_;
    const Registry& registry_;
    const View view_;
    std::unique_ptr<TopScreen> top_;       // Null but while such a run plays.
    TelemetryHub telemetry_;               // Which it reads. It outlives the run.
    std::vector<Pipeline::Message> held_;  // Until the terminal is free.
    std::string text_;
    std::vector<ResourceGroup::Options> groups_;
    SupervisorOptions supervisor_;
    std::unique_ptr<Isolation> isolation_;  // Outlives the pipeline.
    std::optional<LateText> report_;
    std::unique_ptr<Trace> trace_;  // Null where none is asked for. It outlives the run.
    double metrics_s_ = 0;
    std::unique_ptr<RunJournal> journal_;  // Null where none is asked for.
    std::int64_t timeout_ns_ = 0;
};

}  // namespace

int run_command(const Command& command, Arguments arguments, const Registry& registry) {
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    return Launch(command, parsed.options, registry, Launch::View::progress).run();
}

int top_command(const Command& command, Arguments arguments, const Registry& registry) {
    const Parsed parsed = parse_arguments(command, arguments);
    if (parsed.exit_code >= 0) return parsed.exit_code;
    return Launch(command, parsed.options, registry, Launch::View::top).run();
}

}  // namespace parallax::app
