// Neighbours meet a successor, and the memory of those that are gone is let go of.
#include <algorithm>

#include "base/clock.h"
#include "exec/shared_ring.h"
#include "isolate/reach.h"
#include "isolate/supervisor_impl.h"

namespace parallax {

// Only a successor needs to be introduced: the first incarnation's memory is what all began with.
void Supervisor::introduce(Remote& remote) {
    remote.incarnation->introduced = true;
    if (!remote.reborn) return;
    share_arenas(remote);
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        const PlannedLink& link = plan_.links[l];
        if (!link.channel) continue;
        if (link.from_stage != remote.number && link.to_stage != remote.number) continue;
        if (ends_.contains(l)) {
            introduce_to_local(remote, l);
        } else {
            introduce_to_remote(remote, l);
        }
    }
}

void Supervisor::introduce_to_local(Remote& remote, std::size_t l) {
    const PlannedLink& link = plan_.links[l];
    auto record = map_record(remote);
    if (!record) return kill(remote, to_string(record.error()));
    LinkEnd& end = ends_.at(l);
    if (link.to_stage == remote.number) {
        end.stage->post([&end, word = link.to_word, record = *std::move(record)]() mutable {
            const auto former = std::exchange(end.peer, std::move(record));
            end.stage->unwatch(former->record().word());
            end.channel->continue_with({&end.peer->record(), word});
            end.stage->watch(end.peer->record().word());
        });
        return;
    }
    auto pages =
        map_ring_memory(copy_of(remote.bundle->ring_fds[link.from_word]), link, Access::read_only);
    if (!pages) return kill(remote, to_string(pages.error()));
    auto ring = std::make_unique<SharedRing>(*std::move(pages), places_of(link), arenas_);
    end.stage->post([&end, word = link.from_word, first = remote.first[link.from_word],
                     record = *std::move(record), ring = std::move(ring)]() mutable {
        const auto former = std::exchange(end.peer, std::move(record));
        end.stage->unwatch(former->record().word());
        end.channel->continue_from(first, {&end.peer->record(), word}, std::move(ring));
        end.stage->watch(end.peer->record().word());
    });
}

void Supervisor::introduce_to_remote(Remote& remote, std::size_t l) {
    const PlannedLink& link = plan_.links[l];
    if (link.to_stage == remote.number) {
        const std::array<int, 1> fds{remote.bundle->record_fd.get()};
        tell(remotes_.at(link.from_stage), {.type = Type::output_successor, .a = link.from_word},
             fds);
        return;
    }
    introduce_to_reader(remote, link);
}

// Also lives that came and went since the reader's blueprint was written: what they published lies
// in their rings, and nowhere else.
void Supervisor::introduce_to_reader(Remote& remote, const PlannedLink& link) {
    Remote& reader = remotes_.at(link.to_stage);
    if (!reader.incarnation || reader.incarnation->phase < ChildPhase::ready)
        return;  // When it is.
    std::uint64_t& known = reader.incarnation->knows[link.to_word];
    for (const Former& former : remote.formers) {
        if (former.life <= known) continue;
        if (!show_ring(former.bundle, former.from[link.from_word], link)) return;
        known = former.life;
    }
    if (remote.life <= known) return;
    if (show_ring(*remote.bundle, remote.first[link.from_word], link)) known = remote.life;
}

// False when the reader cannot be told; then it is, or will soon be, gone.
bool Supervisor::show_ring(const Bundle& bundle, std::uint64_t first, const PlannedLink& link) {
    Remote& reader = remotes_.at(link.to_stage);
    const PlannedStage& writer = plan_.stages[link.from_stage];
    Blueprint news;
    std::vector<int> fds{-1, bundle.ring_fds[link.from_word].get(), bundle.record_fd.get()};
    news.inputs.push_back({.pad = static_cast<std::uint32_t>(link.to_pad),
                           .capacity = link.capacity,
                           .held = link.held,
                           .ring_fd = 1,
                           .record_fd = 2,
                           .word = static_cast<std::uint32_t>(link.from_word),
                           .producer_inputs = static_cast<std::uint32_t>(writer.inputs),
                           .producer_channels = static_cast<std::uint32_t>(writer.channels)});
    const Result<> sent = send_blueprint(
        reader, {.type = Type::input_successor, .a = link.to_word, .b = first}, news, fds);
    if (!sent && sent.error().code != Errc::peer_died)
        kill(reader, "it does not read its messages");
    return sent.has_value();
}

