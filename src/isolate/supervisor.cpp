#include "isolate/supervisor.h"

#include <algorithm>

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/check.h"
#include "base/clock.h"
#include "exec/shared_ring.h"
#include "isolate/supervisor_impl.h"
#include "trace/trace.h"

namespace parallax {
namespace {

constexpr std::int64_t kLookNs = 50'000'000;  // Deadlines are kept as exactly as that.
constexpr int kMostUnserved = 3;  // In a row: killed at birth, or no fork servers at all.
constexpr std::chrono::seconds kStartPatience(30);
constexpr std::chrono::seconds kFinishPatience(20);

}  // namespace

Result<std::unique_ptr<RemoteStages>> make_supervisor(const RemoteSetup& setup,
                                                      std::unique_ptr<Zygote> zygote,
                                                      const SupervisorOptions& options) {
    auto supervisor = std::make_unique<Supervisor>(setup, std::move(zygote), options);
    PX_TRY(supervisor->prepare(setup));
    return supervisor;
}

Supervisor::Supervisor(const RemoteSetup& setup, std::unique_ptr<Zygote> zygote,
                       const SupervisorOptions& options)
    : plan_(setup.plan),
      graph_(setup.graph),
      registry_(setup.registry),
      elements_(setup.elements),
      host_(setup.host),
      bus_(setup.bus),
      clock_(setup.clock),
      arenas_(setup.arenas),
      trace_(setup.trace),
      zygote_(std::move(zygote)),
      options_(options),
      times_({.start_ns = monotonic_ns()}) {}

Supervisor::~Supervisor() {
    if (thread_.running()) shut_down(false);
    for (auto& [number, remote] : remotes_) untrace(remote);
}

// Memory for all that crosses, as long as nothing runs.
Result<> Supervisor::prepare(const RemoteSetup& setup) {
    wake_ = UniqueFd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake_) return fail_errno("eventfd");
    for (const auto& group : setup.groups) groups_[group->name()] = group->options();
    for (std::size_t s = 0; s < plan_.stages.size(); ++s) {
        if (plan_.stages[s].remote()) PX_TRY(prepare_stage(setup, s));
    }
    for (const auto& [number, remote] : remotes_) {
        if (policies_.contains(remote.crew)) continue;
        std::vector<std::size_t> elements;
        for (const Remote* each : crew_of(remote.crew)) {
            elements.insert(elements.end(), each->elements.begin(), each->elements.end());
        }
        policies_[remote.crew] = PX_TRY(policy_of(elements));
    }
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        if (plan_.links[l].channel) PX_TRY(prepare_link(l));
    }
    // Only a supervisor lets processes rest.
    if (setup.resting != nullptr) take_over(static_cast<RestingProcesses&>(*setup.resting));
    return {};
}

Result<> Supervisor::prepare_stage(const RemoteSetup& setup, std::size_t stage) {
    const PlannedStage& planned = plan_.stages[stage];
    Remote& remote = remotes_[stage];
    remote.number = stage;
    remote.elements = planned.elements;
    remote.name = elements_[planned.elements.front()]->name;
    remote.crew = planned.isolate == "process" ? "stage " + std::to_string(stage)
                                               : "group " + planned.isolate;
    remote.bundle = PX_TRY(Bundle::make(plan_, stage, trace_ != nullptr));
    remote.first.assign(planned.channels, 0);
    const auto before = setup.carried.find(planned.elements.front());
    if (before != setup.carried.end()) {
        remote.start.state = before->second.state;
        remote.start.sequence = before->second.sequence;
        remote.checkpoint = before->second.checkpoint;
    }
    remote.poison.resize(planned.inputs);
    neighbours_.try_emplace(stage, *this, stage);
    for (const std::size_t element : planned.elements) {
        figures_.try_emplace(element).first->second.before.set_to(elements_[element]->counters);
    }
    return {};
}

Result<> Supervisor::prepare_link(std::size_t number) {
    const PlannedLink& link = plan_.links[number];
    const bool from = running_elsewhere(link.from_stage);
    const bool to = running_elsewhere(link.to_stage);
    if (!from && !to) return {};
    depths_.try_emplace(number, 0);
    if (from && link.leaky != Leaky::no) {
        return fail(Errc::lacking,
                    "a leaky queue right after " + elements_[link.from]->name +
                        ", which runs in a process of its own, is not built in this version",
                    "put an identity between them");
    }
    if (!from) PX_TRY(prepare_local_page(link.from_stage));
    if (!to) PX_TRY(prepare_local_page(link.to_stage));
    if (from) return {};
    CpuSegment ring = PX_TRY(
        CpuSegment::create({.size_bytes = SharedRing::bytes_for(places_of(link)), .name = "ring"}));
    PX_TRY(ring.seal({.size = true, .future_write = true}));
    UniqueFd fd(::fcntl(ring.fd(), F_DUPFD_CLOEXEC, 3));
    local_rings_.try_emplace(number, std::move(ring), std::move(fd));
    return {};
}

