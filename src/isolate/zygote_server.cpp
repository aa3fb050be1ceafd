// The fork server's own process: forks, reaps, reports. Single-threaded, and small on purpose.
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <list>
#include <optional>
#include <utility>

#include <linux/sched.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exec/group_threads.h"
#include "isolate/cgroup.h"
#include "isolate/namespaces.h"
#include "isolate/stage_child.h"
#include "isolate/zygote.h"
#include "isolate/zygote_wire.h"

namespace parallax {
namespace {

using zygote_wire::Packet;
using zygote_wire::Reply;
using zygote_wire::ReplyKind;
using zygote_wire::SpawnRequest;

constexpr int kConfineMs = 20'000;
constexpr int kSpareMs = 1'000;  // A spare has less to do, and there is another way.
// A fork takes about as long as a birth from a spare: not before the one who asked last goes on,
// whom the kernel may have woken on this very core.
constexpr int kIdleMs = 2;

struct Running {
    std::uint64_t id;
    pid_t pid;
    Cgroup group;
};

struct Born {
    pid_t pid = -1;
    UniqueFd pidfd;
    UniqueFd socket;  // To the child, until it runs.
    std::uint64_t namespaces = 0;
};

std::string hint_of_layers() { return "--sandbox-layers best-effort runs without it, and says so"; }

class Server {
  public:
    Server(int control, StageEntry& entry, bool network)
        : control_(control), entry_(entry), network_(network) {}

    int serve();

  private:
    Result<> prepare();
    void answer(Packet packet);
    Result<> spawn(const SpawnRequest& request, std::vector<UniqueFd> fds);
    Result<Cgroup> group_for(const SpawnRequest& request);
    Result<> check_layers(const SandboxPolicy& policy);
    Result<Born> give_birth(const SpawnRequest& request, std::vector<UniqueFd>& fds,
                            const StageIdentity& identity);
    Result<Born> clone_child(const SpawnRequest* request, std::vector<UniqueFd>& fds,
                             StageIdentity identity, std::uint64_t namespaces);
    void make_spare();
    std::optional<Reply> use_spare(const SpawnRequest& request, std::span<const UniqueFd> fds,
                                   const Cgroup& group);
    static Result<> seat(pid_t child, const SpawnRequest& request, const Cgroup& group);
    static Result<Reply> hear_of(const Born& born, const std::string& name, int patience_ms);
    static void bury(pid_t pid);
    Result<Reply> settle(const Born& born, const SpawnRequest& request,
                         const StageIdentity& identity, const Cgroup& group);
    void miss(std::string layer) { missing_.push_back(std::move(layer)); }
    void reap();
    void end();

