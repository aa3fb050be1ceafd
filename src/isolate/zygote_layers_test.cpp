// A machine that lacks a layer, made from one that has it: a user namespace in which no further one
// can be had. What then is refused, and what runs without, is told by name.
#include <algorithm>
#include <array>
#include <string>

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "base/sanitized.h"
#include "isolate/zygote.h"
#include "support/stages.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

PX_STAGE("layers.try") {
    if (!start.lock_down.now()) return 1;
    // Whatever is missing, the filter is there.
    return ::open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0 ? 0 : 2;
}

bool write_own(const char* path, const std::string& text) {
    const UniqueFd fd(::open(path, O_WRONLY | O_CLOEXEC));
    return fd && ::write(fd.get(), text.data(), text.size()) > 0;
}

bool lose_user_namespaces() {
    const std::string uid = std::to_string(::geteuid());
    const std::string gid = std::to_string(::getegid());
    return ::unshare(CLONE_NEWUSER) == 0 && write_own("/proc/self/uid_map", "0 " + uid + " 1") &&
           write_own("/proc/self/setgroups", "deny") &&
           write_own("/proc/self/gid_map", "0 " + gid + " 1") &&
           write_own("/proc/sys/user/max_user_namespaces", "0");
}

std::string spawned(SandboxLayers layers) {
    const auto zygote = Zygote::start();
    if (!zygote) return "no fork server";
    SpawnOptions options{.name = "s", .entry = "layers.try", .policy = {}};
    options.policy.layers = layers;
    const auto child = (*zygote)->spawn(options, {});
    if (!child) {
        const bool lacking = child.error().code == Errc::lacking;
        return (lacking ? "lacking: " : "other: ") + child.error().message;
    }
    std::string missing = "runs without";
    for (const std::string& layer : child->missing_layers) missing += " " + layer;
    for (;;) {
        if (const auto exit = (*zygote)->reaped()) {
            return missing + ", exit " + std::to_string(exit->code + exit->signal);
        }
    }
}

// In a process of its own, since losing namespaces is for good.
std::string outcome(SandboxLayers layers) {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const UniqueFd ours(ends[0]);
    UniqueFd theirs(ends[1]);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string said = lose_user_namespaces() ? spawned(layers) : "cannot lose them";
        (void)!::write(theirs.get(), said.data(), said.size());
        ::_exit(0);
    }
    theirs = UniqueFd();
    std::array<char, 4096> text{};
    const ssize_t count = ::read(ours.get(), text.data(), text.size());
    ::waitpid(child, nullptr, 0);
    return {text.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0))};
}

// ThreadSanitizer has a thread of its own, and who has two cannot change its user namespace.
bool not_tried(const std::string& said) {
    if (!kThreadSanitized || said != "cannot lose them") return false;
    MESSAGE("not tried: ThreadSanitizer's own thread holds on to the namespaces");
    return true;
}

}  // namespace

TEST_CASE("zygote: layers that cannot be had are refused by name") {
    const std::string said = outcome(SandboxLayers::require);
    if (not_tried(said)) return;
    CAPTURE(said);
    CHECK(said.starts_with("lacking: this machine offers no user namespaces"));
}

TEST_CASE("zygote: with best effort it runs without them, and lists them") {
    const std::string said = outcome(SandboxLayers::best_effort);
    if (not_tried(said)) return;
    CAPTURE(said);
    CHECK(said == "runs without user-namespace another-user, exit 0");
}

}  // namespace parallax
