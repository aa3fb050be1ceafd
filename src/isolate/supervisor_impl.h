// Supervisor: see isolate/supervisor.h. This header is for its own sources alone:
//
//     supervisor.cpp           the thread, and what the run asks for
//     supervisor_times.cpp     heartbeats, restarts, looks at deadlines
//     supervisor_spawn.cpp     memory, blueprints, the birth of an incarnation
//     supervisor_place.cpp     what a resource group means to processes and their threads
//     supervisor_messages.cpp  what a process says, and in which state it may
//     supervisor_rebind.cpp    neighbours meet a successor; former memory is let go of
//     supervisor_death.cpp     why one died, and what follows
//     supervisor_rest.cpp      processes that outlive it, for the run's next life
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <span>

#include "base/thread.h"
#include "isolate/blueprint.h"
#include "isolate/bundle.h"
#include "isolate/child_phase.h"
#include "isolate/control_message.h"
#include "isolate/element_terms.h"
#include "isolate/resting.h"
#include "isolate/supervisor.h"
#include "sync/sync.h"

namespace parallax {

class Supervisor final : public RemoteStages {
  public:
    Supervisor(const RemoteSetup& setup, std::unique_ptr<Zygote> zygote,
               const SupervisorOptions& options);
    ~Supervisor() override;
    Result<> prepare(const RemoteSetup& setup);

    Neighbour& neighbour(std::size_t stage) override;
    const CommitRecord& record(std::size_t stage) const override;
    RecordPage* page_for(std::size_t local_stage) override;
    Result<std::unique_ptr<Ring>> ring(std::size_t link) override;
    void attach_stage(std::size_t stage, Stage& local) override;
    Result<> attach_channel(std::size_t link, Channel& channel) override;
    Result<> start() override;
    void play() override;
    void pause() override;
    void stop() override;
    void reconfigure() override;
    void flush(std::uint64_t number) override;
    void replace(std::size_t element) override;
    Result<> set_property(std::size_t element, std::string_view name, std::string_view text,
                          bool live) override;
    void shut_down(bool complete) override;
    std::unique_ptr<Resting> rest() override;
    void carry(std::map<std::size_t, CarriedState>& carried) const override;
    void refresh() override;
    RemoteFigures figures(std::size_t element) const override;
    std::optional<std::uint32_t> depth(std::size_t link) const override;

  private:
    Result<> prepare_stage(const RemoteSetup& setup, std::size_t stage);
    Result<> prepare_link(std::size_t number);
    Result<> prepare_local_page(std::size_t stage);

