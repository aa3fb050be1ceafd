// Why a process died, and what follows: a successor, a frame passed over, or the end of a branch.
#include <algorithm>
#include <csignal>
#include <cstring>
#include <filesystem>

#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "exec/shared_ring.h"
#include "isolate/crash_report.h"
#include "isolate/last_words.h"
#include "isolate/supervisor_impl.h"
#include "trace/trace.h"

namespace parallax {
namespace {

constexpr std::int64_t kReadyNs = 10'000'000'000;  // From birth to ready.
constexpr std::int64_t kHeartbeatsMissed = 20;
constexpr std::int64_t kDeadlineNs = 10'000'000'000;
constexpr std::int64_t kDeadlineNsPerByte = 100;
constexpr std::uint32_t kFruitlessKills = 10;  // Outside kills in a row without a commit between.

}  // namespace

void Supervisor::say(const Remote& remote, Severity severity, std::string text, Topic topic) {
    bus_.post({.kind = Message::Kind::text,
               .severity = severity,
               .element = remote.name,
               .text = std::move(text),
               .time_ns = clock_.running_time_ns(),
               .topic = topic});
}

void Supervisor::kill(Remote& remote, std::string why) {
    if (!remote.incarnation || !remote.incarnation->process->killed_for.empty()) return;
    Process& process = *remote.incarnation->process;
    process.killed_for = std::move(why);
    process.culprit = remote.number;
    ::syscall(SYS_pidfd_send_signal, process.child.pidfd.get(), SIGKILL, nullptr, 0);
}

std::string Supervisor::reason_of(const Remote& remote, const ChildExit& exit) const {
    const Process& process = *remote.incarnation->process;
    if (!process.killed_for.empty()) return process.killed_for;
    return death_text(exit, process.child.crash_page);
}

// How far it had come. The words are its own, so they are held against what is known: what it was
// given, and where it began. Positions that cannot be fall back to where it began.
Positions Supervisor::checked_snapshot(const Remote& remote) const {
    const Positions& start = remote.start;
    const auto found = remote.bundle->record->record().snapshot();
    if (!found || !remote.incarnation->introduced) return start;
    Positions now = *found;
    if (now.epoch < start.epoch || now.epoch > 2 * flushes_) return start;
    if (remote.bundle->checkpoints && !checkpoint_of(remote, now)) return start;
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel) continue;
        if (link.to_stage == remote.number) {
            const std::size_t w = link.to_word;
            const std::uint64_t given = published_by_writer(link).value_or(0);
            const bool sane = now.released[w] >= start.released[w] &&
                              now.released[w] <= now.done[w] && now.done[w] >= start.done[w] &&
                              now.done[w] <= now.consumed[w] && now.consumed[w] <= given;
            if (!sane) return start;
        }
        if (link.from_stage == remote.number) {
            const std::size_t w = link.from_word;
            const std::uint64_t room = places_of(link);
            const std::uint64_t released = released_by_reader(link).value_or(0);
            const bool sane = now.published[w] >= start.published[w] &&
                              now.published[w] <= released + room + room;
            if (!sane) return start;
            now.published[w] = readable_until(remote, link, released, now.published[w]);
        }
    }
    return now;
}

std::optional<std::vector<std::byte>> Supervisor::checkpoint_of(const Remote& remote,
                                                                const Positions& now) const {
    return remote.bundle->checkpoint(remote.bundle->record->record().commits(), now.state);
}

// Up to the first entry that does not check out: nobody could read beyond it.
std::uint64_t Supervisor::readable_until(const Remote& remote, const PlannedLink& link,
                                         std::uint64_t from, std::uint64_t until) const {
    std::uint64_t at = std::max(from, remote.start.published[link.from_word]);
    auto pages =
        map_ring_memory(copy_of(remote.bundle->ring_fds[link.from_word]), link, Access::read_only);
    if (!pages) return at;
    SharedRing ring(*std::move(pages), places_of(link), arenas_);
    while (at < until && ring.get(at)) ++at;
    return at;
}

std::optional<std::uint64_t> Supervisor::published_by_writer(const PlannedLink& link) const {
    const auto remote = remotes_.find(link.from_stage);
    if (remote == remotes_.end()) {
        return local_stages_.at(link.from_stage)->record().published(link.from_word);
    }
    const Remote& writer = remote->second;
    const std::uint64_t before = writer.start.published[link.from_word];
    if (!writer.bundle) return before;
    const auto now = writer.bundle->record->record().published(link.from_word);
    return std::max(before, now.value_or(before));
}

