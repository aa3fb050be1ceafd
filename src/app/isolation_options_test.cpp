#include "app/isolation_options.h"

#include <doctest/doctest.h>

#include "app/commands.h"
#include "support/unwrap.h"

namespace parallax::app {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Result<SupervisorOptions> read(const std::vector<std::string_view>& words) {
    const auto run = std::ranges::find(commands(), "run", &Command::name);
    return supervisor_options(unwrap(Options::parse(run->options, words)));
}

TEST_CASE("isolation options: what is not said stays as it is") {
    const auto options = unwrap(read({}));
    CHECK(options.restart.most == 5);
    CHECK(options.poison_after == 3);
    CHECK(options.sandbox.layers == SandboxLayers::require);
    CHECK_FALSE(options.strict);
}

TEST_CASE("isolation options: every option finds its place") {
    const auto options = unwrap(read({"--restart",
                                      "max=2,delay=5ms,backoff=linear,max-delay=1s,window=10s",
                                      "--on-crash",
                                      "drop",
                                      "--strict",
                                      "--poison-after",
                                      "7",
                                      "--heartbeat",
                                      "250ms",
                                      "--frame-deadline",
                                      "2s",
                                      "--sandbox",
                                      "with-network",
                                      "--sandbox-layers",
                                      "best-effort",
                                      "--memory-max",
                                      "512M",
                                      "--cpu-quota",
                                      "0.5",
                                      "--pids-max",
                                      "9"}));
    CHECK(options.restart.most == 2);
    CHECK(options.restart.delay == milliseconds(5));
    CHECK(options.restart.backoff == SupervisorOptions::Restart::Backoff::linear);
    CHECK(options.restart.longest_delay == seconds(1));
    CHECK(options.restart.window == seconds(10));
    CHECK(options.on_crash == SupervisorOptions::OnCrash::drop);
    CHECK(options.strict);
    CHECK(options.poison_after == 7);
    CHECK(options.heartbeat == milliseconds(250));
    CHECK(options.frame_deadline == seconds(2));
    CHECK(options.sandbox.preset == SandboxPreset::with_network);
    CHECK(options.sandbox.layers == SandboxLayers::best_effort);
    CHECK(options.sandbox.limits.memory_max_bytes == 512U << 20U);
    CHECK(options.sandbox.limits.cpu_quota == 0.5);
    CHECK(options.sandbox.limits.pids_max == 9);
}

TEST_CASE("isolation options: what makes no sense, or contradicts itself, is refused") {
    const std::vector<std::vector<std::string_view>> wrong{
        {"--restart", "most=2"},
        {"--restart", "max=two"},
        {"--restart", "max=-1"},
        {"--restart", "backoff=slow"},
        {"--restart", "delay=5x"},
        {"--heartbeat", "1ms"},
        {"--sandbox", "minimal"},
        {"--memory-max", "12Q"},
        {"--memory-max", "1K"},
        {"--cpu-quota", "0"},
        {"--pids-max", "0"},
        {"--delivery", "exact", "--on-crash", "drop"},
        {"--delivery", "exact", "--poison-after", "3"}};
    for (const auto& words : wrong) {
        CAPTURE(words.back());
        const auto options = read(words);
        REQUIRE_FALSE(options);
        CHECK(options.error().code == Errc::invalid_argument);
    }
    CHECK(read({"--sandbox", "/none.toml"}).error().code == Errc::io);
}

}  // namespace
}  // namespace parallax::app
