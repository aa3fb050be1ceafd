#include "isolate/stage_child.h"

#include <csignal>

#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "isolate/empty_root.h"
#include "isolate/landlock.h"
#include "isolate/privileges.h"
#include "isolate/seccomp_filter.h"

namespace parallax {
namespace {

constexpr int kNoSandbox = 125;

using zygote_wire::Reply;
using zygote_wire::ReplyKind;

class Confinement {
  public:
    explicit Confinement(const StageChild& child) : child_(child), policy_(child.request.policy) {}

    // Who it is and what it sees. Of the policy, only the grants and whether layers may be missing.
    Result<> shrink_world() {
        EmptyRoot root;
        const bool has_root = (child_.namespaces & CLONE_NEWNS) != 0;
        if (has_root) root = PX_TRY(EmptyRoot::gather(policy_.grants));
        PX_TRY(become_other());
        if (has_root) PX_TRY(std::move(root).enter());
        if ((child_.namespaces & CLONE_NEWUTS) != 0) PX_TRY(hide_host_name());
        return {};
    }

    Result<> give_up_rights() {
        PX_TRY(drop_capabilities());
        PX_TRY(set_no_new_privs());
        return die_with_parent();
    }

    Result<> take_limits() {
        // Threads are counted for each user: without a user namespace, all of the user's.
        SandboxLimits limits = policy_.limits;
        if (!mapped()) limits.pids_max = ~0U;
        PX_TRY(set_resource_limits(limits));
        if (!child_.request.raised) PX_TRY(forbid_raising());
        if (!limits.memory_max_bytes || child_.memory_in_cgroup) return {};
        return limit_private_memory(private_bytes_ != 0 ? private_bytes_ : private_bytes(),
                                    *limits.memory_max_bytes);
    }

    // While /proc can be seen.
    void count_memory() { private_bytes_ = private_bytes(); }

    Result<> raise_walls() {
        if (const Result<> done = restrict_by_landlock(policy_, LandlockPhase::start_up); done) {
            landlock_ = true;
        } else if (done.error().code != Errc::lacking) {
            return done;
        } else {
            missing_.emplace_back("landlock");
        }
        if (!missing_.empty() && policy_.layers == SandboxLayers::require) {
            return fail(Errc::lacking, "this machine has no " + missing_.front(),
                        "--sandbox-layers best-effort runs without it, and says so");
        }
        return PX_TRY(SeccompFilter::from_bytes(child_.request.start_up_filter)).install();
    }

    Result<LockDown> lock_down() const {
        return LockDown(policy_, PX_TRY(SeccompFilter::from_bytes(child_.request.final_filter)),
                        landlock_);
    }

    std::vector<std::string> missing() && { return std::move(missing_); }

  private:
    bool mapped() const { return (child_.namespaces & CLONE_NEWUSER) != 0; }

    // Without a user namespace only root can, and not even root of somebody else's.
    Result<> become_other() {
        if (!mapped() && !child_.identity.other_than_ours) return {};
        Result<> done = take_identity(child_.identity, mapped());
        if (done || mapped() || policy_.layers == SandboxLayers::require) return done;
        missing_.emplace_back("another-user");
        return {};
    }