std::optional<std::uint64_t> Supervisor::consumed_by_reader(const PlannedLink& link) const {
    const auto remote = remotes_.find(link.to_stage);
    if (remote == remotes_.end()) {
        return local_stages_.at(link.to_stage)->record().consumed(link.to_word);
    }
    const Remote& reader = remote->second;
    const std::uint64_t before = reader.start.consumed[link.to_word];
    if (!reader.bundle) return before;
    const auto now = reader.bundle->record->record().consumed(link.to_word);
    return std::max(before, now.value_or(before));
}

// All stages of the process are dead; who did it is found while nothing is buried yet.
void Supervisor::on_exit(const ChildExit& exit) {
    Crew dead;
    for (auto& [number, remote] : remotes_) {
        if (remote.incarnation && remote.incarnation->process->child.id == exit.id) {
            dead.push_back(&remote);
        }
    }
    if (dead.empty()) return die_at_rest(exit);
    const Process& process = *dead.front()->incarnation->process;
    const bool outside = exit.signal == SIGKILL && !exit.out_of_memory &&
                         (process.killed_for.empty() || process.replaced);
    const Crew guilty = outside ? Crew{} : culprits(dead);
    for (Remote* remote : dead) {
        const bool own = std::ranges::find(guilty, remote) != guilty.end();
        on_death(*remote, exit, outside ? Blame::outside : own ? Blame::own : Blame::another);
    }
    processes_.erase(exit.id);
}

// Of several in one process: the one that it was killed for, or whose thread crashed; or else
// those that had a frame in hand; or else all.
Supervisor::Crew Supervisor::culprits(const Crew& dead) const {
    const Process& process = *dead.front()->incarnation->process;
    const auto crash = process.child.crash_page.read();
    const std::uint32_t seat = crash && *crash ? (*crash)->seat : kNoSeat;
    Crew found;
    for (Remote* remote : dead) {
        const bool named = process.culprit ? remote->number == *process.culprit
                                           : remote->incarnation->seat == seat;
        if (named) found.push_back(remote);
    }
    if (!found.empty()) return found;
    for (Remote* remote : dead) {
        for (std::size_t i = 0; i < remote->elements.size(); ++i) {
            if (remote->bundle->counters_of(i).busy_since_ns.load() == 0) continue;
            found.push_back(remote);
            break;
        }
    }
    return found.empty() ? dead : found;
}

void Supervisor::on_death(Remote& remote, const ChildExit& exit, Blame blame) {
    dying_ = &remote;
    while (remote.incarnation && remote.incarnation->process->killed_for.empty()) {
        // What it said before it died is valid.
        const ChildPhase before = remote.incarnation->phase;
        auto waiting = remote.incarnation->control.receive(false, false);
        if (!waiting || !*waiting) break;
        const ControlMessage& message = (*waiting)->message;
        if (!may_say(before, message.type)) break;
        const bool lives_on = message.type == Type::mapped || message.type == Type::ready ||
                              message.type == Type::rested;
        if (!lives_on) obey(remote, message);
    }
    dying_ = nullptr;
    read_stderr(remote);
    for (auto& [number, other] : remotes_) {  // Who is dead answers nobody.
        if (other.incarnation && other.incarnation->asked.erase(remote.number) > 0)
            set_going(other);
    }
    std::string reason = reason_of(remote, exit);
    const bool finished = remote.incarnation->phase == ChildPhase::finished;
    const bool finishing = remote.incarnation->phase == ChildPhase::finishing;
    const bool ready = remote.incarnation->phase >= ChildPhase::ready;
    const bool own = blame == Blame::own;
    const bool rested = remote.incarnation->process->rested;
    if (own && !finished && !shutting_down_) reason += keep_report(remote, exit, reason);
    Positions now = checked_snapshot(remote);
    if (now.ended != 0 && !has_told_all_ends(remote)) now.ended = 0;  // It only says so.
    const bool progress = now != remote.start;
    if (progress && remote.bundle->checkpoints) {
        // Of `now` if that was not refuted; else it stays where it began.
        if (auto state = checkpoint_of(remote, now)) remote.checkpoint = *std::move(state);
    }
    retire(remote, now);
    remote.start = now;
    if (finished || shutting_down_) {
        if (finishing && how_ == End::complete) die_after_end(remote, reason);
        const bool in_order = exit.signal == 0 && exit.code == 0;
        if (how_ == End::rest && !in_order) tell_of_successor(remote, reason, blame);
        return;
    }
    if (now.ended != 0 && !std::exchange(remote.over, true)) host_.stage_ended();
    if (remote.over && !finishing_) return die_after_end(remote, reason);
    // One that rested was ready before: a new one may be, too.
    if (starting_ && !ready && own && !rested) {
        std::exchange(starting_, std::nullopt)
            ->set_value(parallax::fail(Errc::peer_died,
                                       remote.name + " died before it was ready: " + reason));
        return;
    }
    if (remote.doomed) return give_up(remote, *std::exchange(remote.doomed, std::nullopt));
    follow(remote, reason, blame, progress);
}

