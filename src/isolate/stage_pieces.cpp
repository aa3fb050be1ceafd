#include "isolate/stage_pieces.h"

#include <algorithm>
#include <utility>

#include "graph/keeper.h"
#include "graph/pad_format.h"
#include "graph/stage.h"
#include "memory/arena_table.h"

namespace parallax {
namespace {

class StandIn final : public ElementWith<NoOptions> {
  public:
    Result<Flow> process(Context&) override { return Flow::more; }
};

// The pad of that name; one that was requested is made from its pattern.
Result<std::size_t> pad_of(Pads& pads, const std::string& name, PadDirection direction) {
    const auto same = [&](const Pad& pad) {
        return pad.direction == direction && pad.name == name;
    };
    if (const auto found = std::ranges::find_if(pads.pads, same); found != pads.pads.end()) {
        return static_cast<std::size_t>(found - pads.pads.begin());
    }
    for (const Pad& pattern : pads.pads) {
        if (pattern.direction != direction || !pattern.is_request()) continue;
        if (!name.starts_with(pattern.name.substr(0, pattern.name.find('%')))) continue;
        Pad pad = pattern;
        pad.name = name;
        pads.pads.push_back(std::move(pad));
        return pads.pads.size() - 1;
    }
    return fail(Errc::corrupt, "there is no pad called " + name);
}

Result<std::vector<PadFormat>> formats_of(const std::vector<Blueprint::Format>& wanted) {
    std::vector<PadFormat> formats;
    for (const Blueprint::Format& each : wanted) {
        PadFormat format;
        if (!each.caps.empty()) {
            const Caps caps = PX_TRY(parse_caps(each.caps));
            if (!caps.is_any() && caps.structures().size() != 1) {
                return fail(Errc::corrupt, "caps that are not fixed");
            }
            format =
                PX_TRY(pad_format(caps.is_any() ? Structure("ANY") : caps.structures().front()));
        }
        format.pad = each.pad;
        formats.push_back(std::move(format));
    }
    return formats;
}

}  // namespace

Result<std::unique_ptr<ElementRun>> make_piece(const Blueprint::Piece& piece,
                                               const Registry& registry,
                                               ElementCounters& counters) {
    const Factory* factory = registry.find(piece.factory);
    if (factory == nullptr) return fail(Errc::not_found, "no element called " + piece.factory);
    auto run = std::make_unique<ElementRun>(counters);
    run->name = piece.name;
    run->factory = piece.factory;
    run->element = factory->make();
    run->pads = factory->pads();
    for (const auto& [name, text] : piece.properties) {
        PX_TRY(run->element->set_property(name, text));
    }
    for (const Blueprint::Format& in : piece.inputs) {
        run->input_pads.push_back(PX_TRY(pad_of(run->pads, in.pad, PadDirection::sink)));
    }
    for (const Blueprint::Format& out : piece.outputs) {
        run->output_pads.push_back(PX_TRY(pad_of(run->pads, out.pad, PadDirection::src)));
    }
    run->inputs.resize(run->input_pads.size());
    run->drafts.resize(run->output_pads.size());
    run->memory.resize(run->output_pads.size());
    return run;
}

Result<std::unique_ptr<ElementRun>> renew_piece(const Blueprint::Piece& piece,
                                                std::unique_ptr<ElementRun> rested,
                                                ElementCounters& counters) {
    if (rested->name != piece.name || rested->factory != piece.factory) {
        return fail(Errc::corrupt, "another element than the one that rested");
    }
    auto run = std::make_unique<ElementRun>(counters);
    run->name = std::move(rested->name);
    run->factory = std::move(rested->factory);
    run->pads = std::move(rested->pads);
    run->input_pads = std::move(rested->input_pads);
    run->output_pads = std::move(rested->output_pads);
    run->element = std::move(rested->element);
    run->finished = rested->finished;
    run->formats = std::move(rested->formats);
    run->configure_again = rested->configure_again;
    run->next_sequence = rested->next_sequence;
    run->inputs.resize(run->input_pads.size());
    run->drafts.resize(run->output_pads.size());
    run->memory.resize(run->output_pads.size());
    return run;
}

void leave(Stage& stage, const std::vector<std::unique_ptr<ElementRun>>& runs, ArenaTable& arenas) {
    const auto estate = std::make_shared<Estate>();
    for (const auto& run : runs) {
        run->outputs.clear();
        run->clear_call();
        for (ElementRun::Memory& memory : run->memory) {
            if (memory.arena) estate->arenas.push_back(*memory.arena);
        }
        run->memory.clear();
    }
    stage.keeper().detach();
    estate->mappings = arenas.take_all();
    stage.keeper().retire(estate);
}

std::unique_ptr<ElementRun> make_stand_in(const Blueprint::Piece& piece,
                                          ElementCounters& counters) {
    auto run = std::make_unique<ElementRun>(counters);
    run->name = piece.name;
    run->factory = piece.factory;
    run->element = std::make_unique<StandIn>();
    run->inputs.resize(piece.inputs.size());
    run->drafts.resize(piece.outputs.size());
    run->memory.resize(piece.outputs.size());
    return run;
}

Result<> configure_piece(const Blueprint::Piece& piece, const std::vector<CpuArena>& own,
                         const std::vector<Blueprint::Arena>& arenas, ElementRun& run) {
    Negotiated formats{.inputs = PX_TRY(formats_of(piece.inputs)),
                       .outputs = PX_TRY(formats_of(piece.outputs))};
    if (std::exchange(run.configure_again, false) || !same(run.formats, formats)) {
        run.formats = std::move(formats);
        PX_TRY(run.element->configure(run.formats));
        run.pads.policy = run.element->input_policy().value_or(run.pads.policy);
    }
    for (std::size_t i = 0; i < piece.memory.size() && i < run.memory.size(); ++i) {
        const Blueprint::Piece::Output& memory = piece.memory[i];
        if (memory.arena == Blueprint::kNone) continue;
        if (memory.arena >= arenas.size()) return fail(Errc::corrupt, "an arena that is not there");
        const std::uint64_t id = arenas[memory.arena].shape.id;
        const auto arena = std::ranges::find(own, id, &CpuArena::id);
        if (arena == own.end()) return fail(Errc::corrupt, "an arena that is not its own");
        run.memory[i].arena = *arena;
        run.memory[i].out_bytes = memory.most_bytes;
    }
    return {};
}

}  // namespace parallax
