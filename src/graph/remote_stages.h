// RemoteStages: the stages of a run that live in processes of their own, as the run sees them.
// Isolation: who can make them. `isolate` implements both; a run borrows one by its options.
//
// The run makes what is local, and asks here for what crosses: the record of a remote stage, the
// ring of a link with a remote end, the page for a local stage that others watch. Then it hands
// its own ends in, starts everything, and treats a remote stage as any neighbour. When a process
// dies, its successor is put in its place on the threads of the local stages that it meets.
//
// Threads: the driving thread, with the run's control lock held, but for neighbour()'s answers.
// Lifetime: until shut_down(), local stages and channels must live, and then this may be destroyed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/bus.h"
#include "graph/plan.h"
#include "graph/stage.h"
#include "memory/arena_table.h"
#include "parallax/graph.h"
#include "parallax/pipeline.h"

namespace parallax {

// What an element that ran elsewhere goes on from when the run agrees on formats anew.
struct CarriedState {
    InlineState state{};
    std::uint64_t sequence = 0;
    std::vector<std::byte> checkpoint = {};
};

// Processes between two lives of a run: their stages have ended, their elements are as they were.
class Resting {
  public:
    Resting() = default;
    Resting(const Resting&) = delete;
    Resting& operator=(const Resting&) = delete;
    virtual ~Resting() = default;  // Ends them.
};

struct RemoteSetup {
    const Plan& plan;
    const Graph& graph;
    const Registry& registry;
    const std::vector<std::unique_ptr<ElementRun>>& elements;  // As the graph's nodes.
    StageHost& host;
    Bus& bus;
    const RunClock& clock;
    ArenaTable& arenas;
    const std::vector<std::unique_ptr<ResourceGroup>>& groups;  // All that elements name.
    const std::map<std::size_t, CarriedState>& carried;         // By element.
    Trace* trace = nullptr;                                     // Null: nothing is traced.
    Resting* resting = nullptr;  // Of the life before: who goes on is taken out. Null: none.
};

// Of one element, for the report.
struct RemoteFigures {
    std::int64_t pid = 0;
    std::uint64_t restarts = 0;
    std::uint64_t poisoned = 0;
    bool given_up = false;  // Its branch was ended; what it made is not whole.
    std::vector<std::pair<std::string, double>> metrics;
};

class RemoteStages {
  public:
    virtual ~RemoteStages() = default;

    // --- While local stages and channels are made. Stages and links by number in the plan.
    virtual Neighbour& neighbour(std::size_t stage) = 0;
    virtual const CommitRecord& record(std::size_t stage) const = 0;
    virtual RecordPage* page_for(std::size_t local_stage) = 0;  // Null: no remote neighbour.
    virtual Result<std::unique_ptr<Ring>> ring(std::size_t link) = 0;
    virtual void attach_stage(std::size_t stage, Stage& local) = 0;
    virtual Result<> attach_channel(std::size_t link, Channel& channel) = 0;

    // --- The run.
    // Returns when every process is ready to play; the first failure of any, otherwise.
    virtual Result<> start() = 0;
    virtual void play() = 0;
    virtual void pause() = 0;
    virtual void stop() = 0;  // Sources end their streams.
    virtual void reconfigure() = 0;
    virtual void flush(std::uint64_t number) = 0;  // All of them; also those yet to be born.
    // One that is not live takes effect in a successor of the process.
    virtual Result<> set_property(std::size_t element, std::string_view name, std::string_view text,
                                  bool live) = 0;
    virtual void replace(std::size_t element) = 0;  // Its process, by a successor.
    // Elements finish, and the processes end. What went wrong in that is told to the host.
    virtual void shut_down(bool complete) = 0;
    // Instead, where the run agrees anew: processes whose stages have ended stay, and go on with
    // the next begin(). Of the others, elements are made anew with what carry() says.
    virtual std::unique_ptr<Resting> rest() = 0;

    // After shut_down() or rest(): of the first element of each remote stage.
    virtual void carry(std::map<std::size_t, CarriedState>& carried) const = 0;

    // Brings the counters of remote elements up to date.
    virtual void refresh() = 0;
    virtual RemoteFigures figures(std::size_t element) const = 0;
    // Frames that wait in a link, as of a moment ago; nothing where both ends are here.
    virtual std::optional<std::uint32_t> depth(std::size_t link) const = 0;
};

}  // namespace parallax
