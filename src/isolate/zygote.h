// Zygote: the fork server from which every sandboxed stage is born.
//
//     int main(int argc, char** argv) {
//         if (is_zygote(argc, argv)) return zygote_main(argc, argv, stages);  // before all else
//         auto zygote = PX_TRY(Zygote::start());                              // early, while small
//         Child child = PX_TRY(zygote->spawn({.name = "blur0", .entry = "stage"}, fds));
//
// It is this very program, started once; it stays small and single-threaded, so a fork costs little
// whatever the parent has grown to. Each child is forked into its namespaces, gives up its rights,
// and runs StageEntry::run() without an exec. The fork server is its parent: it reaps, and reports.
//
// Nothing stays behind: when the supervisor dies the fork server's socket closes, it kills its
// children and ends; when the fork server dies the kernel kills its children.
//
// A stage is process 1 of its own pid namespace: signals without a handler do not kill it, so it is
// asked to stop by message, and killed by SIGKILL.
//
// Threads: one thread at a time. A child inherits nothing of the calling process but `fds`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

#include "isolate/crash_page.h"
#include "isolate/lock_down.h"
#include "parallax/fd.h"
#include "parallax/result.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

struct SpawnOptions {
    std::string name = {};   // Of the element, for people.
    std::string entry = {};  // Handed to StageEntry::run: which of the program's stages this is.
    SandboxPolicy policy = {};
    // That its threads may use, all of them and from the first on; empty: all.
    std::vector<int> cores = {};
    // It will be given a priority from outside. Where an ordinary user may do that by his limits
    // (RLIMIT_RTPRIO, RLIMIT_NICE), those of the process have to allow it.
    bool raised = false;
};

struct ChildExit {
    std::uint64_t id = 0;
    pid_t pid = 0;
    int code = 0;
    int signal = 0;              // 0: it ended by itself, with `code`.
    bool out_of_memory = false;  // Killed by the kernel at its memory limit.
};

struct Child {
    std::uint64_t id = 0;
    pid_t pid = 0;
    UniqueFd pidfd;        // Readable when it is dead, also where the fork server died with it.
    UniqueFd stderr_read;  // What it prints, up to a pipe's size; non-blocking, both ends.
    CrashPage crash_page;
    std::vector<std::string> missing_layers;  // Empty unless best_effort.
    bool cores_held = false;                  // By a cgroup, not by affinity and filter alone.
    bool from_spare = false;                  // Most of its sandbox stood before it was asked for.
};

// What it died of: the crash page's word where the exit itself was one of a crash. A stage that
// aborts is seen by waitid as killed by a fault, since process 1 cannot send itself a signal.
int signal_of(const ChildExit& exit, const CrashPage& page);

class Zygote {
    struct State;  // Only start() can make one.

  public:
    struct Options {
        std::string program = "/proc/self/exe";
        std::vector<std::string> arguments = {};  // After the fork server's own.
    };
    static Result<std::unique_ptr<Zygote>> start(Options options);
    static Result<std::unique_ptr<Zygote>> start() { return start({}); }
    Result<std::unique_ptr<Zygote>> another() const;  // Of the same program.

    explicit Zygote(std::unique_ptr<State> state);
    Zygote(const Zygote&) = delete;
    Zygote& operator=(const Zygote&) = delete;
    ~Zygote();  // Kills what still runs.

    // fds are borrowed and come out at the child in that order. Returns when the sandbox stands and
    // run() is about to be called; a layer that cannot be had is Errc::lacking and names it.
    Result<Child> spawn(const SpawnOptions& options, std::span<const int> fds);

    // The next child that ended, without waiting. Each is told exactly once, also when the fork
    // server died: its children die with it.
    std::optional<ChildExit> reaped();

    int event_fd() const;  // Readable when an exit is to be had, or a fork server died.
    bool alive() const;    // Once false for ever false: start another.
    bool has_served() const;
    pid_t pid() const;

  private:
    class Server;
    Result<Server*> server(bool network);

    std::unique_ptr<State> state_;
};

// --- In the fork server's process.

struct StageStart {
    std::string name;
    std::string entry;
    std::vector<UniqueFd> fds;
    const LockDown& lock_down;
};

class StageEntry {
  public:
    virtual ~StageEntry() = default;
    // In the child. Its answer is the exit code. Call start.lock_down.now() before anything runs
    // that is not trusted; a plugin's own code runs, while it loads, under the wide filter.
    virtual int run(StageStart start) = 0;
};

inline constexpr const char* kMainHint =
    "main() must begin with stage_main_if_requested(), or options.stage_host name a program";
inline constexpr int kZygoteFd = 3;

bool is_zygote(int argc, char** argv);  // argv[1] is "--parallax-zygote".
// argv[2] is "network" for the fork server whose children share the machine's network.
int zygote_main(int argc, char** argv, StageEntry& entry);

}  // namespace parallax