Result<> Supervisor::prepare_local_page(std::size_t stage) {
    if (local_pages_.contains(stage)) return {};
    CpuSegment page =
        PX_TRY(CpuSegment::create({.size_bytes = sizeof(RecordPage), .name = "record"}));
    PX_TRY(page.seal({.size = true, .future_write = true}));
    local_pages_.emplace(stage, std::move(page));
    return {};
}

Neighbour& Supervisor::neighbour(std::size_t stage) { return neighbours_.at(stage); }

// Of the first incarnation: local ends are made before anything runs.
const CommitRecord& Supervisor::record(std::size_t stage) const {
    return remotes_.at(stage).bundle->record->record();
}

RecordPage* Supervisor::page_for(std::size_t local_stage) {
    const auto page = local_pages_.find(local_stage);
    if (page == local_pages_.end()) return nullptr;
    const auto bytes = page->second.view_mut();
    return bytes ? reinterpret_cast<RecordPage*>(bytes->data()) : nullptr;
}

Result<std::unique_ptr<Ring>> Supervisor::ring(std::size_t link) {
    const PlannedLink& planned = plan_.links[link];
    const std::uint64_t places = places_of(planned);
    if (const auto local = local_rings_.find(link); local != local_rings_.end()) {
        // The only mapping that can ever write it.
        return std::make_unique<SharedRing>(std::move(local->second.writable), places, arenas_);
    }
    const UniqueFd& fd = remotes_.at(planned.from_stage).bundle->ring_fds[planned.from_word];
    CpuSegment pages = PX_TRY(map_ring_memory(copy_of(fd), planned, Access::read_only));
    return std::make_unique<SharedRing>(std::move(pages), places, arenas_);
}

void Supervisor::attach_stage(std::size_t stage, Stage& local) {
    local_stages_[stage] = &local;
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        const PlannedLink& link = plan_.links[l];
        if (!link.channel || (link.from_stage != stage && link.to_stage != stage)) continue;
        const std::size_t other = link.from_stage == stage ? link.to_stage : link.from_stage;
        if (!running_elsewhere(other)) continue;
        ends_[l].stage = &local;
    }
}

// From here on the channel reads a mapping of its own, which it keeps until it meets a successor.
Result<> Supervisor::attach_channel(std::size_t link, Channel& channel) {
    LinkEnd& end = ends_[link];
    end.channel = &channel;
    const PlannedLink& planned = plan_.links[link];
    const bool from = running_elsewhere(planned.from_stage);
    const std::size_t liar = from ? planned.from_stage : planned.to_stage;
    end.peer = PX_TRY(map_record(remotes_.at(liar)));
    if (from) {
        channel.read_from({&end.peer->record(), planned.from_word});
    } else {
        channel.continue_with({&end.peer->record(), planned.to_word});
    }
    end.stage->watch(end.peer->record().word());
    channel.on_violation([this, liar](const Error& error) {
        post([this, liar, text = to_string(error)] { on_lie(remotes_.at(liar), text); });
    });
    return {};
}

Result<std::unique_ptr<PeerRecord>> Supervisor::map_record(const Remote& remote) const {
    const PlannedStage& planned = plan_.stages[remote.number];
    return PeerRecord::map(copy_of(remote.bundle->record_fd), planned.inputs, planned.channels);
}

// --- What the run asks for.

Result<> Supervisor::start() {
    std::promise<Result<>> promise;
    auto answer = promise.get_future();
    starting_ = std::move(promise);
    thread_ = PX_TRY(Thread::start("plx:supervisor", [this] { loop(); }));
    post([this] {
        const std::int64_t now = monotonic_ns();
        for (auto& [number, remote] : remotes_) restart_at(remote, now);
        spawn_due(now);
        resting_.clear();  // Whom nobody has taken over.
        conclude_start();
    });
    if (answer.wait_for(kStartPatience) == std::future_status::ready) return answer.get();
    return fail(Errc::timed_out, "the processes of the elements did not get ready within 30 s");
}

void Supervisor::play() {
    post([this] {
        playing_ = true;
        paused_ = false;
        for (auto& [number, remote] : remotes_) set_going(remote);
    });
}

