// Kinds: the few kinds of formats that the links of a graph tell apart, each link for itself.
//
//     const Kinds kinds(problem, solver, {.first_bridge = …});
//     kinds.at(variable).choices        // What the link can have, the preferred first.
//
// A link is cut by what it can have itself, and by what its neighbours' cuts mean for it: through a
// transform, or through the converters that a bridge stands for. A cut that means nothing for what
// a link can have goes no further, so that most links have a few kinds in however large a graph.
//
// Threads: none. Problem and solver are borrowed while it is made.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "media/assign.h"
#include "media/atoms.h"
#include "media/crossing.h"
#include "media/negotiate.h"
#include "media/solver.h"

namespace parallax {

class Kinds {
  public:
    struct Bounds {
        std::size_t atoms = 256;  // Of one link; beyond, sets that say least are told apart first.
        std::size_t sets = 512;
        std::size_t pairs = std::size_t{1} << 19U;  // Of atoms, of all unlike links together.
    };
    // Nodes from `first_bridge` on are bridges, which any of the problem's converters may be.
    Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge);
    Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
          const Bounds& bounds);
    // As above; what is preferred is told by another solver of the same problem, of which each
    // link can have no less. That narrowing splits a set makes no order of preference.
    Kinds(const NegotiationProblem& problem, const Solver& solver, std::size_t first_bridge,
          const Solver& liking);

    struct Link {
        const Atoms* atoms = nullptr;
        std::vector<AssignProblem::Choice> choices;
        bool exact = true;  // All sets that came are told apart.
        CrossingSide side() const { return {*atoms, choices, exact}; }
    };
    // Variables of one number have the same kinds, and like them alike.
    std::size_t number(std::size_t variable) const { return number_[variable]; }
    std::size_t numbers() const { return links_.size(); }
    const Link& of(std::size_t number) const { return links_[number]; }
    const Link& at(std::size_t variable) const { return links_[number_[variable]]; }

  private:
    struct Making {
        const NegotiationProblem& problem;
        const Solver& solver;
        std::size_t first_bridge;
        const Solver& liking;
        Bounds bounds;
    };
    explicit Kinds(const Making& making);

    std::vector<std::size_t> number_;
    std::vector<Link> links_;
    std::vector<std::unique_ptr<const Atoms>> atoms_;
};

}  // namespace parallax