// What is known of its death, in a file; where that is.
std::string Supervisor::keep_report(const Remote& remote, const ChildExit& exit,
                                    const std::string& reason) const {
    if (options_.crash_folder.empty()) return "";
    CrashReport report{.element = remote.name, .reason = reason, .exit = exit};
    if (auto crash = remote.incarnation->process->child.crash_page.read())
        report.crash = *std::move(crash);
    const Positions now = checked_snapshot(remote);
    if (!remote.poison.empty()) report.sequence = now.done.front();
    report.errors = remote.incarnation->process->last_words;
    std::error_code ignored;  // That it could not be made, writing will say.
    std::filesystem::create_directories(options_.crash_folder, ignored);
    const auto path = write_crash_report(options_.crash_folder, report);
    return path ? " (report: " + *path + ")" : "";
}

// All of its frames are through; only what elements do at their end is missing. Nothing is lost
// where all that they know stands in the record: the program's own element tells what was measured.
void Supervisor::die_after_end(Remote& remote, const std::string& reason) {
    const bool known = std::ranges::all_of(remote.elements, [&](std::size_t element) {
        const StateClass state = elements_[element]->pads.state;
        return state != StateClass::opaque;
    });
    if (finishing_ && !known) {
        return host_.remote_failed(remote.name,
                                   {Errc::peer_died, "died while it finished: " + reason});
    }
    say(remote, Severity::warning, reason + ", after its last frame", Topic::crash);
    ElementRun& first = *elements_[remote.elements.front()];
    const InlineState& state = remote.start.state;
    if (first.pads.state != StateClass::inline_state || state == InlineState{}) return;
    if (!first.element->restore(state)) return;
    const std::lock_guard lock(figures_mutex_);
    figures_.at(remote.elements.front()).told.metrics = first.element->metrics();
}

// A successor, soon or after a while; or the end, when that has been tried often enough.
void Supervisor::follow(Remote& remote, const std::string& reason, Blame blame, bool progress) {
    const std::int64_t now = monotonic_ns();
    if (blame != Blame::another) remote.in_a_row = progress ? 1 : remote.in_a_row + 1;
    if (blame == Blame::own) {
        note_suspect(remote);
        remote.faults_ns.push_back(now);
    }
    while (!remote.faults_ns.empty() &&
           now - remote.faults_ns.front() > options_.restart.window.count()) {
        remote.faults_ns.pop_front();
    }
    const bool spent = remote.faults_ns.size() > options_.restart.most ||
                       (blame == Blame::outside && remote.in_a_row > kFruitlessKills);
    const bool ends = spent || options_.on_crash != SupervisorOptions::OnCrash::restart;
    if (ends && blame != Blame::another) return give_up(remote, reason);
    remote.reborn = true;
    tell_of_successor(remote, reason, blame);
    restart_at(remote, now + (blame == Blame::own ? delay_ns(remote) : 0));
}

void Supervisor::tell_of_successor(const Remote& remote, const std::string& reason, Blame blame) {
    {
        const std::lock_guard lock(figures_mutex_);
        for (const std::size_t element : remote.elements) ++figures_.at(element).told.restarts;
    }
    say(remote, Severity::warning,
        (blame == Blame::another ? "another stage of its process died: " : "") + reason +
            "; it is started again",
        Topic::crash);
}