    UniqueFd control_;
    StageEntry& entry_;
    bool network_;
    UniqueFd signals_;
    sigset_t signals_before_{};
    CgroupPlaces places_;
    std::optional<std::string> network_failure_;
    std::list<Running> running_;
    std::optional<Born> spare_;
    bool spare_wanted_ = false;
    std::vector<std::string> missing_;  // Of the spawn at hand.
};

Result<> Server::prepare() {
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, &signals_before_);  // NOLINT(concurrency-mt-unsafe)
    signals_ = UniqueFd(::signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals_) return fail_errno("signalfd");
    places_ = CgroupPlaces::find();
    sweep_cgroups(places_);
    if (network_) return {};
    if (const Result<> left = leave_network(); !left) network_failure_ = left.error().message;
    return {};
}

int Server::serve() {
    if (!prepare()) return 1;
    for (;;) {
        std::array<pollfd, 2> waiting{{{.fd = control_.get(), .events = POLLIN, .revents = 0},
                                       {.fd = signals_.get(), .events = POLLIN, .revents = 0}}};
        const int ready = ::poll(waiting.data(), waiting.size(), spare_wanted_ ? kIdleMs : -1);
        if (ready < 0 && errno != EINTR) break;
        if (ready == 0 && std::exchange(spare_wanted_, false)) make_spare();
        if ((waiting[1].revents & POLLIN) != 0) reap();
        if (waiting[0].revents == 0) continue;
        Result<std::optional<Packet>> packet = zygote_wire::receive(control_.get(), false);
        if (!packet) break;
        if (!*packet) continue;
        if ((*packet)->bytes.empty()) break;  // The supervisor is gone.
        answer(std::move(**packet));
    }
    end();
    return 0;
}

void Server::answer(Packet packet) {
    Reply reply;
    const Result<SpawnRequest> request = zygote_wire::decode_request(packet.bytes);
    missing_.clear();
    Result<> done = request ? Result<>{} : Result<>(Failure(request.error()));
    if (done) done = spawn(*request, std::move(packet.fds));
    if (done) {
        spare_wanted_ = !spare_ && serves(request->policy);
        return;
    }
    reply.id = request ? request->id : 0;
    reply.error = done.error();
    (void)zygote_wire::send(control_.get(), zygote_wire::encode(reply), {});
}

Result<> Server::check_layers(const SandboxPolicy& policy) {
    const bool required = policy.layers == SandboxLayers::require;
    const auto lacks = [&](const std::string& layer, const std::string& why) -> Result<> {
        if (required) {
            return fail(Errc::lacking, "this machine offers no " + layer + ": " + why,
                        hint_of_layers());
        }
        miss(layer);
        return {};
    };
    if (!policy.needs_network() && network_failure_) {
        PX_TRY(lacks("network-namespace", *network_failure_));
    }
    if (policy.limits.cpu_quota && places_.cpu.empty()) {
        PX_TRY(lacks("cpu-quota", "no cgroup with a cpu controller can be made here"));
    }
    return {};
}

Result<Cgroup> Server::group_for(const SpawnRequest& request) {
    const SandboxLimits& limits = request.policy.limits;
    const bool root_inside = ::geteuid() == 0 && request.policy.needs_files();
    // Threads of an ordinary user are limited without a group; root's own are not.
    if (!limits.memory_max_bytes && !limits.cpu_quota && !root_inside) return Cgroup();
    return Cgroup::create(places_, cgroup_name(::getpid(), request.id), limits);
}

Result<> Server::spawn(const SpawnRequest& request, std::vector<UniqueFd> fds) {
    if (fds.size() < zygote_wire::kOwnFds) return fail(Errc::corrupt, "descriptors are missing");
    const bool off = request.policy.preset == SandboxPreset::off;
    StageIdentity identity = stage_identity(request.policy.needs_files());
    if (off) identity.other_than_ours = false;
    Cgroup group;
    if (!off) {
        PX_TRY(check_layers(request.policy));
        group = PX_TRY(group_for(request));
    }
    const bool held =
        !request.cores.empty() &&
        group.hold_cores(places_, cgroup_name(::getpid(), request.id), request.cores).has_value();
    Born born;
    Result<Reply> reply = Reply{};
    std::optional<Reply> quick = use_spare(request, fds, group);
    if (quick) {
        quick->from_spare = true;
        born = std::move(*std::exchange(spare_, std::nullopt));
        reply = std::move(*quick);
    } else {
        born = PX_TRY(give_birth(request, fds, identity));
        reply = settle(born, request, identity, group);
    }
    if (!reply || reply->kind != ReplyKind::spawned) {
        bury(born.pid);
        if (!reply) return Failure(reply.error());
        return Failure(std::move(reply->error));
    }
    running_.push_back({request.id, born.pid, std::move(group)});
    reply->pid = born.pid;
    reply->cores_held = held;
    reply->missing_layers.insert(reply->missing_layers.begin(), missing_.begin(), missing_.end());
    const int pidfd = born.pidfd.get();
    return zygote_wire::send(control_.get(), zygote_wire::encode(*reply), {&pidfd, 1});
}

// All namespaces at once; under best_effort those that can be had.
Result<Born> Server::give_birth(const SpawnRequest& request, std::vector<UniqueFd>& fds,
                                const StageIdentity& identity) {
    if (request.policy.preset == SandboxPreset::off) return clone_child(&request, fds, identity, 0);
    const std::uint64_t all = stage_namespaces();
    Result<Born> born = clone_child(&request, fds, identity, all);
    if (born) return born;
    if (request.policy.layers == SandboxLayers::require) {
        return fail(Errc::lacking,
                    "this machine offers no user namespaces: " + born.error().message,
                    hint_of_layers());
    }
    const std::uint64_t without_user = all & ~std::uint64_t{CLONE_NEWUSER};
    for (const std::uint64_t some : {without_user, std::uint64_t{0}}) {
        born = clone_child(&request, fds, identity, some);
        if (!born) continue;
        for (const NamespaceName& name : namespace_names()) {
            if ((some & name.flag) == 0) miss(std::string(name.name));
        }
        return born;
    }
    return born;
}

// Without a request: a spare.
Result<Born> Server::clone_child(const SpawnRequest* request, std::vector<UniqueFd>& fds,
                                 StageIdentity identity, std::uint64_t namespaces) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return fail_errno("socketpair");
    }
    Born born{.pid = -1, .pidfd = {}, .socket = UniqueFd(ends[0]), .namespaces = namespaces};
    UniqueFd theirs(ends[1]);
    int pidfd = -1;
    void* thread_id = nullptr;
    // glibc keeps the thread's number where the kernel was told to: it must become the child's.
    ::prctl(PR_GET_TID_ADDRESS, &thread_id, 0, 0, 0);
    clone_args args{};
    args.flags = CLONE_PIDFD | namespaces;
    if (thread_id != nullptr) args.flags |= CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID;
    args.child_tid = reinterpret_cast<std::uintptr_t>(thread_id);
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    args.exit_signal = SIGCHLD;
    born.pid = static_cast<pid_t>(::syscall(SYS_clone3, &args, sizeof args));
    if (born.pid < 0) return fail_errno("clone3");
    if (born.pid == 0) {
        born.socket = UniqueFd();
        StageChild child{.request = request != nullptr ? *request : SpawnRequest{},
                         .fds = std::move(fds),
                         .server = std::move(theirs),
                         .namespaces = namespaces,
                         .identity = identity,
                         .memory_in_cgroup = !places_.memory.empty(),
                         .signals = signals_before_};
        if (request != nullptr) become_stage(std::move(child), entry_);
        become_spare(std::move(child), entry_);
    }
    born.pidfd = UniqueFd(pidfd);
    return born;
}