    const StageChild& child_;
    const SandboxPolicy& policy_;
    std::vector<std::string> missing_;
    bool landlock_ = false;
    std::uint64_t private_bytes_ = 0;
};

void tell(int server, const Reply& reply) {
    (void)zygote_wire::send(server, zygote_wire::encode(reply), {});
}

[[noreturn]] void give_up(const StageChild& child, Error error) {
    const Reply reply{.kind = ReplyKind::failed,
                      .id = child.request.id,
                      .missing_layers = {},
                      .error = std::move(error)};
    tell(child.server.get(), reply);
    ::_exit(kNoSandbox);
}

// Descriptors and signals: nothing of the fork server but what is the stage's own.
Result<> keep_own(StageChild& child) {
    PX_TRY(CrashPage::install(child.fds.at(0).get()));
    const int errors = child.fds.at(1).get();
    if (::dup2(errors, 1) < 0 || ::dup2(errors, 2) < 0) return fail_errno("dup2");
    child.fds.erase(child.fds.begin(), child.fds.begin() + zygote_wire::kOwnFds);
    std::vector<int> keep{child.server.get()};
    for (const UniqueFd& fd : child.fds) keep.push_back(fd.get());
    PX_TRY(close_all_but(keep));
    // To a pipe or socket that has no reader: an error, not a death.
    struct sigaction ignore{};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, nullptr);
    ::sigprocmask(SIG_SETMASK, &child.signals, nullptr);  // NOLINT(concurrency-mt-unsafe)
    return {};
}

Result<LockDown> confine(StageChild& child, std::vector<std::string>& missing) {
    if (child.request.policy.preset == SandboxPreset::off) {
        PX_TRY(die_with_parent());
        PX_TRY(keep_own(child));
        return LockDown();
    }
    Confinement confinement(child);
    PX_TRY(confinement.take_limits());
    PX_TRY(confinement.shrink_world());
    PX_TRY(confinement.give_up_rights());
    PX_TRY(keep_own(child));
    PX_TRY(confinement.raise_walls());
    LockDown lock_down = PX_TRY(confinement.lock_down());
    missing = std::move(confinement).missing();
    return lock_down;
}

// What is left for a spare.
Result<LockDown> confine_spare(Confinement& confinement, StageChild& child,
                               std::vector<std::string>& missing) {
    PX_TRY(confinement.take_limits());
    PX_TRY(keep_own(child));
    PX_TRY(confinement.raise_walls());
    LockDown lock_down = PX_TRY(confinement.lock_down());
    missing = std::move(confinement).missing();
    return lock_down;
}

// For those who look at processes: as threads are called, too.
void take_name(const std::string& name) {
    ::prctl(PR_SET_NAME, ("plx:" + name).substr(0, 15).c_str(), 0, 0, 0);  // The kernel keeps 15.
}

// Its memory from where its cores are, whatever the program was told (numactl).
void stay_near(const StageChild& child) {
    if (child.request.cores.empty()) return;
    (void)::syscall(SYS_set_mempolicy, MPOL_LOCAL, nullptr, 0);
}

// The server's next word; its death is the end.
zygote_wire::Packet hear(const StageChild& child) {
    Result<std::optional<zygote_wire::Packet>> packet =
        zygote_wire::receive(child.server.get(), true);
    if (!packet || !*packet || (*packet)->bytes.empty()) ::_exit(kNoSandbox);
    return std::move(**packet);
}

[[noreturn]] void run(StageChild child, StageEntry& entry, const Result<LockDown>& lock_down,
                      std::vector<std::string> missing) {
    if (!lock_down) give_up(child, lock_down.error());
    const Reply reply{.kind = ReplyKind::spawned,
                      .id = child.request.id,
                      .missing_layers = std::move(missing),
                      .error = {Errc::system, {}, {}, {}}};
    // Died the server before die_with_parent(), then this fails.
    if (!zygote_wire::send(child.server.get(), zygote_wire::encode(reply), {})) {
        ::_exit(kNoSandbox);
    }
    child.server = UniqueFd();
    take_name(child.request.name);
    ::_exit(entry.run({.name = child.request.name,
                       .entry = child.request.entry,
                       .fds = std::move(child.fds),
                       .lock_down = *lock_down}));
}

}  // namespace

void become_stage(StageChild child, StageEntry& entry) {
    hear(child);  // Its ids are mapped, its cgroup is joined, and its cores are set.
    stay_near(child);
    std::vector<std::string> missing;
    const Result<LockDown> lock_down = confine(child, missing);
    run(std::move(child), entry, lock_down, std::move(missing));
}

bool serves(const SandboxPolicy& policy) {
    return policy.preset != SandboxPreset::off && !policy.needs_files() &&
           policy.grants.endpoints.empty() && policy.grants.load_paths.empty();
}

void become_spare(StageChild child, StageEntry& entry) {
    hear(child);  // Its ids are mapped.
    take_name("spare");
    Confinement confinement(child);
    confinement.count_memory();
    const int server = child.server.get();
    if (!confinement.shrink_world() || !confinement.give_up_rights() ||
        !close_all_but({&server, 1})) {
        ::_exit(kNoSandbox);
    }
    zygote_wire::Packet wish = hear(child);
    Result<zygote_wire::SpawnRequest> request = zygote_wire::decode_request(wish.bytes);
    if (!request) ::_exit(kNoSandbox);
    child.request = std::move(*request);
    child.fds = std::move(wish.fds);
    stay_near(child);
    std::vector<std::string> missing;
    const Result<LockDown> lock_down = confine_spare(confinement, child, missing);
    run(std::move(child), entry, lock_down, std::move(missing));
}

}  // namespace parallax
