#include "graph/own_memory.h"

#include <algorithm>
#include <utility>

namespace parallax {
namespace {

class Reach {
  public:
    explicit Reach(const NegotiationProblem& problem)
        : problem_(problem), out_of_(problem.nodes.size()) {
        for (std::size_t l = 0; l < problem.links.size(); ++l) {
            out_of_[problem.links[l].from].push_back(l);
        }
    }

    // What those ask for that a pad's frames come to, as far as others only hand them on; in the
    // order of the links.
    Caps asked_of(std::size_t node, std::size_t pad) {
        asked_ = Caps();
        seen_.assign(problem_.links.size(), false);
        for (const std::size_t l : out_of_[node]) {
            if (problem_.links[l].from_pad == pad) follow(l);
        }
        return std::exchange(asked_, Caps());
    }

  private:
    void follow(std::size_t first) {
        std::vector<std::size_t> next{first};
        while (!next.empty()) {
            const std::size_t l = next.back();
            next.pop_back();
            if (seen_[l]) continue;
            seen_[l] = true;
            const NegotiationNode& to = problem_.nodes[problem_.links[l].to];
            const Caps& caps = to.pads[problem_.links[l].to_pad].caps;
            for (const Structure& structure : caps.structures()) add(structure);
            if (!caps.is_any() || to.relation != PadRelation::pass_through) continue;
            const auto& further = out_of_[problem_.links[l].to];
            next.insert(next.end(), further.rbegin(), further.rend());
        }
    }

    void add(Structure structure) {
        structure.set_features({});
        if (std::ranges::find(asked_.structures(), structure) == asked_.structures().end()) {
            asked_.append(std::move(structure));
        }
    }

    const NegotiationProblem& problem_;
    std::vector<std::vector<std::size_t>> out_of_;
    std::vector<bool> seen_;
    Caps asked_;
};

bool asks_for_other_memory(const NegotiationProblem& problem) {
    return std::ranges::any_of(problem.nodes, [](const NegotiationNode& node) {
        return std::ranges::any_of(node.pads, [](const NegotiationPad& pad) {
            return pad.side == PadSide::sink &&
                   std::ranges::any_of(pad.caps.structures(), [](const Structure& structure) {
                       return !structure.features().is_any() && !structure.features().is_plain();
                   });
        });
    });
}

}  // namespace

void give_own_memory(const std::vector<const ElementRun*>& elements, NegotiationProblem& problem) {
    if (!asks_for_other_memory(problem)) return;  // As in nearly every graph.
    Reach reach(problem);
    for (std::size_t n = 0; n < problem.nodes.size(); ++n) {
        NegotiationNode& node = problem.nodes[n];
        if (!elements[n]->pads.allocates || node.relation == PadRelation::pass_through) continue;
        for (std::size_t p = 0; p < node.pads.size(); ++p) {
            if (node.pads[p].side != PadSide::src || !node.pads[p].caps.is_any()) continue;
            Caps asked = reach.asked_of(n, p);
            if (!asked.is_empty()) node.pads[p].caps = std::move(asked);
        }
    }
}

}  // namespace parallax
