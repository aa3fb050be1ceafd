#include "isolate/plugin_trial.h"

#include <array>
#include <csignal>
#include <filesystem>
#include <span>

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "isolate/await_exit.h"
#include "isolate/fd_packet.h"
#include "isolate/grants.h"
#include "isolate/last_words.h"
#include "parallax/isolation.h"

namespace parallax {
namespace {

constexpr std::int64_t kPatienceNs = 10'000'000'000;
constexpr std::size_t kMostText = 4096;
constexpr std::string_view kGood = "good";
constexpr std::string_view kBad = "bad: ";

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

std::string text_of(std::span<const std::byte> bytes) {
    std::string text;
    for (const std::byte byte : bytes) text += static_cast<char>(byte);
    return text;
}

SandboxPolicy policy_for(const std::string& path) {
    SandboxPolicy policy;
    policy.layers = SandboxLayers::best_effort;
    policy.grants.load_paths = paths_to_load(path);
    policy.limits.memory_max_bytes = std::uint64_t{1} << 30U;
    policy.limits.pids_max = 16;
    return policy;
}

// What it said, also nothing when it has gone; nullopt when it says nothing and stays.
std::optional<std::string> answer(int socket) {
    const std::int64_t until = monotonic_ns() + kPatienceNs;
    for (std::int64_t left = kPatienceNs; left > 0; left = until - monotonic_ns()) {
        pollfd news{.fd = socket, .events = POLLIN, .revents = 0};
        if (::poll(&news, 1, static_cast<int>(left / 1'000'000) + 1) <= 0) continue;
        std::array<std::byte, kMostText> room{};
        auto packet = receive_packet(socket, room, 0, false);
        if (!packet) return "";  // Its exit tells more.
        if (*packet) return printable(text_of((*packet)->bytes));
    }
    return std::nullopt;
}

// What is wrong with it; empty: nothing.
Result<std::string> judge(Zygote& zygote, const std::string& path) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("socketpair");
    }
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const std::array<int, 1> fds{theirs.get()};
    const Child child = PX_TRY(zygote.spawn(
        {.name = "plugin", .entry = kPluginTrialEntry, .policy = policy_for(path)}, fds));
    theirs = UniqueFd();
    (void)send_packet(ours.get(), bytes_of(path), {}, false);
    const auto said = answer(ours.get());
    if (!said) kill(child);
    const ChildExit exit = await_exit(zygote, child, kPatienceNs);
    if (!said) return std::string("it did not answer within 10 s");
    if (exit.signal != 0)
        return "it crashed when it was tried: " + death_text(exit, child.crash_page);
    if (said->starts_with(kBad)) return said->substr(kBad.size());
    if (*said != kGood || exit.code != 0) return std::string("it ended the process that tried it");
    return std::string();
}

}  // namespace

SandboxedPluginTrial::SandboxedPluginTrial() = default;
SandboxedPluginTrial::~SandboxedPluginTrial() = default;

std::optional<std::string> SandboxedPluginTrial::operator()(const std::string& path) {
    if (!zygote_ || !zygote_->alive()) {
        auto started = Zygote::start();
        if (!started) return "it cannot be tried: " + to_string(started.error());
        zygote_ = *std::move(started);
    }
    const auto wrong = judge(*zygote_, absolute_path(path));
    if (!wrong) return "it cannot be tried: " + to_string(wrong.error());
    return wrong->empty() ? std::nullopt : std::optional(*wrong);
}

std::vector<std::string> paths_to_load(const std::string& plugin) {
    std::vector<std::string> paths{plugin};
    for (const char* path : {"/lib", "/lib64", "/usr/lib", "/usr/local/lib", "/etc/ld.so.cache"}) {
        std::error_code error;
        if (std::filesystem::exists(path, error)) paths.emplace_back(path);
    }
    return paths;
}

int run_plugin_trial(StageStart start) {
    if (start.fds.size() != 1) return 1;
    const int socket = start.fds.front().get();
    std::array<std::byte, kMostText> room{};
    const auto asked = receive_packet(socket, room, 0, true);
    if (!asked || !*asked) return 1;
    const Result<> good = walk_through_plugin(text_of((*asked)->bytes));
    std::string said(kGood);
    if (!good) said = (std::string(kBad) + to_string(good.error())).substr(0, kMostText);
    return send_packet(socket, bytes_of(said), {}, true) ? 0 : 1;
}

}  // namespace parallax
