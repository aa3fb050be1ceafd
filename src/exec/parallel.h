// Parallel: helper threads that share the slices of one job with the thread that brings it.
//
//     Parallel parallel({.name = "isp", .threads = 4});
//     parallel.run(rows / 64, [&](int slice) { … });
//
// Helpers inherit the cores and the policy of the thread that makes them, so make it where the
// work will come from. They are named plx:NAME:i. If the machine grants fewer threads, there are
// fewer; the work is done all the same.
//
// Threads: one run() at a time. Lifetime: the destructor joins the helpers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace parallax {

inline constexpr int kMaxParallelThreads = 16;

class Parallel {
  public:
    struct Options {
        std::string name = "work";
        int threads = 0;  // With the caller's; 0: one for each core that it may use. At most 16.
    };
    explicit Parallel(const Options& options);
    Parallel(Parallel&&) noexcept;
    Parallel& operator=(Parallel&&) noexcept;
    ~Parallel();

    // Calls body(0) … body(count − 1), each once, in any order, and returns when all are done.
    void run(int count, const std::function<void(int)>& body);

    int threads() const;  // With the caller's.
    // CPU time that helpers spent in bodies since this was last asked.
    std::int64_t take_helper_cpu_ns();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace parallax
