// Processes that rest while a run agrees on formats anew: laid down by the supervisor of one life,
// taken over by that of the next.
#include <algorithm>

#include <fcntl.h>

#include "isolate/last_words.h"
#include "isolate/supervisor_impl.h"

namespace parallax {
namespace {

// Nobody maps by it for writing, nor seals.
Result<UniqueFd> reading_only(int fd) {
    const std::string path = "/proc/self/fd/" + std::to_string(fd);
    UniqueFd opened(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!opened) return fail_errno("open " + path);
    return opened;
}

}  // namespace

std::unique_ptr<Resting> Supervisor::rest() {
    end(End::rest);
    auto resting = std::make_unique<RestingProcesses>();
    resting->zygote = std::move(zygote_);
    resting->processes = std::move(resting_);
    const std::lock_guard lock(figures_mutex_);
    for (auto& [element, figures] : figures_) resting->past[element].told = figures.told;
    for (const auto& [number, remote] : remotes_) {
        for (std::size_t i = 0; i < remote.overrides.size(); ++i) {
            resting->past[remote.override_elements[i]].overrides.push_back(remote.overrides[i]);
        }
    }
    return resting;
}

// Of one whose stages have all come to their end in order.
bool Supervisor::may_rest(const Remote& remote) {
    return std::ranges::all_of(crew_of(remote.crew), [&](const Remote* each) {
        return each->incarnation && each->incarnation->process == remote.incarnation->process &&
               each->incarnation->phase >= ChildPhase::ended && !each->given_up;
    });
}

// Once all stages of its process do.
void Supervisor::on_rested(Remote& remote) {
    if (how_ != End::rest) return kill(remote, "protocol violation: it rests unasked");
    Process* const process = remote.incarnation->process;
    remote.incarnation->phase = after(remote.incarnation->phase, Type::rested);
    remote.incarnation->closed = true;  // What it says next, it says to the next supervisor.
    Crew crew = crew_of(remote.crew);
    const bool all = std::ranges::all_of(crew, [&](const Remote* each) {
        return each->incarnation && each->incarnation->phase == ChildPhase::finished;
    });
    if (!all || !process->killed_for.empty()) return;
    std::ranges::sort(crew, {}, [](const Remote* each) { return each->incarnation->seat; });
    RestingProcesses::Process rested{.child = std::move(process->child), .seats = {}};
    for (Remote* each : crew) lay_to_rest(*each, rested);
    processes_.erase(rested.child.id);
    resting_.push_back(std::move(rested));
}

// What it has come to is kept as of one that died: should it die while it rests, another goes on.
void Supervisor::lay_to_rest(Remote& remote, RestingProcesses::Process& rested) {
    const Positions now = checked_snapshot(remote);
    if (remote.bundle->checkpoints) {
        if (auto state = checkpoint_of(remote, now)) remote.checkpoint = *std::move(state);
    }
    {
        const std::lock_guard lock(figures_mutex_);
        for (std::size_t i = 0; i < remote.elements.size(); ++i) {
            Figures& figures = figures_.at(remote.elements[i]);
            if (figures.counters.exchange(nullptr) == nullptr) continue;
            figures.before.add_all_of(remote.bundle->counters_of(i));
        }
    }
    untrace(remote);
    remote.start = now;
    rested.seats.push_back({remote.elements, std::move(remote.incarnation->control)});
    remote.incarnation.reset();
}

// This is the only word of its death: the next supervisor would wait for an answer for ever.
void Supervisor::die_at_rest(const ChildExit& exit) {
    const auto found = std::ranges::find(
        resting_, exit.id, [](const RestingProcesses::Process& each) { return each.child.id; });
    if (found == resting_.end()) return;
    const std::string reason = death_text(exit, found->child.crash_page);
    for (const auto& [number, remote] : remotes_) {
        const bool its = std::ranges::any_of(found->seats, [&](const RestingProcesses::Seat& seat) {
            return seat.elements == remote.elements;
        });
        if (its) tell_of_successor(remote, reason, Blame::own);
    }
    resting_.erase(found);
}

void Supervisor::take_over(RestingProcesses& resting) {
    resting_ = std::move(resting.processes);
    for (auto& [number, remote] : remotes_) {
        for (const std::size_t element : remote.elements) {
            const auto past = resting.past.find(element);
            if (past == resting.past.end()) continue;
            figures_.at(element).told = past->second.told;
            for (const auto& each : past->second.overrides) {
                remote.overrides.push_back(each);
                remote.override_elements.push_back(element);
            }
        }
    }
}

// The process in which these very elements rest.
std::optional<Supervisor::Started> Supervisor::take_rested(const Crew& crew) {
    const auto fits = [&crew](const RestingProcesses::Process& process) {
        return std::ranges::equal(process.seats, crew, {}, &RestingProcesses::Seat::elements,
                                  [](const Remote* remote) { return remote->elements; });
    };
    const auto found = std::ranges::find_if(resting_, fits);
    if (found == resting_.end() || crew.front()->given_up) return std::nullopt;
    Started started{.child = std::move(found->child), .controls = {}, .rested = true};
    for (RestingProcesses::Seat& seat : found->seats) {
        started.controls.push_back(std::move(seat.control));
    }
    resting_.erase(found);
    return started;
}

Result<Supervisor::Started> Supervisor::start_process(const Crew& crew) {
    if (auto rested = take_rested(crew)) return *std::move(rested);
    Started started;
    std::vector<UniqueFd> theirs;
    std::vector<int> fds;
    for (std::size_t i = 0; i < crew.size(); ++i) {
        ControlSocket::Pair pair = PX_TRY(ControlSocket::pair());
        started.controls.push_back(std::move(pair.ours));
        fds.push_back(pair.theirs.get());
        theirs.push_back(std::move(pair.theirs));
    }
    const Remote& first = *crew.front();
    started.child = PX_TRY(zygote_->spawn({.name = first.name,
                                           .entry = first.given_up ? "stage" : options_.entry,
                                           .policy = policies_.at(first.crew),
                                           .cores = cores_of(crew),
                                           .raised = raised(crew)},
                                          fds));
    for (const std::string& layer : started.child.missing_layers) {
        if (first.formers.empty()) say(first, Severity::warning, "runs without " + layer);
    }
    tell_of_cores(crew, started.child);
    return started;
}

// Others' memory by descriptors that only read; they live until the blueprint is sent. It may not
// be sealed yet, since each is as soon as its own process has mapped it: foreign code must find
// nothing to write to.
Result<std::vector<UniqueFd>> Supervisor::show_only(const Blueprint& blueprint,
                                                    std::vector<int>& fds) {
    std::vector<std::uint32_t> own{0, blueprint.record_fd, blueprint.counters_fd};
    if (blueprint.checkpoint_bytes > 0) own.push_back(blueprint.checkpoints_fd);
    for (const Blueprint::Arena& arena : blueprint.arenas) {
        if (arena.own) own.push_back(arena.fd);
    }
    for (const Blueprint::Output& output : blueprint.outputs) own.push_back(output.ring_fd);
    std::vector<UniqueFd> shown;
    for (std::uint32_t i = 0; i < fds.size(); ++i) {
        if (std::ranges::find(own, i) != own.end()) continue;
        shown.push_back(PX_TRY(reading_only(fds[i])));
        fds[i] = shown.back().get();
    }
    return shown;
}

}  // namespace parallax
