// The birth of an incarnation: its memory, what it is told, and its process.
#include <algorithm>
#include <iterator>

#include <fcntl.h>

#include <fmt/format.h>

#include "base/check.h"
#include "base/clock.h"
#include "exec/shared_ring.h"
#include "isolate/reach.h"
#include "isolate/supervisor_impl.h"

namespace parallax {
namespace {

constexpr std::int64_t kZygoteNs = 1'000'000;
constexpr std::uint32_t kMostStillborn = 20;

}  // namespace

Supervisor::Crew Supervisor::crew_of(const std::string& name) {
    Crew crew;
    for (auto& [number, remote] : remotes_) {
        if (remote.crew == name) crew.push_back(&remote);
    }
    return crew;
}

// Those that share a process are born together, when the last of them may be.
void Supervisor::spawn_due(std::int64_t now) {
    std::map<std::string, Crew> due;
    for (auto& [number, remote] : remotes_) {
        if (remote.restart_at_ns) due[remote.crew].push_back(&remote);
    }
    for (const auto& [name, crew] : due) {
        std::int64_t at = 0;
        for (const Remote* remote : crew) at = std::max(at, *remote->restart_at_ns);
        for (Remote* remote : crew) remote->restart_at_ns = at;
        if (now < at) continue;
        for (Remote* remote : crew) remote->restart_at_ns.reset();
        spawn(crew);
    }
}

void Supervisor::spawn(const Crew& all) {
    Crew crew;
    std::ranges::copy_if(all, std::back_inserter(crew), [](const Remote* r) { return !r->over; });
    if (crew.empty() || shutting_down_) return;
    const auto again_soon = [&] {
        for (Remote* remote : crew) restart_at(*remote, monotonic_ns() + kZygoteNs);
    };
    if (!zygote_->alive()) return again_soon();  // Another one comes.
    const Result<> spawned = try_spawn(crew);
    if (spawned) return;
    if (const auto& embarked = crew.front()->incarnation) {
        const std::uint64_t id = embarked->process->child.id;
        for (Remote* remote : crew) remote->incarnation.reset();
        processes_.erase(id);
    }
    // It was killed before its sandbox stood; there is nothing that it could have done wrong.
    if (spawned.error().code == Errc::peer_died && ++crew.front()->stillborn < kMostStillborn) {
        return again_soon();
    }
    if (starting_) {
        std::exchange(starting_, std::nullopt)->set_value(Failure(spawned.error()));
        return;
    }
    for (Remote* remote : crew) {
        give_up(*remote, "no new process can be had for it: " + to_string(spawned.error()));
    }
}

Result<> Supervisor::try_spawn(const Crew& crew) {
    for (auto& [number, other] : remotes_) {
        if (!other.bundle) other.bundle = PX_TRY(Bundle::make(plan_, number, trace_ != nullptr));
    }
    Started started = PX_TRY(start_process(crew));
    embark(crew, std::move(started.child), std::move(started.controls));
    crew.front()->incarnation->process->rested = started.rested;
    for (Remote* remote : crew) {
        PX_TRY(remote->bundle->put_checkpoint(remote->checkpoint));
        std::vector<int> told{-1};
        const Blueprint blueprint = blueprint_of(*remote, told);
        const std::vector<UniqueFd> shown = PX_TRY(show_only(blueprint, told));
        Result<> sent = send_blueprint(*remote, {.type = Type::init}, blueprint, told);
        // One that died already is heard of by its exit.
        if (!sent && sent.error().code == Errc::peer_died) return {};
        if (!sent) return sent;
    }
    return {};
}

void Supervisor::embark(const Crew& crew, Child child, std::vector<ControlSocket> controls) {
    const std::int64_t now = monotonic_ns();
    const std::uint64_t id = child.id;
    Process& process = processes_[id];
    process.child = std::move(child);
    process.cores = cores_of(crew);
    for (std::size_t i = 0; i < crew.size(); ++i) {
        crew[i]->incarnation.emplace(Incarnation{.process = &process,
                                                 .seat = static_cast<std::uint32_t>(i),
                                                 .control = std::move(controls[i]),
                                                 .born_ns = now,
                                                 .ponged_ns = now,
                                                 .commits_seen = 0,
                                                 .moved_ns = now,
                                                 .closed = false,
                                                 .asked = {},
                                                 .knows = {}});
        const std::lock_guard lock(figures_mutex_);
        for (const std::size_t element : crew[i]->elements) {
            figures_.at(element).told.pid = process.child.pid;
        }
    }
}

// The first descriptor is the blueprint's own; `fds[0]` is left free for it.
Result<> Supervisor::send_blueprint(Remote& remote, ControlMessage message,
                                    const Blueprint& blueprint, std::span<const int> fds) {
    const CpuSegment text = PX_TRY(memory_with(blueprint));
    std::vector<int> all(fds.begin(), fds.end());
    all.front() = text.fd();
    (message.type == Type::init ? message.a : message.c) = text.size_bytes();
    return remote.incarnation->control.send(message, all, false);
}

Blueprint Supervisor::blueprint_of(Remote& remote, std::vector<int>& fds) {
    Blueprint blueprint;
    blueprint.group = plan_.stages[remote.number].group;
    blueprint.placed = needs_place(remote);
    blueprint.start = remote.start;
    blueprint.stand_in = remote.given_up;
    if (!remote.given_up) blueprint.plugins = plugins_of(confined(remote.elements), registry_);
    const bool any = std::ranges::any_of(remote.poison, [](const auto& at) { return !at.empty(); });
    if (any) blueprint.poison = remote.poison;
    const auto add = [&](int fd) {
        fds.push_back(fd);
        return static_cast<std::uint32_t>(fds.size() - 1);
    };
    blueprint.record_fd = add(remote.bundle->record_fd.get());
    blueprint.counters_fd = add(remote.bundle->counters_fd.get());
    if (remote.bundle->checkpoints) {
        blueprint.checkpoints_fd = add(remote.bundle->checkpoints_fd.get());
        blueprint.checkpoint_bytes = remote.bundle->checkpoint_bytes;
    }
    blueprint.traced = remote.bundle->traced;
    describe_pieces(remote, blueprint);
    describe_arenas(remote, blueprint, fds);
    describe_links(remote, blueprint, fds);
    describe_lent(remote, blueprint);
    return blueprint;
}

void Supervisor::describe_pieces(const Remote& remote, Blueprint& blueprint) const {
    for (const std::size_t element : remote.elements) {
        const ElementRun& run = *elements_[element];
        Blueprint::Piece piece{.name = run.name,
                               .factory = run.factory,
                               .properties = {},
                               .inputs = told_formats(run.formats.inputs),
                               .outputs = told_formats(run.formats.outputs),
                               .memory = {}};
        piece.memory.resize(run.output_pads.size());
        // All that was set, as text that set_property() takes; the last one wins.
        for (const auto& [name, text] : graph_.nodes()[element].properties) {
            piece.properties.push_back(told_property(*run.element, name, text));
        }
        for (std::size_t i = 0; i < remote.overrides.size(); ++i) {
            if (remote.override_elements[i] == element) {
                const auto& [name, text] = remote.overrides[i];
                piece.properties.push_back(told_property(*run.element, name, text));
            }
        }
        blueprint.pieces.push_back(std::move(piece));
    }
    for (const PlannedLink& link : plan_.links) {
        if (link.channel) continue;
        for (std::size_t i = 0; i + 1 < remote.elements.size(); ++i) {
            if (remote.elements[i] != link.from) continue;
            blueprint.pieces[i].out_pad = static_cast<std::uint32_t>(link.from_pad);
            blueprint.pieces[i + 1].in_pad = static_cast<std::uint32_t>(link.to_pad);
        }
    }
}

// All memory that a frame may lie in which the stage can come to see.
void Supervisor::describe_arenas(Remote& remote, Blueprint& blueprint, std::vector<int>& fds) {
    const auto add = [&](const ArenaShape& shape, int fd, bool own) {
        const auto known = std::ranges::any_of(
            blueprint.arenas, [&](const auto& arena) { return arena.shape.id == shape.id; });
        if (known) return;
        fds.push_back(fd);
        blueprint.arenas.push_back(
            {.shape = shape, .fd = static_cast<std::uint32_t>(fds.size() - 1), .own = own});
    };
    for (const SharedArena& arena : remote.bundle->arenas) {
        const auto piece = std::ranges::find(remote.elements, arena.element);
        Blueprint::Piece::Output& output =
            blueprint.pieces[static_cast<std::size_t>(piece - remote.elements.begin())]
                .memory[arena.pad];
        output.arena = static_cast<std::uint32_t>(blueprint.arenas.size());
        output.most_bytes = arena.most_bytes;
        add(arena.shape, arena.fd.get(), true);
    }
    for (const auto& [element, pad] : outputs_reaching(plan_, elements_, remote.number)) {
        const auto& memory = elements_[element]->memory;
        if (pad < memory.size() && memory[pad].arena) {
            add(memory[pad].arena->shape(), memory[pad].arena->fd(), false);
        }
        for (const Bundle* bundle : bundles_of_others(remote)) {
            for (const SharedArena& arena : bundle->arenas) {
                if (arena.element != element || arena.pad != pad) continue;
                add(arena.shape, arena.fd.get(), false);
            }
        }
    }
}

// Also of those that died: frames of theirs may still be on their way.
std::vector<const Bundle*> Supervisor::bundles_of_others(const Remote& remote) const {
    std::vector<const Bundle*> bundles;
    for (const auto& [number, other] : remotes_) {
        if (number == remote.number) continue;
        for (const Former& former : other.formers) bundles.push_back(&former.bundle);
        if (other.bundle) bundles.push_back(&*other.bundle);
    }
    return bundles;
}

int Supervisor::record_fd(std::size_t stage) const {
    const auto remote = remotes_.find(stage);
    if (remote == remotes_.end()) return local_pages_.at(stage).fd();
    return remote->second.bundle->record_fd.get();
}

void Supervisor::describe_links(Remote& remote, Blueprint& blueprint, std::vector<int>& fds) {
    const PlannedStage& own = plan_.stages[remote.number];
    blueprint.inputs.resize(own.inputs);
    blueprint.outputs.resize(own.channels);
    const auto add = [&](int fd) {
        fds.push_back(fd);
        return static_cast<std::uint32_t>(fds.size() - 1);
    };
    const auto u32 = [](std::size_t number) { return static_cast<std::uint32_t>(number); };
    for (std::size_t l = 0; l < plan_.links.size(); ++l) {
        const PlannedLink& link = plan_.links[l];
        if (!link.channel) continue;
        if (link.to_stage == remote.number) {
            const PlannedStage& from = plan_.stages[link.from_stage];
            const bool local = !running_elsewhere(link.from_stage);
            const int ring =
                local ? local_rings_.at(l).fd.get()
                      : remotes_.at(link.from_stage).bundle->ring_fds[link.from_word].get();
            blueprint.inputs[link.to_word] = {.pad = u32(link.to_pad),
                                              .capacity = link.capacity,
                                              .held = link.held,
                                              .ring_fd = add(ring),
                                              .record_fd = add(record_fd(link.from_stage)),
                                              .word = u32(link.from_word),
                                              .producer_inputs = u32(from.inputs),
                                              .producer_channels = u32(from.channels)};
            if (!local) remote.incarnation->knows[link.to_word] = remotes_.at(link.from_stage).life;
            const std::deque<Former> none;
            for (const Former& former : local ? none : remotes_.at(link.from_stage).formers) {
                blueprint.inputs[link.to_word].formers.push_back(
                    {.ring_fd = add(former.bundle.ring_fds[link.from_word].get()),
                     .until = former.until[link.from_word]});
            }
        }
        if (link.from_stage == remote.number) {
            const PlannedStage& to = plan_.stages[link.to_stage];
            blueprint.outputs[link.from_word] = {
                .pad = u32(link.from_pad),
                .capacity = link.capacity,
                .held = link.held,
                .ring_fd = add(remote.bundle->ring_fds[link.from_word].get()),
                .record_fd = add(record_fd(link.to_stage)),
                .word = u32(link.to_word),
                .consumer_inputs = u32(to.inputs),
                .consumer_channels = u32(to.channels)};
        }
    }
}

// The reader's record, as the supervisor sees it.
std::optional<std::uint64_t> Supervisor::released_by_reader(const PlannedLink& link) const {
    const auto remote = remotes_.find(link.to_stage);
    if (remote != remotes_.end()) {
        if (remote->second.bundle && remote->second.incarnation &&
            remote->second.incarnation->introduced) {
            return remote->second.bundle->record->record().released(link.to_word);
        }
        return remote->second.start.released[link.to_word];
    }
    return local_stages_.at(link.to_stage)->record().released(link.to_word);
}

// Frames that predecessors handed on without a copy, and that their readers have not released:
// who goes on must hold what they were borrowed from.
void Supervisor::describe_lent(Remote& remote, Blueprint& blueprint) {
    for (const PlannedLink& link : plan_.links) {
        if (!link.channel || link.from_stage != remote.number) continue;
        const std::uint64_t released = released_by_reader(link).value_or(0);
        for (const Former& former : remote.formers) {
            const std::uint64_t until = former.until[link.from_word];
            std::uint64_t at = std::max(former.from[link.from_word], released);
            if (at >= until) continue;
            auto pages = map_ring_memory(copy_of(former.bundle.ring_fds[link.from_word]), link,
                                         Access::read_only);
            if (!pages) continue;
            SharedRing ring(*std::move(pages), places_of(link), arenas_);
            for (; at < until; ++at) {
                const Result<Entry> entry = ring.get(at);
                if (!entry || !entry->origin) continue;
                blueprint.lent.push_back(
                    {.channel = link.from_word, .position = at, .origin = *entry->origin});
            }
        }
    }
}

Result<SandboxPolicy> Supervisor::policy_of(std::span<const std::size_t> elements) const {
    return parallax::policy_of(confined(elements), registry_, options_.sandbox);
}

std::vector<Confined> Supervisor::confined(std::span<const std::size_t> elements) const {
    std::vector<Confined> all;
    all.reserve(elements.size());
    for (const std::size_t element : elements) {
        all.push_back({&graph_.nodes()[element], elements_[element]->element.get()});
    }
    return all;
}

}  // namespace parallax