    using Type = ControlMessage::Type;
    struct Process {  // What the stages in one process share.
        Child child;
        std::vector<int> cores;  // In order; empty: all.
        std::string last_words;  // The end of what it printed.
        std::string killed_for;  // By us, and why; empty: not by us.
        bool replaced = false;   // By us, to make room for a successor; no fault of its own.
        bool rested = false;     // It has served another supervisor before.
        std::optional<std::size_t> culprit;  // The stage that it was killed for, or that failed.
    };
    struct Incarnation {
        Process* process = nullptr;  // One of processes_.
        std::uint32_t seat = 0;      // Its number among the stages of the process.
        ControlSocket control;
        ChildPhase phase = ChildPhase::born;
        bool introduced = false;  // Neighbours read its record.
        std::int64_t born_ns = 0;
        std::int64_t ponged_ns = 0;
        std::uint32_t commits_seen = 0;  // And since when there were no more.
        std::int64_t moved_ns = 0;
        bool closed = false;                         // Its end of the socket.
        std::map<std::size_t, std::uint64_t> asked;  // Stages that do not know it yet: question.
        std::map<std::size_t, std::uint64_t> knows;  // By input: which life of its producer.
    };
    struct Former {  // Memory of one that is gone, which neighbours still look at.
        Bundle bundle;
        std::uint64_t life = 0;
        std::vector<std::uint64_t> from;   // Positions by channel word,
        std::vector<std::uint64_t> until;  // and where they end.
    };
    struct Remote {  // One remote stage, through all its incarnations.
        std::size_t number = 0;
        std::vector<std::size_t> elements;
        std::string name;
        std::string crew;  // Stages of the same share a process.
        std::optional<Bundle> bundle;
        std::uint64_t life = 0;               // Counts bundles.
        std::optional<std::uint64_t> traced;  // Its number in the trace.
        std::optional<Incarnation> incarnation;
        std::deque<Former> formers;
        Positions start;                    // Of the incarnation that lives, or comes next,
        std::vector<std::byte> checkpoint;  // and the state that goes with it.
        std::vector<std::uint64_t> first;   // By channel word: of this incarnation.
        // After what one that died had published, where that was an end: its ring may be gone when
        // somebody says that it has taken it.
        std::map<std::size_t, std::uint64_t> end_at;
        std::optional<std::int64_t> restart_at_ns;
        std::optional<std::string> doomed;   // Why it will be given up once it is buried.
        std::deque<std::int64_t> faults_ns;  // Within the window.
        std::uint32_t stillborn = 0;         // In a row.
        std::uint32_t in_a_row = 0;          // Faults without progress between.
        std::pair<std::vector<std::uint64_t>, std::uint32_t> suspect;  // Inputs, and its faults.
        std::vector<std::vector<std::uint64_t>> poison;                // By input.
        bool reborn = false;                                           // It is not the first.
        bool given_up = false;
        bool over = false;  // The run was told that it has ended.
        std::uint64_t downstream_done = 0;
        std::set<std::uint64_t> wants_no_more;  // Of which inputs it has said so.
        std::vector<std::pair<std::string, std::string>> overrides;  // Live changes, by element.
        std::vector<std::size_t> override_elements;
    };
    struct LocalRing {  // From a local to a remote stage.
        LocalRing(CpuSegment memory, UniqueFd shared)
            : writable(std::move(memory)), fd(std::move(shared)) {}
        CpuSegment writable;  // Until the channel has it.
        UniqueFd fd;
    };
    struct LinkEnd {  // The local end of a link to a remote stage.
        Channel* channel = nullptr;
        Stage* stage = nullptr;
        std::unique_ptr<PeerRecord> peer;  // Touched on the local stage's thread once it runs.
    };
    class RemoteNeighbour final : public Neighbour {
      public:
        RemoteNeighbour(Supervisor& supervisor, std::size_t stage)
            : supervisor_(supervisor), stage_(stage) {}
        void look_again() override {}  // It sleeps on our record, which has changed.
        bool sleeps() const override { return false; }
        void send_up(Event event) override;
        void downstream_done() override;

      private:
        Supervisor& supervisor_;
        std::size_t stage_;
    };

    // The thread: supervisor.cpp
    void loop();
    void post(std::move_only_function<void()> work);
    void run_posted();
    void wait_for_news();
    void renew_zygote();
    int unserved_ = 0;  // Fork servers that ended before they answered once.
    bool running_elsewhere(std::size_t stage) const { return remotes_.contains(stage); }
    enum class End : std::uint8_t { complete, incomplete, rest };
    void end(End how);
    void begin_finishing();
    void check_idle();
    void conclude_start();

    // What is due: supervisor_times.cpp
    void see_to_times();
    void look_over(std::int64_t now_ns);
    void ping_all(std::int64_t now_ns);
    void measure_depths();
    void restart_at(Remote& remote, std::int64_t at_ns);