// The memory of one whose frames others may still look at; one that nobody knew is just gone.
void Supervisor::retire(Remote& remote, const Positions& now) {
    {
        const std::lock_guard lock(figures_mutex_);
        for (std::size_t i = 0; i < remote.elements.size(); ++i) {
            Figures& figures = figures_.at(remote.elements[i]);
            if (figures.counters.exchange(nullptr) != nullptr) {
                figures.before.add_all_of(remote.bundle->counters_of(i));
            }
        }
    }
    untrace(remote);
    const bool known = remote.incarnation->introduced;
    remote.incarnation.reset();
    if (!known) {
        for (const SharedArena& arena : remote.bundle->arenas) arenas_.remove(arena.shape.id);
        make_bundle(remote);
        return;
    }
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel || link.from_stage != remote.number) continue;
        const std::uint64_t until = now.published[link.from_word];
        if (is_end(link, until)) remote.end_at[link.from_word] = until;
    }
    const std::size_t channels = remote.first.size();
    Former former{.bundle = *std::exchange(remote.bundle, std::nullopt),
                  .life = remote.life,
                  .from = remote.first,
                  .until = std::vector<std::uint64_t>(channels, 0)};
    for (std::size_t c = 0; c < channels; ++c) {
        former.until[c] = now.published[c];
        remote.first[c] = now.published[c];
    }
    remote.formers.push_back(std::move(former));
    make_bundle(remote);
}

void Supervisor::untrace(Remote& remote) {
    if (remote.traced) trace_->remove(*std::exchange(remote.traced, std::nullopt));
}

// The memory of the next incarnation, at once: neighbours that are born meanwhile are told of it.
void Supervisor::make_bundle(Remote& remote) const {
    ++remote.life;
    remote.bundle.reset();
    if (auto bundle = Bundle::make(plan_, remote.number, trace_ != nullptr))
        remote.bundle = *std::move(bundle);
}

// The frames that were at work when it died by its own doing. After so many times they are poison.
void Supervisor::note_suspect(Remote& remote) {
    if (options_.poison_after == 0 || remote.poison.empty()) return;
    std::vector<std::uint64_t> at(
        remote.start.done.begin(),
        remote.start.done.begin() + static_cast<std::ptrdiff_t>(remote.poison.size()));
    if (remote.suspect.first != at) remote.suspect = {at, 0};
    if (++remote.suspect.second < options_.poison_after) return;
    bool news = false;
    for (std::size_t i = 0; i < at.size(); ++i) {
        if (std::ranges::find(remote.poison[i], at[i]) != remote.poison[i].end()) continue;
        remote.poison[i].push_back(at[i]);
        news = true;
    }
    if (!news) return;  // It is no frame that it dies of, but the end, say.
    remote.suspect.second = 0;
    remote.faults_ns.clear();  // Known for what it is: the next frame has a fresh start.
    {
        const std::lock_guard lock(figures_mutex_);
        ++figures_.at(remote.elements.front()).told.poisoned;
    }
    say(remote, Severity::warning,
        "passes over frame " + std::to_string(at.front()) + ", of which it died " +
            std::to_string(options_.poison_after) + " times",
        Topic::poison_frame);
}

std::int64_t Supervisor::delay_ns(Remote& remote) {
    using Backoff = SupervisorOptions::Restart::Backoff;
    const auto faults =
        static_cast<std::int64_t>(std::max<std::size_t>(1, remote.faults_ns.size()));
    const std::int64_t base = options_.restart.delay.count();
    const std::int64_t longest = options_.restart.longest_delay.count();
    std::int64_t delay = base;
    if (options_.restart.backoff == Backoff::linear) delay = base * faults;
    if (options_.restart.backoff == Backoff::exponential) {
        delay = base << std::min<std::int64_t>(faults - 1, 20);
    }
    delay = std::min(delay, longest);
    return delay + static_cast<std::int64_t>(dice_()) % std::max<std::int64_t>(1, delay / 4);
}