void Supervisor::pause() {
    post([this] {
        paused_ = true;
        for (auto& [number, remote] : remotes_) set_going(remote);
    });
}

void Supervisor::stop() {
    post([this] {
        stopping_ = true;
        for (auto& [number, remote] : remotes_) tell(remote, {.type = Type::stop});
    });
}

void Supervisor::reconfigure() {
    post([this] {
        reconfiguring_ = true;
        for (auto& [number, remote] : remotes_) tell(remote, {.type = Type::reconfigure});
    });
}

void Supervisor::flush(std::uint64_t number) {
    post([this, number] {
        flushes_ = std::max(flushes_, number);
        for (auto& [stage, remote] : remotes_) tell(remote, {.type = Type::flush, .a = flushes_});
    });
}

Result<> Supervisor::set_property(std::size_t element, std::string_view name, std::string_view text,
                                  bool live) {
    post([this, element, live, name = std::string(name), text = std::string(text)] {
        for (auto& [number, remote] : remotes_) {
            const auto piece = std::ranges::find(remote.elements, element);
            if (piece == remote.elements.end()) continue;
            // The last one wins, so only that is kept: it may be set with every frame.
            for (std::size_t i = 0; i < remote.overrides.size(); ++i) {
                if (remote.override_elements[i] != element || remote.overrides[i].first != name)
                    continue;
                remote.overrides.erase(remote.overrides.begin() + static_cast<std::ptrdiff_t>(i));
                remote.override_elements.erase(remote.override_elements.begin() +
                                               static_cast<std::ptrdiff_t>(i));
                break;
            }
            remote.overrides.emplace_back(name, text);
            remote.override_elements.push_back(element);
            if (!live) {
                make_room(remote, fmt::format("with {}={}", name, text));
                continue;
            }
            tell(remote, {.type = Type::set_property,
                          .a = static_cast<std::uint64_t>(piece - remote.elements.begin()),
                          .text = name,
                          .more = text});
        }
    });
    return {};
}

void Supervisor::replace(std::size_t element) {
    post([this, element] {
        for (auto& [number, remote] : remotes_) {
            if (std::ranges::find(remote.elements, element) == remote.elements.end()) continue;
            make_room(remote, "as its file is now");
        }
    });
}

// For a successor, which goes on from the last commit. Where none lives, one comes anyway.
void Supervisor::make_room(Remote& remote, const std::string& whose) {
    if (!remote.incarnation) return;
    remote.incarnation->process->replaced = true;
    kill(remote, "it makes room for one " + whose);
}

void Supervisor::shut_down(bool complete) { end(complete ? End::complete : End::incomplete); }

void Supervisor::end(End how) {
    if (!thread_.running()) return;
    std::promise<void> promise;
    auto done = promise.get_future();
    post([this, how, promise = std::move(promise)]() mutable {
        how_ = how;
        finishing_ = std::move(promise);
        shutting_down_ = true;
        begin_finishing();
    });
    if (done.wait_for(kFinishPatience) != std::future_status::ready) {
        post([this] {
            for (auto& [number, remote] : remotes_) {
                if (remote.incarnation) kill(remote, "it did not finish within 20 s");
            }
        });
        done.wait();
    }
    over_ = true;
    post([] {});
    thread_.join();
}

// --- The thread.

void Supervisor::post(std::move_only_function<void()> work) {
    {
        const std::lock_guard lock(posted_mutex_);
        posted_.push_back(std::move(work));
    }
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
}

void Supervisor::run_posted() {
    std::uint64_t count = 0;
    (void)!::read(wake_.get(), &count, sizeof count);
    std::vector<std::move_only_function<void()>> work;
    {
        const std::lock_guard lock(posted_mutex_);
        work.swap(posted_);
    }
    for (auto& each : work) each();
}

void Supervisor::loop() {
    const std::int64_t begin = monotonic_ns();
    const std::int64_t heartbeat = std::max<std::int64_t>(options_.heartbeat.count(), 1'000'000);
    times_.repeat(begin + kLookNs, kLookNs, Due::look);
    times_.repeat(begin + heartbeat, heartbeat, Due::heartbeat);
    while (!over_) {
        run_posted();
        for (auto& [number, remote] : remotes_) {
            read_stderr(remote);
            hear(remote);
        }
        while (const auto exit = zygote_->reaped()) on_exit(*exit);
        renew_zygote();
        see_to_times();
        check_idle();
        if (!over_) wait_for_news();
    }
}

