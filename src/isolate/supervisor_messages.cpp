// What a stage's process says, and in which state it may. Nothing here waits, and nothing is
// believed that was not checked.
#include <algorithm>
#include <bit>

#include <unistd.h>

#include "base/clock.h"
#include "exec/shared_ring.h"
#include "graph/stage_track.h"
#include "isolate/last_words.h"
#include "isolate/supervisor_impl.h"
#include "isolate/told_error.h"

namespace parallax {
namespace {

constexpr int kMessagesAtOnce = 64;  // Of one process, before others have their turn.
constexpr std::size_t kLastWordsBytes = 4096;
constexpr std::size_t kMostMetrics = 64;

}  // namespace

// Without waiting: a process that does not read what it is sent is not fit to run.
void Supervisor::tell(Remote& remote, const ControlMessage& message, std::span<const int> fds) {
    if (!remote.incarnation || remote.incarnation->phase < ChildPhase::ready)
        return;  // It is told later.
    // What follows on `rest` is for the next supervisor to say.
    if (how_ == End::rest && remote.incarnation->phase >= ChildPhase::finishing) return;
    const Result<> sent = remote.incarnation->control.send(message, fds, false);
    if (sent || sent.error().code == Errc::peer_died) return;
    kill(remote, "it does not read its messages");
}

void Supervisor::hear(Remote& remote) {
    for (int count = 0;
         remote.incarnation && !remote.incarnation->closed && count < kMessagesAtOnce; ++count) {
        auto received = remote.incarnation->control.receive(false, false);
        if (!received) {
            // That it closed its socket is no news of its own: its death is, or its time-out. But a
            // closed socket is readable for ever, and would keep us awake until then.
            remote.incarnation->closed = true;
            if (received.error().code != Errc::peer_died) {
                kill(remote, "protocol violation: " + received.error().message);
            }
            return;
        }
        if (!*received) return;
        const ControlMessage& message = (*received)->message;
        if (!may_say(remote.incarnation->phase, message.type)) {
            kill(remote, "protocol violation: message " +
                             std::to_string(static_cast<std::uint32_t>(message.type)) +
                             " at the wrong time");
            return;
        }
        obey(remote, message);
    }
}

std::string Supervisor::element_name(const Remote& remote, std::uint64_t number) const {
    const std::size_t piece = number < remote.elements.size() ? number : 0;
    return elements_[remote.elements[piece]]->name;
}

void Supervisor::obey(Remote& remote, const ControlMessage& message) {
    Incarnation& process = *remote.incarnation;
    switch (message.type) {
        case Type::hello:
            if (message.a != kProtocolVersion) {
                return kill(remote, "protocol violation: it speaks version " +
                                        std::to_string(message.a) + ", this is version " +
                                        std::to_string(kProtocolVersion));
            }
            process.phase = after(process.phase, message.type);
            return;
        case Type::mapped:
            return on_mapped(remote);
        case Type::ready:
            return on_ready(remote, message);
        case Type::failed:
            return on_failed(remote, message);
        case Type::ended:
            return on_ended(remote);
        case Type::post:
            return bus_.post({.kind = Message::Kind::text,
                              .severity = static_cast<Severity>(std::min<std::uint64_t>(
                                  message.a, static_cast<std::uint64_t>(Severity::error))),
                              .element = element_name(remote, message.b),
                              .text = printable(message.text),
                              .time_ns = clock_.running_time_ns()});
        case Type::first_frame:
            return host_.first_frame();
        case Type::reconfigure_wanted:
            if (plan_.stages[remote.number].inputs > 0) {
                return kill(remote,
                            "protocol violation: it is no source, and wants another format");
            }
            return host_.reconfigure_wanted();
        case Type::flush_wanted:
            return host_.flush_wanted();
        case Type::up_event:
        case Type::upstream_done:
            return pass_up(remote, message);
        case Type::property_set:
            if (message.a == 0) {
                say(remote, Severity::warning,
                    "a property did not take effect: " + printable(message.text));
            }
            return;
        case Type::pong:
            process.ponged_ns = monotonic_ns();
            return;
        case Type::rebound:
            return on_rebound(remote, message);
        case Type::metric: {
            const std::lock_guard lock(figures_mutex_);
            auto& metrics =
                figures_.at(remote.elements[std::min(message.a, remote.elements.size() - 1)])
                    .told.metrics;
            if (metrics.size() < kMostMetrics) {
                metrics.emplace_back(printable(message.text), std::bit_cast<double>(message.b));
            }
            return;
        }
        case Type::rested:
            return on_rested(remote);
        case Type::finished:
            process.phase = after(process.phase, message.type);
            return;
        default:
            return;
    }
}

// It knows a successor. Who that is, the question says: an answer about another one must not let
// it play before all know its arenas.
void Supervisor::on_rebound(const Remote& remote, const ControlMessage& message) {
    for (auto& [number, other] : remotes_) {
        if (!other.incarnation) continue;
        const auto asked = other.incarnation->asked.find(remote.number);
        if (asked == other.incarnation->asked.end() || asked->second != message.c) continue;
        other.incarnation->asked.erase(asked);
        set_going(other);
    }
}

// Its memory is mapped: nobody will ever map it for writing again, and we look into it.
void Supervisor::on_mapped(Remote& remote) {
    const Result<> sealed = remote.bundle->seal();
    if (!sealed) return kill(remote, "its memory cannot be sealed: " + to_string(sealed.error()));
    for (const SharedArena& arena : remote.bundle->arenas) {
        const Result<> added = arenas_.add(arena.shape, copy_of(arena.fd));
        if (!added) return kill(remote, to_string(added.error()));
    }
    {
        const std::lock_guard lock(figures_mutex_);
        for (std::size_t i = 0; i < remote.elements.size(); ++i) {
            figures_.at(remote.elements[i]).counters = &remote.bundle->counters_of(i);
        }
    }
    trace(remote);
    remote.incarnation->phase = ChildPhase::building;
    const Result<> sent = remote.incarnation->control.send({.type = Type::sealed}, {}, false);
    if (!sent && sent.error().code != Errc::peer_died) kill(remote, "it does not read");
}

void Supervisor::trace(Remote& remote) {
    if (trace_ == nullptr) return;
    Trace::StageTrack track = stage_track(plan_, remote.number, elements_);
    track.pid = remote.incarnation->process->child.pid;
    track.process = remote.name;
    remote.traced = trace_->add(std::move(track), *remote.bundle->trace_ring());
}

void Supervisor::on_ready(Remote& remote, const ControlMessage& message) {
    const Result<Placed> placed = place(remote, message.a);
    if (!placed) return on_unready(remote, remote.name, placed.error());
    // It is dying, which is told soon, or it lies, and is ended for not getting ready.
    if (*placed == Placed::no_such_thread) return;
    remote.incarnation->phase = ChildPhase::ready;
    remote.stillborn = 0;
    remote.incarnation->ponged_ns = monotonic_ns();
    // What was said while there was nobody to hear it.
    for (std::uint64_t i = 0; i < remote.downstream_done; ++i) {
        tell(remote, {.type = Type::downstream_done});
    }
    if (stopping_) tell(remote, {.type = Type::stop});
    if (reconfiguring_) tell(remote, {.type = Type::reconfigure});
    if (flushes_ > 0) tell(remote, {.type = Type::flush, .a = flushes_});
    introduce(remote);
    catch_up(remote);
    set_going(remote);
    conclude_start();
    if (remote.reborn && !remote.given_up) {
        say(remote, Severity::debug, "works again, in its life " + std::to_string(remote.life),
            Topic::restart);
    }
}

void Supervisor::on_failed(Remote& remote, const ControlMessage& message) {
    Error error = told_error(message);
    const std::string element = element_name(remote, message.b);
    if (remote.incarnation->phase < ChildPhase::ready) {
        return on_unready(remote, element, std::move(error));
    }
    // What it says of itself is an error of the element, as it would be on a thread; the stage
    // goes on to its end in order.
    host_.remote_failed(element, std::move(error));
}

// One that could not even be made ready does not go on.
void Supervisor::on_unready(Remote& remote, const std::string& element, Error error) {
    host_.remote_failed(element, error);
    if (starting_) {
        std::exchange(starting_, std::nullopt)->set_value(Failure(std::move(error)));
        return;
    }
    remote.doomed = "it could not be made ready again";
    kill(remote, *remote.doomed);
}

// The last entry of each of its channels is an end, else those after it would wait for ever; and so
// is the last that it has done of each input, else those before it would.
bool Supervisor::has_told_all_ends(const Remote& remote) const {
    const auto now = remote.bundle->record->record().snapshot();
    if (!now || now->ended == 0) return false;
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel || link.to_stage != remote.number) continue;
        if (!is_end(link, now->done[link.to_word])) return false;
    }
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel || link.from_stage != remote.number) continue;
        if (!is_end(link, now->published[link.from_word])) return false;
    }
    return true;
}

