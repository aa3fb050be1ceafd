// RunJournal: what parallax-launch writes into a journal of a run, and when.
//
// Records are JSON objects: run-started, plan, a record a message (crash, restart, poison-frame,
// error, message), control-command, telemetry each second, run-ended. docs/journal.md lists their
// members. It is fed by the thread that drives the run, from the messages that this has anyway, and
// waits for no disk: a full queue or disk costs records, which is counted and said.
//
// Threads: one at a time. Lifetime: the destructor writes out what there is.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "app/options.h"
#include "parallax/pipeline.h"
#include "parallax/report.h"
#include "trace/journal.h"

namespace parallax::app {

class RunJournal {
  public:
    // By --journal, --journal-sync and --journal-keep; nothing without the first.
    static Result<std::unique_ptr<RunJournal>> open(const Options& options);
    explicit RunJournal(std::unique_ptr<Journal> journal) : journal_(std::move(journal)) {}

    void started(const std::string& launch_text);
    void plan(const PlanReport& plan);
    void message(const Pipeline::Message& message);
    void command(std::string_view name, std::string_view by);
    void telemetry(const RunReport& report);  // Called often, it writes once a second.
    void ended(const RunReport& report);

    // What a person should know of the journal itself, once for each trouble and its end.
    std::optional<std::string> news();
    // What an earlier run left torn or damaged.
    std::string found() const;

  private:
    void offer(RecordKind kind, const std::string& json);

    std::unique_ptr<Journal> journal_;
    double told_s_ = 0;
    bool troubled_ = false;
    std::uint64_t told_lost_ = 0;
};

}  // namespace parallax::app
