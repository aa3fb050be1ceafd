#include "media/memory_notes.h"

#include <algorithm>
#include <string>
#include <utility>

#include "parallax/memory_caps.h"

namespace parallax {
namespace {

bool all_shareable(const Caps& caps) {
    return std::ranges::all_of(caps.structures(), is_shareable);
}

constexpr const char* kTwoProcesses = " run in two processes, which cannot share ";

std::string both_ends(const NegotiationProblem& problem, const NegotiationLink& link) {
    return problem.nodes[link.from].name + " and " + problem.nodes[link.to].name;
}

// What all on these links could have in common if none of them crossed a process.
Caps common_to(const NegotiationProblem& problem, const std::vector<std::size_t>& links) {
    Caps common = Caps::any();
    for (const std::size_t l : links) {
        const NegotiationLink& link = problem.links[l];
        common = intersect(common, problem.nodes[link.from].pads[link.from_pad].caps);
        for (const Caps& filter : link.filters) common = intersect(common, filter);
        common = intersect(common, problem.nodes[link.to].pads[link.to_pad].caps);
    }
    return common;
}

// The first memory in it that no other process can map, where all else is as was agreed.
const Structure* given_up(const Caps& common, const Structure& agreed) {
    for (const Structure& each : common.structures()) {
        if (each.features().is_any() || is_shareable(each)) continue;
        Structure there = agreed;
        there.set_features(each.features());
        if (can_intersect(Caps(each), Caps(std::move(there)))) return &each;
    }
    return nullptr;
}

void note_borders(const NegotiationProblem& problem, const LinksAlike& variables,
                  const NegotiationSolution& solution, std::vector<NegotiationNote>& notes) {
    for (const std::vector<std::size_t>& links : variables) {
        const auto border = std::ranges::find_if(
            links, [&](std::size_t l) { return problem.links[l].borders.on_link; });
        if (border == links.end()) continue;
        const Structure& agreed = solution.link_caps[*border];
        const Caps common = common_to(problem, links);
        const Structure* lost = common.is_any() ? nullptr : given_up(common, agreed);
        if (lost == nullptr || !is_shareable(agreed)) continue;
        const NegotiationLink& link = problem.links[*border];
        notes.push_back({*border, memory_word(agreed.features()) + ": " + both_ends(problem, link) +
                                      kTwoProcesses + memory_word(lost->features())});
    }
}

// What is put in and changes where frames lie.
void note_copies(const NegotiationProblem& problem, const NegotiationSolution& solution,
                 std::vector<NegotiationNote>& notes) {
    for (const InsertedConverter& each : solution.inserted) {
        if (each.from.features() == each.to.features()) continue;
        const NegotiationLink& link = problem.links[each.link];
        const std::string from = memory_word(each.from.features());
        const bool apart = link.borders.on_link && !is_shareable(each.from);
        notes.push_back(
            {each.link,
             "copied from " + from + " to " + memory_word(each.to.features()) + " by " +
                 problem.converters[each.converter].name + ": " + both_ends(problem, link) +
                 (apart ? std::string(kTwoProcesses) + from : " have no memory in common")});
    }
}

}  // namespace

std::string memory_word(const Features& features) {
    if (features.is_any()) return "any memory";
    if (features.is_plain()) return std::string(feature_of(MemoryKind::memfd));
    std::string all;
    for (const std::string& name : features.names()) all += (all.empty() ? "" : " and ") + name;
    return all;
}

bool speaks_of_memory(const NegotiationProblem& problem) {
    const auto speaks = [](const Caps& caps) { return !all_shareable(caps); };
    return std::ranges::any_of(problem.nodes,
                               [&](const NegotiationNode& node) {
                                   return std::ranges::any_of(node.pads, speaks,
                                                              &NegotiationPad::caps);
                               }) ||
           std::ranges::any_of(problem.links,
                               [&](const NegotiationLink& link) {
                                   return std::ranges::any_of(link.filters, speaks);
                               }) ||
           std::ranges::any_of(problem.converters, [&](const NegotiationConverter& converter) {
               return speaks(converter.sink) || speaks(converter.src);
           });
}

std::vector<NegotiationNote> memory_notes(const NegotiationProblem& problem,
                                          const LinksAlike& variables,
                                          const NegotiationSolution& solution) {
    std::vector<NegotiationNote> notes;
    note_copies(problem, solution, notes);
    note_borders(problem, variables, solution, notes);
    std::ranges::stable_sort(notes, {}, &NegotiationNote::link);
    return notes;
}

}  // namespace parallax
