// EvilFilter: hands frames on, and misbehaves as its `mischief` says when it comes to frame `at`.
//
// For tests of isolation: whatever it does must cost its own frame at most. It only ever does so
// as process 1 of a pid namespace, which a sandboxed stage is and a test program is not.
//
// Threads: as an element.
#pragma once

#include <csignal>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <string>
#include <thread>
#include <utility>

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "parallax/element.h"

namespace parallax::testing {

struct EvilOptions {
    std::string mischief = "none";
    std::uint64_t at = 5;
    int knob = 0;
    static constexpr auto describe() {
        return std::tuple{
            Option{"mischief", &EvilOptions::mischief, "what it does"},
            Option{"at", &EvilOptions::at, "at the frame of that sequence"},
            Option{"knob", &EvilOptions::knob, "added to the time of each frame", {.live = true}}};
    }
};

class EvilFilter final : public ElementWith<EvilOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .forwards = true};
    }
    Result<> open() override {
        if (mischief("crash-in-open")) std::abort();
        if (mischief("hang-in-open")) hang();
        return {};
    }
    Result<> configure(const Negotiated&) override {
        if (mischief("crash-in-configure")) std::abort();
        if (mischief("crash-when-configured-again") && configured_++ > 0) std::abort();
        if (mischief("fail-in-configure")) return fail(Errc::invalid_argument, "as it was told");
        return {};
    }
    Result<Flow> process(Context& context) override {
        if (context.in_meta().sequence == options().at) {
            if (Result<> done = misbehave(context); !done) return Failure(done.error());
        }
        context.out_meta().pts_ns += options().knob;
        return context.forward();
    }
    Result<Flow> drain(Context& context) override {
        if (mischief("crash-in-drain")) std::abort();
        if (!mischief("lie-at-end") || std::exchange(lied_, true)) return Flow::eos;
        context.out_meta().pts_ns = -7;  // No such time.
        return context.commit(0);
    }
    // It is given one when it is built, and another when it is told to rest.
    void set_waker(std::move_only_function<void()>) override {
        if (++wakers_ != 2) return;
        if (mischief("slow-to-rest")) wait_ms(400);
        if (mischief("crash-while-resting")) {
            std::thread([] {
                wait_ms(50);
                std::abort();
            }).detach();
        }
    }
    Result<> finish(bool) override {
        if (mischief("crash-in-finish")) std::abort();
        return {};
    }

  private:
    bool lied_ = false;
    int wakers_ = 0;
    int configured_ = 0;
    static void wait_ms(long ms) {
        const timespec time{.tv_sec = 0, .tv_nsec = ms * 1'000'000};
        ::clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
    }
    bool mischief(std::string_view what) const {
        return options().mischief == what && ::getpid() == 1;
    }
    static void hang() {
        for (volatile int forever = 1; forever != 0;) {
        }
    }

    static void doze() {
        const timespec long_time{.tv_sec = 1000, .tv_nsec = 0};
        for (;;) ::clock_nanosleep(CLOCK_MONOTONIC, 0, &long_time, nullptr);
    }

    Result<> misbehave(Context& context) {
        if (mischief("abort")) std::abort();
        if (mischief("segv")) *static_cast<volatile int*>(nullptr) = 1;
        if (mischief("exit")) ::_exit(3);
        if (mischief("hang")) hang();
        if (mischief("sleep")) doze();
        if (mischief("syscall")) ::syscall(SYS_ptrace, 0, 0, 0, 0);
        if (mischief("write-input")) {
            *const_cast<volatile std::byte*>(context.in().data()) = std::byte{1};
        }
        if (mischief("stack")) (void)deep(1);
        if (mischief("escape")) context.post(Severity::warning, "\x1b[2J\x07 gone\nfake: line");
        if (mischief("chatter")) {
            for (int i = 0; i < 20'000; ++i) context.post(Severity::debug, "again and again");
        }
        if (mischief("fail")) return fail(Errc::invalid_argument, "as it was told");
        if (mischief("flush")) context.emit({.type = Event::Type::flush});
        return {};
    }
    static int deep(int depth) {
        volatile char block[4096];
        block[0] = static_cast<char>(depth);
        return depth == 0 ? 0 : deep(depth + 1) + block[0];
    }
};

}  // namespace parallax::testing