// Where the entry of that position lies, as long as it does: in the ring of the writer's life that
// published it.
const UniqueFd* Supervisor::writers_ring(const PlannedLink& link, std::uint64_t position) const {
    const auto writer = remotes_.find(link.from_stage);
    if (writer == remotes_.end()) {
        for (std::size_t l = 0; l < plan_.links.size(); ++l) {
            if (&plan_.links[l] == &link) return &local_rings_.at(l).fd;
        }
        return nullptr;
    }
    const Remote& remote = writer->second;
    for (const Former& former : remote.formers) {
        if (position < former.until[link.from_word]) return &former.bundle.ring_fds[link.from_word];
    }
    return remote.bundle ? &remote.bundle->ring_fds[link.from_word] : nullptr;
}

// The last entry before that position tells of an end.
bool Supervisor::is_end(const PlannedLink& link, std::uint64_t position) const {
    if (position == 0) return false;
    if (const auto writer = remotes_.find(link.from_stage); writer != remotes_.end()) {
        const auto known = writer->second.end_at.find(link.from_word);
        if (known != writer->second.end_at.end() && known->second == position) return true;
    }
    const UniqueFd* fd = writers_ring(link, position - 1);
    if (fd == nullptr) return false;
    auto pages = map_ring_memory(copy_of(*fd), link, Access::read_only);
    if (!pages) return false;
    SharedRing ring(*std::move(pages), places_of(link), arenas_);
    const Result<Entry> last = ring.get(position - 1);
    return last && last->event &&
           (last->event->type == Event::Type::eos || last->event->type == Event::Type::reconfigure);
}

