// Steps: an actor that counts its steps and tells of each, for tests of what wakes actors.
//
//     auto group = unwrap(ResourceGroup::create({.threads = 2}));
//     Steps steps(*group);
//     const StopAtEnd stop(*group);
//     steps.notify();
//     CHECK(steps.made());
//
// Lifetime: StopAtEnd is made last, so that threads end before the actors they run.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <semaphore>
#include <utility>

#include "parallax/group.h"

namespace parallax {

class Steps final : public Actor {
  public:
    explicit Steps(
        ResourceGroup& group, std::function<bool()> body = [] { return false; })
        : Actor(group), body_(std::move(body)) {}

    int count() const { return count_; }
    // Waits for one more step; false when none came, which fails the test.
    bool made() { return news_.try_acquire_for(std::chrono::seconds(60)); }

  private:
    bool step() override {
        const bool more = body_();
        ++count_;
        news_.release();
        return more;
    }

    std::function<bool()> body_;
    std::atomic<int> count_{0};
    std::counting_semaphore<> news_{0};
};

class StopAtEnd {
  public:
    explicit StopAtEnd(ResourceGroup& group) : group_(group) {}
    StopAtEnd(const StopAtEnd&) = delete;
    StopAtEnd& operator=(const StopAtEnd&) = delete;
    ~StopAtEnd() { group_.stop(); }

  private:
    ResourceGroup& group_;
};

}  // namespace parallax