// One that was born while others had successors knows only what its blueprint said.
void Supervisor::catch_up(Remote& remote) {
    for (auto& [number, other] : remotes_) {
        // Others may hand on to it what one that is gone has made.
        if (number != remote.number && other.reborn) share_arenas_with(other, remote, 0);
    }
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        const PlannedLink& link = plan_.links[l];
        if (!link.channel || ends_.contains(l)) continue;
        const bool reads = link.to_stage == remote.number;
        if (!reads && link.from_stage != remote.number) continue;
        Remote& other = remotes_.at(reads ? link.from_stage : link.to_stage);
        if (other.incarnation && other.incarnation->introduced && other.reborn) {
            introduce_to_remote(other, l);
        }
    }
}

// Its new arenas, to every process that its frames can come to. It plays once all know them.
void Supervisor::share_arenas(Remote& remote) {
    if (remote.bundle->arenas.empty()) return;
    for (auto& [number, other] : remotes_) {
        if (number == remote.number || !other.incarnation ||
            other.incarnation->phase < ChildPhase::building) {
            continue;
        }
        const std::uint64_t question = ++questions_;
        if (share_arenas_with(remote, other, question))
            remote.incarnation->asked[number] = question;
    }
}

// True when there were any that it is to be told of, and was.
bool Supervisor::share_arenas_with(const Remote& remote, Remote& other, std::uint64_t question) {
    Blueprint news;
    std::vector<int> fds{-1};
    const auto add = [&](const Bundle& bundle, const std::pair<std::size_t, std::size_t>& output) {
        for (const SharedArena& arena : bundle.arenas) {
            if (std::pair(arena.element, arena.pad) != output) continue;
            news.arenas.push_back(
                {.shape = arena.shape, .fd = static_cast<std::uint32_t>(fds.size())});
            fds.push_back(arena.fd.get());
        }
    };
    for (const auto& output : outputs_reaching(plan_, elements_, other.number)) {
        for (const Former& former : remote.formers) add(former.bundle, output);
        if (remote.incarnation && remote.incarnation->introduced) add(*remote.bundle, output);
    }
    if (news.arenas.empty()) return false;
    const Result<> sent =
        send_blueprint(other, {.type = Type::input_successor, .d = question}, news, fds);
    if (!sent && sent.error().code != Errc::peer_died) kill(other, "it does not read its messages");
    return sent.has_value();
}

// Plays or pauses as the run does, once all who must know it do.
void Supervisor::set_going(Remote& remote) {
    if (!remote.incarnation || remote.incarnation->phase < ChildPhase::ready || !playing_) return;
    if (!remote.incarnation->asked.empty()) return;
    const auto running = static_cast<std::uint64_t>(clock_.running_time_ns());
    if (paused_) return tell(remote, {.type = Type::pause, .a = running});
    if (remote.incarnation->phase == ChildPhase::ready)
        remote.incarnation->phase = ChildPhase::playing;
    tell(remote,
         {.type = Type::play, .a = running, .b = static_cast<std::uint64_t>(monotonic_ns())});
}

// A former bundle is done with when every reader has released what came from it: whoever got its
// frames by way of others held them back until then.
void Supervisor::let_go_of_formers(Remote& remote) {
    while (!remote.formers.empty()) {
        const Former& former = remote.formers.front();
        for (const PlannedLink& link : plan_.links) {
            if (!link.channel || link.from_stage != remote.number) continue;
            const std::uint64_t until = former.until[link.from_word];
            if (released_by_reader(link).value_or(0) < until) return;
        }
        for (const SharedArena& arena : former.bundle.arenas) {
            arenas_.remove(arena.shape.id);
            for (auto& [number, other] : remotes_) {
                tell(other, {.type = Type::forget_arena, .a = arena.shape.id});
            }
        }
        remote.formers.pop_front();
    }
}

}  // namespace parallax
