// Isolation: elements in sandboxed processes of their own; what Pipeline::Options::isolation takes.
//
//     int main(int argc, char** argv) {
//         Registry registry;
//         add_builtin_elements(registry);
//         if (auto exit = stage_main_if_requested(argc, argv, registry)) return *exit;
//         auto report = run_with_mode(graph, registry, ExecutionMode::Isolated{});
//
// By hand, for more control: make_isolation() early, while the program is small, place() or
// Graph::isolate() for the elements, and Pipeline::create() with the isolation.
//
// Threads: make_isolation() and what drives pipelines from any one thread at a time; each run has a
// fork server of its own. Lifetime: an Isolation outlives the pipelines that borrow it.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "parallax/pipeline.h"
#include "parallax/plugin_loader.h"
#include "parallax/registry.h"
#include "parallax/sandbox_policy.h"

namespace parallax {

class Zygote;  // src/isolate/zygote.h

// How processes are watched, and followed when they die.
struct SupervisorOptions {
    struct Restart {
        enum class Backoff : std::uint8_t { constant, linear, exponential };
        std::uint32_t most = 5;  // Faults within the window, before it is given up.
        std::chrono::nanoseconds delay = std::chrono::milliseconds(10);
        std::chrono::nanoseconds longest_delay = std::chrono::seconds(30);
        std::chrono::nanoseconds window = std::chrono::seconds(60);
        Backoff backoff = Backoff::exponential;
    };
    enum class OnCrash : std::uint8_t { restart, drop, stop };

    Restart restart;
    OnCrash on_crash = OnCrash::restart;
    bool strict = false;             // A branch that is given up is an error of the run.
    std::uint32_t poison_after = 3;  // Faults of one frame; 0: never passed over.
    std::chrono::nanoseconds heartbeat = std::chrono::milliseconds(500);
    std::chrono::nanoseconds frame_deadline = {};  // 0: by the size of the frame; a minute
                                                   // for opening what an element reads.
    std::string crash_folder = {};  // Where reports of crashes are kept; empty: nowhere.
    // The program that runs stages: ".../libexec/parallax/stage", for one that knows only built-in
    // elements and plugins. Empty: this program, whose main() begins as told above.
    std::string stage_host = {};
    std::string entry = "stage";  // What the fork server runs; tests have others.
    SandboxPolicy sandbox;        // Of elements that say nothing themselves.
};

// Starts the fork server, so that what a fork costs does not grow with the program. Errc::peer_died
// when its program does not serve as one.
Result<std::unique_ptr<Isolation>> make_isolation(SupervisorOptions options);

// At the beginning of main(): the exit status, where this process was started to run stages for
// another. Its elements are those of the registry.
std::optional<int> stage_main_if_requested(int argc, char** argv, Registry& registry);

// --- Which elements live where.

enum class GroupId : std::uint32_t { supervisor = 0 };  // That one is the program itself.

// Names and patterns are globs (glob(7)) on the name of an element or of its factory. Elements that
// only steer references, and the program's own ends, stay where they are.
class ExecutionMode {
  public:
    struct InProcess {};
    struct Isolated {
        SandboxPolicy sandbox = {};
    };
    struct Grouped {
        std::vector<std::string> patterns = {};  // Each of these in a process of its own, but for
        std::map<std::string, GroupId> groups = {};  // …those that share one by this.
        SandboxPolicy sandbox = {};
    };
    ExecutionMode(InProcess mode) : what_(mode) {}
    ExecutionMode(Isolated mode) : what_(std::move(mode)) {}
    ExecutionMode(Grouped mode) : what_(std::move(mode)) {}
    const std::variant<InProcess, Isolated, Grouped>& what() const { return what_; }

  private:
    std::variant<InProcess, Isolated, Grouped> what_;
};

// Sets `isolate` of every node as the mode says.
void place(const ExecutionMode& mode, const Registry& registry, Graph& graph);

// The same for the nodes that match one of the patterns; without patterns for all.
void isolate_matching(Graph& graph, const Registry& registry,
                      const std::vector<std::string>& patterns, const std::string& group);

// Places, runs to the end, and reports. The mode's sandbox is that of the elements which have none
// of their own. The first error, if there was one.
Result<RunReport> run_with_mode(Graph graph, const Registry& registry, const ExecutionMode& mode,
                                SupervisorOptions options = {});

// What each isolated element of a pipeline that was made of the graph will be allowed; its grants
// are those that its properties name.
Result<std::vector<SandboxPlan>> sandbox_plan(const Graph& graph, const Registry& registry,
                                              Pipeline& pipeline, const SupervisorOptions& options);

// A trial for load_plugins(), in a sandbox: what a file does when it is opened, it does where there
// are no files but system libraries, no network, and an end after 10 s. Layers that the machine
// lacks are done without. main() begins as told above.
//
//     SandboxedPluginTrial trial;
//     auto broken = load_plugins(plugin_folders(), registry, std::ref(trial));
class SandboxedPluginTrial {
  public:
    SandboxedPluginTrial();
    ~SandboxedPluginTrial();
    std::optional<std::string> operator()(const std::string& path);

  private:
    std::unique_ptr<Zygote> zygote_;  // Started with the first file.
};

// "ipcsink" and "ipcsrc", which join programs by the path of a socket.
void add_ipc_elements(Registry& registry);

// --- What becomes of frames across crashes.
// exact: every frame of the source comes out once, in order, or the run ends with an error.
// live:  the stream goes on as soon as it can; what is passed over is counted and leaves a gap.
enum class Delivery : std::uint8_t { exact, live };

// How often a frame that crashes an element is tried: again and again until the restarts are spent,
// or not again.
void apply_delivery(Delivery delivery, SupervisorOptions& options);

// Fails where the graph itself cannot promise it, and says what stands against it: an isolated
// element whose state dies with its process, or a queue that is told to drop.
Result<> check_exact(const Graph& graph, const Registry& registry, Pipeline& pipeline);

}  // namespace parallax