// One that was killed took its stages along; once all of them were heard of, another is started.
void Supervisor::renew_zygote() {
    if (zygote_->alive() || shutting_down_) return;
    const bool any = std::ranges::any_of(
        remotes_, [](const auto& each) { return each.second.incarnation.has_value(); });
    if (any) return;
    unserved_ = zygote_->has_served() ? 0 : unserved_ + 1;
    auto another = unserved_ < kMostUnserved
                       ? zygote_->another()
                       : fail(Errc::peer_died, "the fork server ended before it served",
                              std::string(kMainHint));
    if (another) {
        zygote_ = *std::move(another);
        return;
    }
    if (starting_) {
        std::exchange(starting_, std::nullopt)->set_value(Failure(another.error()));
        return;
    }
    for (auto& [number, remote] : remotes_) {
        if (remote.restart_at_ns) lose(remote, another.error());
    }
}

void Supervisor::wait_for_news() {
    std::vector<pollfd> news{{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                             {.fd = zygote_->event_fd(), .events = POLLIN, .revents = 0}};
    for (auto& [number, remote] : remotes_) {
        if (!remote.incarnation || remote.incarnation->closed) continue;
        news.push_back({.fd = remote.incarnation->control.fd(), .events = POLLIN, .revents = 0});
    }
    // There is always a next look to sleep until.
    const std::int64_t until = times_.first_ns().value() - monotonic_ns();
    const std::int64_t patience_ms = (std::max<std::int64_t>(0, until) + 999'999) / 1'000'000;
    ::poll(news.data(), news.size(), static_cast<int>(patience_ms));
}

// The run waits for the first incarnations of all.
void Supervisor::conclude_start() {
    if (!starting_) return;
    for (const auto& [number, remote] : remotes_) {
        if (!remote.incarnation || remote.incarnation->phase < ChildPhase::ready) return;
    }
    std::exchange(starting_, std::nullopt)->set_value({});
}

void Supervisor::begin_finishing() {
    for (auto& [number, remote] : remotes_) {
        remote.restart_at_ns.reset();
        if (!remote.incarnation) continue;
        if (remote.incarnation->phase != ChildPhase::ended) {
            kill(remote, "the run is over");
            continue;
        }
        const bool rests = how_ == End::rest && may_rest(remote);
        tell(remote,
             rests ? ControlMessage{.type = Type::rest}
                   : ControlMessage{.type = Type::finish, .a = how_ == End::complete ? 1U : 0U});
        if (remote.incarnation) remote.incarnation->phase = ChildPhase::finishing;
    }
}

void Supervisor::check_idle() {
    if (!finishing_) return;
    const bool any = std::ranges::any_of(
        remotes_, [](const auto& each) { return each.second.incarnation.has_value(); });
    if (any) return;
    std::exchange(finishing_, std::nullopt)->set_value();
}

void Supervisor::carry(std::map<std::size_t, CarriedState>& carried) const {
    for (const auto& [number, remote] : remotes_) {
        carried[remote.elements.front()] = {remote.start.state, remote.start.sequence,
                                            remote.checkpoint};
    }
}

// --- Figures; any thread.

void Supervisor::refresh() {
    const std::lock_guard lock(figures_mutex_);
    for (auto& [element, figures] : figures_) {
        ElementCounters& shown = elements_[element]->counters;
        shown.set_to(figures.before);
        if (const ElementCounters* now = figures.counters.load()) shown.add_all_of(*now);
    }
}

RemoteFigures Supervisor::figures(std::size_t element) const {
    const std::lock_guard lock(figures_mutex_);
    const auto found = figures_.find(element);
    return found == figures_.end() ? RemoteFigures{} : found->second.told;
}

std::optional<std::uint32_t> Supervisor::depth(std::size_t link) const {
    const auto found = depths_.find(link);
    if (found == depths_.end()) return std::nullopt;
    return found->second.load();
}

// --- A remote stage as local ones see it.

void Supervisor::RemoteNeighbour::send_up(Event event) {
    supervisor_.post([&supervisor = supervisor_, stage = stage_, event = std::move(event)] {
        supervisor.tell(supervisor.remotes_.at(stage),
                        {.type = Type::event_up,
                         .a = static_cast<std::uint64_t>(event.type),
                         .b = static_cast<std::uint64_t>(event.pts_ns),
                         .c = static_cast<std::uint64_t>(event.duration_ns),
                         .text = event.name});
    });
}

void Supervisor::RemoteNeighbour::downstream_done() {
    supervisor_.post([&supervisor = supervisor_, stage = stage_] {
        Remote& remote = supervisor.remotes_.at(stage);
        ++remote.downstream_done;
        supervisor.tell(remote, {.type = Type::downstream_done});
    });
}

}  // namespace parallax