// Its branch ends: what follows gets an end in order, and what comes in is let go of.
void Supervisor::give_up(Remote& remote, const std::string& why) {
    if (dying_ == &remote) {  // Once it is buried.
        remote.doomed = why;
        return;
    }
    if (remote.given_up) {
        // Not even its stand-in lives: this branch cannot end in order.
        return lose(remote, {Errc::peer_died, "nor can its branch be ended in order: " + why});
    }
    remote.given_up = true;
    {
        const std::lock_guard lock(figures_mutex_);
        for (const std::size_t element : remote.elements) figures_.at(element).told.given_up = true;
    }
    remote.restart_at_ns.reset();
    const bool drop = options_.on_crash == SupervisorOptions::OnCrash::drop && !options_.strict;
    if (drop) {
        say(remote, Severity::warning, why + "; its branch ends here", Topic::crash);
    } else {
        host_.remote_failed(remote.name, {Errc::peer_died, "its process ended: " + why});
    }
    remote.reborn = true;
    const SandboxPolicy policy = policies_.at(remote.crew);
    remote.crew = "stand-in " + std::to_string(remote.number);  // Its fate is its own.
    policies_[remote.crew] = policy;
    spawn({&remote});
}

void Supervisor::lose(Remote& remote, Error error) {
    remote.given_up = true;
    remote.restart_at_ns.reset();
    if (std::exchange(remote.over, true)) return;
    host_.remote_failed(remote.name, std::move(error));
    host_.remote_lost();
}

// What a neighbour read of it does not check out. Before its end a successor makes that good; one
// that had said so has none, and its reader gets no end any more.
void Supervisor::on_lie(Remote& remote, const std::string& text) {
    kill(remote, text);
    if (!remote.over) return;
    host_.remote_failed(remote.name, {Errc::peer_died, text + ", after it said that it had ended"});
    host_.remote_lost();
}

// As long as a frame may take: by its bytes, where nobody said otherwise.
std::int64_t Supervisor::deadline_ns(const Remote& remote) const {
    if (options_.frame_deadline.count() > 0) return options_.frame_deadline.count();
    std::size_t largest = 0;
    for (const PlannedLink& link : plan_.links) {
        for (const std::size_t element : remote.elements) {
            if (link.from == element || link.to == element) {
                largest = std::max(largest, link.frame_bytes);
            }
        }
    }
    return kDeadlineNs + static_cast<std::int64_t>(largest) * kDeadlineNsPerByte;
}

// Every input has something that it has not taken, and its readers have taken all that it gave.
bool Supervisor::could_move(const Remote& remote) const {
    const CommitRecord& record = remote.bundle->record->record();
    bool fed = false;
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel) continue;
        if (link.to_stage == remote.number) {
            const std::uint64_t given = published_by_writer(link).value_or(0);
            if (given <= record.consumed(link.to_word).value_or(given)) return false;
            fed = true;
        }
        if (link.from_stage == remote.number) {
            const std::uint64_t made = record.published(link.from_word).value_or(0);
            if (released_by_reader(link).value_or(0) < made) return false;
        }
    }
    return fed;
}

void Supervisor::watch_over(Remote& remote, std::int64_t now) {
    if (!remote.incarnation || !remote.incarnation->process->killed_for.empty()) return;
    const Incarnation& process = *remote.incarnation;
    if (process.phase < ChildPhase::ready) {
        if (now - process.born_ns > kReadyNs) kill(remote, "it was not ready within 10 s");
        return;
    }
    const std::int64_t patience =
        std::max<std::int64_t>(options_.heartbeat.count() * kHeartbeatsMissed, 2'000'000'000);
    if (now - process.ponged_ns > patience) {
        return kill(remote,
                    "it has not answered for " + std::to_string(patience / 1'000'000) + " ms");
    }
    if (paused_) return;
    const std::int64_t deadline = deadline_ns(remote);
    const std::uint32_t commits = remote.bundle->record->record().commits();
    if (commits != process.commits_seen || process.phase != ChildPhase::playing ||
        !could_move(remote)) {
        remote.incarnation->commits_seen = commits;
        remote.incarnation->moved_ns = now;
    } else if (now - process.moved_ns > deadline) {
        return kill(remote, "deadline: it has frames and room for more, and has not moved for " +
                                std::to_string(deadline / 1'000'000) + " ms");
    }
    for (std::size_t i = 0; i < remote.elements.size(); ++i) {
        const std::int64_t since = remote.bundle->counters_of(i).busy_since_ns.load();
        if (since > 0 && since < now && now - since > deadline) {
            return kill(remote, "deadline: one frame takes longer than " +
                                    std::to_string(deadline / 1'000'000) + " ms");
        }
    }
}

}  // namespace parallax
