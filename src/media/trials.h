// Trials: whether a graph would have an answer if some of its nodes and filters had no say.
//
//     auto trials = Trials::make(problem);
//     Trials::Says says = trials->all();
//     says[node] = false;
//     if (!trials->solvable(says)) …                // It is not to blame.
//
// Who is to blame is found by asking this hundreds of times. What does not change with it is made
// once: the kinds of formats that anybody tells apart, which of them each pad and filter takes,
// what each transform and the converters make of which. A trial is then bits that are passed along
// the links, and bits that were passed before are remembered.
//
// Threads: none. The problem is borrowed and must outlive it.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "media/assign.h"
#include "media/atoms.h"
#include "media/elimination.h"
#include "media/negotiate.h"
#include "media/reach.h"

namespace parallax {

class Trials {
  public:
    // By node; then by link, for its filters.
    using Says = std::vector<bool>;

    // Nothing where there are too many kinds of formats.
    static std::optional<Trials> make(const NegotiationProblem& problem);

    Says all() const { return Says(owners_, true); }
    // Whether it takes less than everything, or changes formats: if not, leaving it out is nothing.
    bool has_say(std::size_t owner) const { return has_say_[owner]; }

    // Errs to "yes" where it gave up.
    bool solvable(const Says& says);

  private:
    friend class TrialsMaker;
    explicit Trials(Atoms atoms);
    PriceTable priced(const Reach::Table& table) const;
    bool core_solvable(const std::vector<Reach::Set>& domains,
                       const std::vector<Reach::Table>& tables) const;
    Reach::Table along(std::size_t edge, std::size_t from, Reach::Table table) {
        return elimination_.edges[edge].a == from ? table : reach_.turned(table);
    }
    std::size_t other(std::size_t edge, std::size_t end) const {
        const Elimination::Edge& e = elimination_.edges[edge];
        return e.a == end ? e.b : e.a;
    }
    bool step(const Elimination::Step& step, std::vector<Reach::Set>& domains,
              std::vector<Reach::Table>& tables);

    Atoms atoms_;
    Reach reach_;
    std::size_t owners_ = 0;
    std::vector<bool> has_say_;
    struct Taken {  // Holds if its owner has a say.
        std::size_t owner;
        Reach::Set set;
    };
    struct Crossed {  // From the edge's a to its b. Of a bridge: owned by nobody, holds always.
        std::size_t owner;
        Reach::Table table;
    };
    std::vector<std::vector<Taken>> taken_;      // Of each variable.
    std::vector<std::vector<Crossed>> crossed_;  // Of each edge.
    Elimination elimination_;
};

}  // namespace parallax
