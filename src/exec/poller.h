// Poller: one thread that waits on descriptors for those that must not block, and notifies them.
//
// Threads: watch() and forget() from any. Lifetime: an actor outlives its watch, or is forgotten;
// descriptors may be closed at any time.
#pragma once

#include <memory>

#include "parallax/fd.h"
#include "parallax/group.h"
#include "parallax/result.h"

namespace parallax {

class Poller {
    class Loop;

  public:
    static Result<std::unique_ptr<Poller>> create();
    explicit Poller(std::unique_ptr<Loop> loop);
    Poller(const Poller&) = delete;
    Poller& operator=(const Poller&) = delete;
    ~Poller();

    // Notifies the actor once when `fd` can be read, written, or has hung up. A descriptor that
    // cannot be waited for (a plain file) is ready at once.
    void watch(int fd, Actor& actor);
    // Ends all watches of the actor: after this it is not notified any more.
    void forget(Actor& actor);

  private:
    std::unique_ptr<Loop> loop_;
};

}  // namespace parallax
