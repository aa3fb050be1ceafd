// Bus: messages of a run, from any thread to the one that watches over it.
//
// Threads: every member from any thread. Bounded: past kMostKept the oldest debug and info
// messages make room, counted; errors and the end of the run are never lost.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "parallax/context.h"
#include "parallax/report.h"
#include "parallax/result.h"

namespace parallax {

struct Message {
    // The last two are for the run itself: that it is to stop, and that all stages have ended.
    enum class Kind : std::uint8_t { text, element_event, error, state, stop_wanted, ended };
    Kind kind = Kind::text;
    Severity severity = Severity::info;
    std::string element = {};  // Empty: the run itself.
    std::string text = {};
    std::optional<Error> error = {};
    std::int64_t time_ns = 0;  // Since the run began.
    Topic topic = Topic::none;
};

class Bus {
  public:
    static constexpr std::size_t kMostKept = 4096;

    void post(Message message);
    // Messages go there instead of into the queue, on the thread that posts them. Said before any
    // is posted.
    void forward_to(std::move_only_function<void(Message)> taker) { taker_ = std::move(taker); }
    // The next message, waiting for it at most that long; nothing when none came.
    std::optional<Message> wait(std::int64_t timeout_ns);
    std::uint64_t lost() const;

  private:
    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Message> queue_;
    std::uint64_t lost_ = 0;
    std::move_only_function<void(Message)> taker_;
};

}  // namespace parallax
