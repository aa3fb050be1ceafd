// PlainDone: Done with a mutex and a condition variable, and its yardstick in tests.
//
// Contract: as in done.h.
#pragma once

#include <condition_variable>
#include <mutex>

namespace parallax {

class PlainDone {
  public:
    void tell() {
        // Notified under the lock: who waits gets it, and may end this, only once we are out.
        const std::scoped_lock lock(mutex_);
        told_ = true;
        change_.notify_one();
    }
    void wait() {
        std::unique_lock lock(mutex_);
        change_.wait(lock, [&] { return told_; });
    }

  private:
    std::mutex mutex_;
    std::condition_variable change_;
    bool told_ = false;
};

}  // namespace parallax