    // Birth: supervisor_spawn.cpp
    using Crew = std::vector<Remote*>;
    Crew crew_of(const std::string& name);
    void spawn_due(std::int64_t now_ns);
    void spawn(const Crew& crew);
    Result<> try_spawn(const Crew& crew);
    void embark(const Crew& crew, Child child, std::vector<ControlSocket> controls);
    Blueprint blueprint_of(Remote& remote, std::vector<int>& fds);
    void describe_pieces(const Remote& remote, Blueprint& blueprint) const;
    std::vector<const Bundle*> bundles_of_others(const Remote& remote) const;
    void describe_arenas(Remote& remote, Blueprint& blueprint, std::vector<int>& fds);
    void describe_links(Remote& remote, Blueprint& blueprint, std::vector<int>& fds);
    void describe_lent(Remote& remote, Blueprint& blueprint);
    Result<> send_blueprint(Remote& remote, ControlMessage message, const Blueprint& blueprint,
                            std::span<const int> fds);
    Result<SandboxPolicy> policy_of(std::span<const std::size_t> elements) const;
    std::vector<Confined> confined(std::span<const std::size_t> elements) const;
    void make_bundle(Remote& remote) const;
    int record_fd(std::size_t stage) const;
    Result<std::unique_ptr<PeerRecord>> map_record(const Remote& remote) const;
    std::optional<std::uint64_t> released_by_reader(const PlannedLink& link) const;
    std::optional<std::uint64_t> published_by_writer(const PlannedLink& link) const;
    std::optional<std::uint64_t> consumed_by_reader(const PlannedLink& link) const;

    // Rest: supervisor_rest.cpp
    struct Started {
        Child child;
        std::vector<ControlSocket> controls;
        bool rested = false;
    };
    void take_over(RestingProcesses& resting);
    std::optional<Started> take_rested(const Crew& crew);
    Result<Started> start_process(const Crew& crew);
    bool may_rest(const Remote& remote);
    void on_rested(Remote& remote);
    void lay_to_rest(Remote& remote, RestingProcesses::Process& rested);
    void die_at_rest(const ChildExit& exit);
    static Result<std::vector<UniqueFd>> show_only(const Blueprint& blueprint,
                                                   std::vector<int>& fds);

    // Places: supervisor_place.cpp
    const ResourceGroup::Options& group_of(const Remote& remote) const;
    std::vector<int> cores_of(const Crew& crew) const;
    bool raised(const Crew& crew) const;
    bool needs_place(const Remote& remote) const;
    enum class Placed : std::uint8_t { yes, no_such_thread };
    Result<Placed> place(const Remote& remote, std::uint64_t thread) const;
    void tell_of_cores(const Crew& crew, const Child& child);

    // Messages: supervisor_messages.cpp
    void hear(Remote& remote);
    void obey(Remote& remote, const ControlMessage& message);
    void on_mapped(Remote& remote);
    void on_ready(Remote& remote, const ControlMessage& message);
    void on_rebound(const Remote& remote, const ControlMessage& message);
    void on_failed(Remote& remote, const ControlMessage& message);
    void on_unready(Remote& remote, const std::string& element, Error error);
    void on_ended(Remote& remote);
    bool has_told_all_ends(const Remote& remote) const;
    const UniqueFd* writers_ring(const PlannedLink& link, std::uint64_t position) const;
    bool is_end(const PlannedLink& link, std::uint64_t position) const;
    void pass_up(Remote& remote, const ControlMessage& message);
    void tell(Remote& remote, const ControlMessage& message, std::span<const int> fds = {});
    void read_stderr(Remote& remote);
    std::string element_name(const Remote& remote, std::uint64_t number) const;

    // Neighbours: supervisor_rebind.cpp
    void introduce(Remote& remote);
    void introduce_to_local(Remote& remote, std::size_t link);
    void introduce_to_remote(Remote& remote, std::size_t link);
    void introduce_to_reader(Remote& remote, const PlannedLink& link);
    bool show_ring(const Bundle& bundle, std::uint64_t first, const PlannedLink& link);
    void share_arenas(Remote& remote);
    bool share_arenas_with(const Remote& remote, Remote& other, std::uint64_t question);
    void catch_up(Remote& remote);
    void set_going(Remote& remote);
    void let_go_of_formers(Remote& remote);

