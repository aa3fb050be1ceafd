// The way of a frame through a sandboxed process, beside the least that two processes can do: wake
// each other by a futex in shared memory. Both are asleep when it begins, a millisecond after the
// last: no spinning hides a wake-up. And the pause that a kill makes.
#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <vector>

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "isolate/isolation_bench.h"
#include "isolate/stage_process.h"
#include "parallax/isolation.h"
#include "parallax/pipeline.h"
#include "support/known_elements.h"
#include "support/stages.h"
#include "sync/futex.h"

PX_STAGE("stage") {
    parallax::Registry registry = parallax::known_elements();
    return parallax::run_stage_process({.sockets = std::move(start.fds),
                                        .registry = registry,
                                        .lock_down = [&start] { return start.lock_down.now(); }});
}

namespace parallax {
namespace {

constexpr std::size_t kFrameBytes = std::size_t{1920} * 1080 * 3 / 2;  // NV12.
constexpr timespec kPause{.tv_sec = 0, .tv_nsec = 1'000'000};

// When each frame set out and when it arrived, by its sequence.
struct Times {
    std::vector<std::int64_t> out;
    std::vector<std::int64_t> in;
    std::atomic<std::size_t> arrived{0};
};

struct NoOptions {
    static constexpr auto describe() { return std::tuple{}; }
};

class Clocked : public ElementWith<NoOptions> {
  public:
    explicit Clocked(Times& times) : times_(times) {}

  protected:
    Times& times_;
};

template <class E>
class ClockedFactory final : public Factory {
  public:
    ClockedFactory(std::string name, Times& times) : times_(times) { info.name = std::move(name); }
    std::unique_ptr<Element> make() const override { return std::make_unique<E>(times_); }
    Pads pads() const override { return E::pads(); }
    std::vector<PropertySpec> properties() const override { return {}; }

  private:
    Times& times_;
};

class PacedSource final : public Clocked {
  public:
    using Clocked::Clocked;
    static Pads pads() { return {.pads = {{"src", PadDirection::src}}}; }
    std::size_t output_bytes(std::size_t, const Negotiated&) const override { return kFrameBytes; }
    Result<Flow> process(Context& context) override {
        if (next_ == times_.out.size()) return Flow::eos;
        ::nanosleep(&kPause, nullptr);
        times_.out[next_++] = monotonic_ns();
        return context.commit(kFrameBytes);
    }

  private:
    std::size_t next_ = 0;
};

class ArrivalSink final : public Clocked {
  public:
    using Clocked::Clocked;
    static Pads pads() { return {.pads = {{"sink", PadDirection::sink}}, .allocates = false}; }
    Result<Flow> process(Context& context) override {
        times_.in[context.in_meta().sequence] = monotonic_ns();
        ++times_.arrived;
        return Flow::more;
    }
};

class Line {
  public:
    Line(const std::string& middle, int frames) {
        times_.out.resize(static_cast<std::size_t>(frames));
        times_.in.resize(static_cast<std::size_t>(frames));
        registry_.add(std::make_unique<ClockedFactory<PacedSource>>("pacer", times_));
        registry_.add(std::make_unique<ClockedFactory<ArrivalSink>>("arrival", times_));
        isolation_ = made(make_isolation({}));
        auto pipeline = Pipeline::from_text("pacer ! " + middle + " ! arrival", registry_,
                                            {.isolation = isolation_.get()});
        if (!pipeline) std::abort();
        pipeline_ = *std::move(pipeline);
    }

    Pipeline& pipeline() { return *pipeline_; }
    const Times& times() const { return times_; }

    std::vector<double> way_us() const {
        std::vector<double> all;
        for (std::size_t i = 0; i < times_.in.size(); ++i) {
            all.push_back(static_cast<double>(times_.in[i] - times_.out[i]) / 1e3);
        }
        return all;
    }

  private:
    template <class T>
    static T made(Result<T> result) {
        if (!result) std::abort();
        return *std::move(result);
    }