void Supervisor::on_ended(Remote& remote) {
    if (!has_told_all_ends(remote)) {
        return kill(remote, "protocol violation: it says that it has ended, and has not");
    }
    remote.incarnation->phase = ChildPhase::ended;
    if (!std::exchange(remote.over, true)) host_.stage_ended();
}

void Supervisor::pass_up(Remote& remote, const ControlMessage& message) {
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel || link.to_stage != remote.number || link.to_word != message.a) continue;
        const auto local = local_stages_.find(link.from_stage);
        Neighbour& from = local != local_stages_.end() ? static_cast<Neighbour&>(*local->second)
                                                       : neighbours_.at(link.from_stage);
        if (message.type == Type::upstream_done) {
            // Once: who says it for others would end what they still want.
            if (remote.wants_no_more.insert(message.a).second) from.downstream_done();
            return;
        }
        if (message.b > static_cast<std::uint64_t>(Event::Type::custom)) {
            return kill(remote, "protocol violation: an event of no type");
        }
        return from.send_up({.type = static_cast<Event::Type>(message.b),
                             .pts_ns = static_cast<std::int64_t>(message.c),
                             .duration_ns = static_cast<std::int64_t>(message.d),
                             .name = printable(message.text)});
    }
}

void Supervisor::read_stderr(Remote& remote) {
    if (!remote.incarnation || !remote.incarnation->process->child.stderr_read) return;
    std::array<char, 1024> block{};
    for (int reads = 0; reads < 8; ++reads) {
        const ssize_t count = ::read(remote.incarnation->process->child.stderr_read.get(),
                                     block.data(), block.size());
        if (count <= 0) return;
        std::string& words = remote.incarnation->process->last_words;
        words.append(block.data(), static_cast<std::size_t>(count));
        if (words.size() > kLastWordsBytes) words.erase(0, words.size() - kLastWordsBytes);
    }
}

}  // namespace parallax
