#include "exec/poller.h"

#include <array>
#include <map>
#include <mutex>

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/thread.h"

namespace parallax {
namespace {

constexpr int kStop = -1;  // In place of a descriptor: the loop ends.

}  // namespace

class Poller::Loop {
  public:
    Loop(UniqueFd epoll, UniqueFd stop) : epoll_(std::move(epoll)), stop_(std::move(stop)) {}
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop() {
        const std::uint64_t one = 1;
        while (::write(stop_.get(), &one, sizeof one) < 0) {  // Only EINTR can keep it from going.
        }
        thread_.join();
    }

    Result<> start() {
        thread_ = PX_TRY(Thread::start("plx:poller", [this] { run(); }));
        return {};
    }

    void watch(int fd, Actor& actor) {
        epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLONESHOT,
                          .data = {.fd = fd}};
        // What can be written at once is no reader's news: ask for one direction where only one is.
        pollfd now{.fd = fd, .events = POLLOUT, .revents = 0};
        if (::poll(&now, 1, 0) == 1 && (now.revents & POLLOUT) != 0) event.events &= ~EPOLLOUT;
        const std::lock_guard lock(mutex_);
        watched_[fd] = &actor;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event) == 0) return;
        if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0) return;
        watched_.erase(fd);
        actor.notify();
    }

    void forget(Actor& actor) {
        const std::lock_guard lock(mutex_);
        std::erase_if(watched_, [&](const auto& watch) {
            if (watch.second != &actor) return false;
            ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, watch.first, nullptr);
            return true;
        });
    }

  private:
    void run() {
        std::array<epoll_event, 16> events{};
        for (;;) {
            const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
            for (int i = 0; i < count; ++i) {
                const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
                if (fd == kStop) return;
                notify_watcher(fd);
            }
        }
    }

    // Under the lock, so that forget() returns only when nobody is about to notify.
    void notify_watcher(int fd) {
        const std::lock_guard lock(mutex_);
        const auto watch = watched_.find(fd);
        if (watch == watched_.end()) return;  // Forgotten since.
        Actor& actor = *watch->second;
        watched_.erase(watch);
        actor.notify();
    }

    UniqueFd epoll_;
    UniqueFd stop_;
    std::mutex mutex_;
    std::map<int, Actor*> watched_;  // Guarded by mutex_; by descriptor.
    Thread thread_;
};

Result<std::unique_ptr<Poller>> Poller::create() {
    UniqueFd epoll(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll) return fail_errno("epoll_create1");
    UniqueFd stop(::eventfd(0, EFD_CLOEXEC));
    if (!stop) return fail_errno("eventfd");
    epoll_event event{.events = EPOLLIN, .data = {.fd = kStop}};
    if (::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, stop.get(), &event) != 0) {
        return fail_errno("epoll_ctl");
    }
    auto loop = std::make_unique<Loop>(std::move(epoll), std::move(stop));
    PX_TRY(loop->start());
    return std::make_unique<Poller>(std::move(loop));
}

Poller::Poller(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
Poller::~Poller() = default;
void Poller::watch(int fd, Actor& actor) { loop_->watch(fd, actor); }
void Poller::forget(Actor& actor) { loop_->forget(actor); }

}  // namespace parallax
