#include "isolate/stage_pieces.h"

#include <algorithm>

#include "graph/pad_format.h"

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
    run.formats.inputs = PX_TRY(formats_of(piece.inputs));
    run.formats.outputs = PX_TRY(formats_of(piece.outputs));
    PX_TRY(run.element->configure(run.formats));
    run.pads.policy = run.element->input_policy().value_or(run.pads.policy);
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