// So that the next one finds the longer half of its birth done. Where there can be none, there is
// the long way, which tells why.
void Server::make_spare() {
    const StageIdentity identity = stage_identity(false);
    std::vector<UniqueFd> none;
    Result<Born> born = clone_child(nullptr, none, identity, stage_namespaces());
    if (!born) return;
    const std::array<std::byte, 1> go{};
    if (!map_identity(born->pid, identity) || !zygote_wire::send(born->socket.get(), go, {})) {
        return bury(born->pid);  // Killed already, perhaps.
    }
    spare_ = std::move(*born);
}

// Nothing: it does not fit, or died before it had said anything.
std::optional<Reply> Server::use_spare(const SpawnRequest& request, std::span<const UniqueFd> fds,
                                       const Cgroup& group) {
    if (!spare_ || !serves(request.policy)) return {};
    std::vector<int> lent;
    lent.reserve(fds.size());
    for (const UniqueFd& fd : fds) lent.push_back(fd.get());
    if (seat(spare_->pid, request, group) &&
        zygote_wire::send(spare_->socket.get(), zygote_wire::encode(request), lent)) {
        if (Result<Reply> reply = hear_of(*spare_, request.name, kSpareMs))
            return std::move(*reply);
    }
    bury(std::exchange(spare_, std::nullopt)->pid);
    return {};
}

// Into its group, which lets it have all of the group's cores, and then onto its own. It has one
// thread and waits for our word: whatever it starts later inherits this.
Result<> Server::seat(pid_t child, const SpawnRequest& request, const Cgroup& group) {
    PX_TRY(group.add(child));
    if (request.cores.empty()) return {};
    errno = set_cores(child, request.cores);
    if (errno != 0) return fail_errno("the cores of " + request.name);
    return {};
}

// Maps the child's ids, puts it into its group, lets it go, and hears how that went.
Result<Reply> Server::settle(const Born& born, const SpawnRequest& request,
                             const StageIdentity& identity, const Cgroup& group) {
    if ((born.namespaces & CLONE_NEWUSER) != 0) PX_TRY(map_identity(born.pid, identity));
    PX_TRY(seat(born.pid, request, group));
    const std::array<std::byte, 1> go{};
    PX_TRY(zygote_wire::send(born.socket.get(), go, {}));
    return hear_of(born, request.name, kConfineMs);
}

Result<Reply> Server::hear_of(const Born& born, const std::string& name, int patience_ms) {
    pollfd waiting{.fd = born.socket.get(), .events = POLLIN, .revents = 0};
    if (::poll(&waiting, 1, patience_ms) != 1) {
        return fail(Errc::timed_out, "the sandbox of " + name + " does not come up");
    }
    const std::optional<Packet> packet = PX_TRY(zygote_wire::receive(born.socket.get(), true));
    if (!packet || packet->bytes.empty()) {
        return fail(Errc::peer_died, "the child died before its sandbox stood");
    }
    return zygote_wire::decode_reply(packet->bytes);
}

void Server::bury(pid_t pid) {
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
}

void Server::reap() {
    signalfd_siginfo ignored{};
    while (::read(signals_.get(), &ignored, sizeof ignored) > 0) {
    }
    for (;;) {
        int status = 0;
        const pid_t pid = ::waitpid(-1, &status, WNOHANG);
        if (pid <= 0) return;
        if (spare_ && spare_->pid == pid) spare_.reset();
        const auto child = std::ranges::find(running_, pid, &Running::pid);
        if (child == running_.end()) continue;
        Reply reply{.kind = ReplyKind::exited,
                    .id = child->id,
                    .pid = pid,
                    .missing_layers = {},
                    .error = {Errc::system, {}, {}, {}}};
        if (WIFSIGNALED(status)) reply.signal = WTERMSIG(status);
        if (WIFEXITED(status)) reply.code = WEXITSTATUS(status);
        reply.out_of_memory = reply.signal == SIGKILL && child->group.oom_killed();
        running_.erase(child);  // Its cgroup goes with it.
        (void)zygote_wire::send(control_.get(), zygote_wire::encode(reply), {});
    }
}

void Server::end() {
    for (const Running& child : running_) ::kill(child.pid, SIGKILL);
    for (const Running& child : running_) ::waitpid(child.pid, nullptr, 0);
    running_.clear();
    if (spare_) bury(spare_->pid);
}

}  // namespace

int zygote_main(int argc, char** argv, StageEntry& entry) {
    const bool network = argc > 2 && std::strcmp(argv[2], "network") == 0;
    return Server(kZygoteFd, entry, network).serve();
}

}  // namespace parallax
