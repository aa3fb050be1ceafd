// Thread: a thread of our own that may be refused. std::thread throws when there is none to be had
// (a limit of the user, of a cgroup, of memory); here that is an error like any other.
//
//     Thread thread = PX_TRY(Thread::start("plx:poller", [this] { run(); }));
//
// Threads: start() from any. Joined by join() or by the destructor, which waits for the body's end.
#pragma once

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include <pthread.h>

#include "parallax/result.h"

namespace parallax {

class Thread {
  public:
    // The kernel keeps 15 characters of the name.
    static Result<Thread> start(std::string_view name, std::move_only_function<void()> body);

    Thread() = default;
    Thread(Thread&& other) noexcept : id_(std::exchange(other.id_, std::nullopt)) {}
    Thread& operator=(Thread&& other) noexcept {
        std::swap(id_, other.id_);
        return *this;
    }
    ~Thread() { join(); }

    bool running() const { return id_.has_value(); }
    void join();

  private:
    std::optional<pthread_t> id_;
};

}  // namespace parallax