    // Death: supervisor_death.cpp
    enum class Blame : std::uint8_t {
        own,
        outside,  // Killed, neither by us nor by what it did; or replaced.
        another,  // Another stage of its process.
    };
    void on_exit(const ChildExit& exit);
    Crew culprits(const Crew& dead) const;
    void on_death(Remote& remote, const ChildExit& exit, Blame blame);
    std::string keep_report(const Remote& remote, const ChildExit& exit,
                            const std::string& reason) const;
    void die_after_end(Remote& remote, const std::string& reason);
    void tell_of_successor(const Remote& remote, const std::string& reason, Blame blame);
    void follow(Remote& remote, const std::string& reason, Blame blame, bool progress);
    void trace(Remote& remote);
    void untrace(Remote& remote);
    void retire(Remote& remote, const Positions& now);
    void kill(Remote& remote, std::string why);
    void make_room(Remote& remote, const std::string& whose);
    std::string reason_of(const Remote& remote, const ChildExit& exit) const;
    Positions checked_snapshot(const Remote& remote) const;
    std::optional<std::vector<std::byte>> checkpoint_of(const Remote& remote,
                                                        const Positions& now) const;
    std::uint64_t readable_until(const Remote& remote, const PlannedLink& link, std::uint64_t from,
                                 std::uint64_t until) const;
    void note_suspect(Remote& remote);
    std::int64_t delay_ns(Remote& remote);
    void give_up(Remote& remote, const std::string& why);
    void lose(Remote& remote, Error error);
    void on_lie(Remote& remote, const std::string& text);
    void watch_over(Remote& remote, std::int64_t now_ns);
    bool could_move(const Remote& remote) const;
    std::int64_t deadline_ns(const Remote& remote) const;
    void say(const Remote& remote, Severity severity, std::string text, Topic topic = Topic::none);

    const Plan plan_;
    const Graph& graph_;
    const Registry& registry_;
    const std::vector<std::unique_ptr<ElementRun>>& elements_;
    StageHost& host_;
    Bus& bus_;
    const RunClock& clock_;
    ArenaTable& arenas_;
    std::map<std::string, ResourceGroup::Options> groups_;  // With the cores they have.
    Trace* const trace_;                                    // Null: nothing is traced.
    std::unique_ptr<Zygote> zygote_;
    const SupervisorOptions options_;

    std::map<std::size_t, Remote> remotes_;          // By number of the stage.
    std::map<std::uint64_t, Process> processes_;     // By id of the child; until it is buried.
    std::map<std::string, SandboxPolicy> policies_;  // By crew.
    std::map<std::size_t, RemoteNeighbour> neighbours_;
    std::map<std::size_t, CpuSegment> local_pages_;  // Records of local stages that others watch.
    std::map<std::size_t, LocalRing> local_rings_;   // By link.
    std::map<std::size_t, LinkEnd> ends_;            // By link.
    std::map<std::size_t, Stage*> local_stages_;

    // The thread's own.
    bool told_of_cores_ = false;
    bool playing_ = false;
    bool paused_ = false;
    bool stopping_ = false;
    bool reconfiguring_ = false;
    std::uint64_t flushes_ = 0;  // The number of the last one.
    bool shutting_down_ = false;
    End how_ = End::incomplete;
    std::vector<RestingProcesses::Process> resting_;  // Of the life before, then for the next.
    std::optional<std::promise<Result<>>> starting_;
    std::optional<std::promise<void>> finishing_;
    Remote* dying_ = nullptr;  // Whose last words are heard.
    std::minstd_rand dice_{1};
    enum class Due : std::uint8_t { look, heartbeat, restart };
    Timers<Due> times_;
    std::uint64_t questions_ = 0;  // Whether a stage knows a successor's arenas.

    UniqueFd wake_;
    std::mutex posted_mutex_;
    std::vector<std::move_only_function<void()>> posted_;
    std::atomic<bool> over_{false};

    // What reports ask for, from any thread.
    mutable std::mutex figures_mutex_;
    struct Figures {
        std::atomic<const ElementCounters*> counters{nullptr};
        ElementCounters before;  // Of incarnations that are gone.
        RemoteFigures told;
    };
    std::map<std::size_t, Figures> figures_;                    // By element.
    std::map<std::size_t, std::atomic<std::uint32_t>> depths_;  // By link with a remote end.

    Thread thread_;
};

}  // namespace parallax
