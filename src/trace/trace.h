// Trace: when which thread called which element, as a file for Perfetto or chrome://tracing.
//
// The format is the JSON of Chrome's trace viewer ("Trace Event Format", Google): a track a thread,
// a slice a call, and an arrow from the call that gave a frame away to the call that took it, in
// whatever process. A thread of its own takes events out of the stages' rings and writes the file
// as it goes, so that memory is bounded by the rings; what comes faster is lost and counted.
//
// Threads: any. Lifetime: a ring is read until remove() of its number returns.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/thread.h"
#include "parallax/fd.h"
#include "parallax/result.h"
#include "trace/trace_ring.h"

namespace parallax {

class Trace {
  public:
    struct StageTrack {
        std::int64_t pid = 0;
        std::string process;                // Its name.
        std::vector<std::string> elements;  // In the order of the chain.
        std::vector<std::uint64_t> inputs;  // Which link each is, by a number of the whole run.
        std::vector<std::uint64_t> outputs;
    };

    // The file is there from now on, and complete after close().
    static Result<std::unique_ptr<Trace>> open(const std::string& path);
    explicit Trace(UniqueFd file, std::string path);  // Use open().
    Trace(const Trace&) = delete;
    Trace& operator=(const Trace&) = delete;
    ~Trace();

    std::uint64_t add(StageTrack track, const TraceRing& ring);
    void remove(std::uint64_t number);  // After a last look.

    // The rest, and the end of the file. Fails if any of it could not be written.
    Result<> close();
    std::uint64_t lost() const;  // Events.

  private:
    struct Source {
        std::uint64_t number = 0;
        StageTrack track;
        TraceReader reader;
        std::vector<std::uint64_t> taken;    // Flows of the next call: arrows that end there.
        std::optional<TraceEvent> last;      // Where arrows begin.
        std::vector<std::uint32_t> threads;  // That were named.
    };

    void run();
    void drain(Source& source);
    void show(Source& source, const TraceEvent& event);
    void show_call(Source& source, const TraceEvent& event);
    void show_arrow(const Source& source, const TraceEvent& at, std::uint64_t flow, bool begins);
    void name_thread(Source& source, std::uint32_t thread);
    void begin_event();
    void write_out();

    const std::string path_;
    mutable std::mutex mutex_;  // Guards all of the next ones.
    std::condition_variable wake_;
    UniqueFd file_;
    std::vector<Source> sources_;
    std::vector<std::int64_t> named_;  // Processes.
    std::vector<TraceEvent> events_;
    std::string text_;
    std::uint64_t next_number_ = 1;
    std::uint64_t shown_ = 0;
    std::uint64_t lost_ = 0;
    std::optional<Error> error_;
    bool closing_ = false;
    Thread thread_;
};

}  // namespace parallax
