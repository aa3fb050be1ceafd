// Thready: hands frames on, starts threads of its own, and tries to leave its cores with each.
//
// Two are started while it is configured, one with its first frame; they are called "own:0" … and
// live as long as it does. How often one got onto a core that it did not have, or under a policy of
// its own, it tells as a message with its first frame.
//
// Threads: as an element, and its own.
#pragma once

#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include "parallax/element.h"

namespace parallax::testing {

class Thready final : public ElementWith<NoOptions> {
  public:
    ~Thready() override { end(); }
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .forwards = true};
    }
    Result<> configure(const Negotiated&) override {
        if (threads_.empty()) start(2);
        return {};
    }
    Result<Flow> process(Context& context) override {
        if (threads_.size() == 2) {
            try_to_leave();
            start(1);
            context.post(Severity::info, "left " + std::to_string(left_.load()) + " times");
        }
        return context.forward();
    }
    Result<> finish(bool) override {
        end();
        return {};
    }

  private:
    void start(int count) {
        std::latch tried(count);
        for (int i = 0; i < count; ++i) {
            threads_.emplace_back([this, &tried, number = threads_.size()] {
                ::pthread_setname_np(::pthread_self(), ("own:" + std::to_string(number)).c_str());
                try_to_leave();
                tried.count_down();
                over_.wait(false);
            });
        }
        tried.wait();
    }
    void try_to_leave() {
        cpu_set_t before;
        cpu_set_t all;
        CPU_ZERO(&all);
        for (std::size_t core = 0; core < CPU_SETSIZE; ++core) CPU_SET(core, &all);
        if (::sched_getaffinity(0, sizeof before, &before) != 0) ++left_;
        (void)::sched_setaffinity(0, sizeof all, &all);
        (void)::sched_setaffinity(1, sizeof all, &all);  // The first thread, in a sandbox.
        cpu_set_t after;
        if (::sched_getaffinity(0, sizeof after, &after) != 0) ++left_;
        if (!CPU_EQUAL(&before, &after)) ++left_;
        const sched_param one{.sched_priority = 1};
        if (::sched_setscheduler(0, SCHED_FIFO, &one) == 0) ++left_;
        if (::setpriority(PRIO_PROCESS, 0, -5) == 0) ++left_;
    }
    void end() {
        over_ = true;
        over_.notify_all();
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

    std::atomic<int> left_{0};
    std::atomic<bool> over_{false};
    std::vector<std::thread> threads_;
};

}  // namespace parallax::testing