    Times times_;
    Registry registry_ = known_elements();
    std::unique_ptr<Isolation> isolation_;
    std::unique_ptr<Pipeline> pipeline_;
};

// --- The peer: one word each way, in one shared page.

struct PingPage {
    alignas(64) std::atomic<std::uint32_t> ping{0};
    alignas(64) std::atomic<std::uint32_t> pong{0};
};

void await_word(const std::atomic<std::uint32_t>& word, std::uint32_t until) {
    for (;;) {
        const std::uint32_t seen = word.load(std::memory_order_acquire);
        if (seen == until) return;
        FutexSet set;
        set.add(word, seen);
        set.wait(std::nullopt);
    }
}

void say(std::atomic<std::uint32_t>& word, std::uint32_t value) {
    word.store(value, std::memory_order_release);
    futex_wake(word, INT_MAX);
}

std::vector<double> ping_pong_us(int rounds) {
    void* memory = ::mmap(nullptr, sizeof(PingPage), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    auto& page = *new (memory) PingPage;
    const auto last = static_cast<std::uint32_t>(rounds);
    const pid_t other = ::fork();
    if (other == 0) {
        for (std::uint32_t i = 1; i <= last; ++i) {
            await_word(page.ping, i);
            say(page.pong, i);
        }
        ::_exit(0);
    }
    std::vector<double> all;
    for (std::uint32_t i = 1; i <= last; ++i) {
        ::nanosleep(&kPause, nullptr);
        const std::int64_t begin = monotonic_ns();
        say(page.ping, i);
        await_word(page.pong, i);
        all.push_back(static_cast<double>(monotonic_ns() - begin) / 1e3);
    }
    ::waitpid(other, nullptr, 0);
    ::munmap(memory, sizeof(PingPage));
    return all;
}

void print(const char* name, std::vector<double> all) {
    std::ranges::sort(all);
    const std::size_t n = all.size();
    std::printf(
        "{\"name\":\"%s\",\"p10_us\":%.1f,\"p50_us\":%.1f,\"p90_us\":%.1f,\"p99_us\":%.1f}\n", name,
        all[n / 10], all[n / 2], all[n * 9 / 10], all[n * 99 / 100]);
}

void append(std::vector<double>& to, const std::vector<double>& more) {
    to.insert(to.end(), more.begin(), more.end());
}

std::int64_t pid_of(const Pipeline& pipeline, const std::string& name) {
    for (const ElementReport& element : pipeline.report().elements) {
        if (element.name == name) return element.pid;
    }
    std::abort();
}

}  // namespace

int crossing_bench(int frames) {
    constexpr int kTurns = 5;
    std::vector<double> isolated;
    std::vector<double> threads;
    std::vector<double> bare;
    for (int turn = 0; turn < kTurns; ++turn) {  // So that a busy minute hits all alike.
        Line process("identity isolate=process", frames / kTurns);
        if (!process.pipeline().run()) return 1;
        append(isolated, process.way_us());
        append(bare, ping_pong_us(frames / kTurns));
        Line thread("queue ! identity ! queue", frames / kTurns);
        if (!thread.pipeline().run()) return 1;
        append(threads, thread.way_us());
    }
    print("into a sandboxed process and back", isolated);
    print("over two queues, in one process", threads);
    print("bare futex ping-pong of two processes", bare);
    return 0;
}

// What the dead process had handed on arrives long before another one is born.
int kill_bench(int rounds) {
    constexpr std::size_t kFramesBetween = 50;
    Line line("identity name=i isolate=process", rounds * 400);
    const std::atomic<std::size_t>& arrived = line.times().arrived;
    if (!line.pipeline().play()) return 1;
    std::vector<double> pauses;
    for (int i = 0; i < rounds; ++i) {
        const std::size_t enough = arrived + kFramesBetween;
        while (arrived < enough) (void)line.pipeline().wait(1'000'000);
        const std::int64_t old = pid_of(line.pipeline(), "i");
        const std::int64_t killed = monotonic_ns();
        ::kill(static_cast<pid_t>(old), SIGKILL);
        while (pid_of(line.pipeline(), "i") == old) (void)line.pipeline().wait(100'000);
        const std::size_t next = arrived;
        while (arrived <= next) (void)line.pipeline().wait(100'000);
        pauses.push_back(static_cast<double>(line.times().in[next] - killed) / 1e3);
    }
    line.pipeline().stop();
    if (!line.pipeline().run()) return 1;
    print("from SIGKILL to a frame of the successor", pauses);
    return 0;
}

}  // namespace parallax
