// Bridges: a problem with a place for converters on each link, and what they would cost there.
//
// Threads: none. The problem is borrowed and must outlive what is made of it.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "media/assign.h"
#include "media/atom_rows.h"
#include "media/atoms.h"
#include "media/crossing.h"
#include "media/negotiate.h"

namespace parallax {

// What a converter can make of formats; EMPTY where it takes none of them.
Caps through(const NegotiationConverter& converter, const Caps& caps);
// What it could have been made of; EMPTY where it makes none of them.
Caps back_through(const NegotiationConverter& converter, const Caps& caps);

// What it asks for the change of the one into the other.
NegotiationPrice converter_price(const NegotiationConverter& converter, const Caps& from,
                                 const Caps& to);

// What could have become an atom by chains of converters: asked once, wherever it comes from.
class ConverterBacks {
  public:
    using Chain = std::vector<std::size_t>;  // Indices of converters, in the order of the data.
    std::size_t number(const std::vector<NegotiationConverter>& converters, const Caps& to,
                       std::size_t atom, const Chain& chain);
    const Caps& operator[](std::size_t number) const { return backs_[number]; }
    std::size_t size() const { return backs_.size(); }

  private:
    std::map<std::pair<Chain, std::size_t>, std::size_t> known_;
    std::deque<Caps> backs_;  // Each once; they stay where they are.
};

// The cheapest chains of converters from each kind on one side of a link to each on the other.
class ConverterPaths {
  public:
    // `backs` of the atoms of `to`.
    ConverterPaths(const std::vector<NegotiationConverter>& converters, const CrossingSide& from,
                   const CrossingSide& to, ConverterBacks& backs,
                   const ProcessBorders& borders = {});

    const PriceTable& prices() const { return prices_; }
    // Indices of converters, in the order of the data; empty when none is needed.
    const std::vector<std::size_t>& path(std::size_t from, std::size_t to) const {
        return paths_[from * to_.size() + to];
    }

  private:
    struct Made;
    using Choices = std::vector<AssignProblem::Choice>;
    void search(std::size_t from, const Choices& choices);
    void offer(std::size_t from, const Made& made, const Choices& choices);
    std::vector<Made> longer(const Made& made) const;
    bool came_from(std::size_t from, std::size_t to, const std::vector<std::size_t>& chain);

    const std::vector<NegotiationConverter>& converters_;
    const Atoms& from_;
    const Atoms& to_;
    bool exact_;
    PriceTable prices_;
    std::vector<std::vector<std::size_t>> paths_;
    AtomRows to_rows_;
    AtomRows from_rows_;
    ConverterBacks& backs_;
    std::vector<std::optional<AtomRows::Set>> back_sets_;
    std::vector<std::optional<bool>> met_;  // By the atom searched from, of each of them.
};

// Lets everything pass, and become anything.
const PadTransform& open_transform();

// What goes in, and what any chain of the converters can make of it: of a whole set, so that what
// they do not touch stays as it is. No converter changes a frame rate, say.
std::unique_ptr<const PadTransform> any_of_converters(
    const std::vector<NegotiationConverter>& converters);

// The problem with a transform in the midst of each convertible link, which says what can pass.
// Link l of the problem is link l here and ends at its bridge; its second half is after[l].
struct Bridged {
    NegotiationProblem problem;
    // Of each link of the original: the ways from it to an end of the graph, 8 at most.
    std::vector<std::uint32_t> ways;
    std::vector<ProcessBorders> borders = {};  // Of each link of the original.
    std::vector<std::size_t> after;  // Of each link: its second half, or itself without a bridge.
    std::size_t first_bridge = 0;    // Nodes from here on are bridges.
};
Bridged bridged(const NegotiationProblem& problem, const PadTransform& passing = open_transform());

// The problem with the given converters in its links; `chains` as its links.
struct Converted {
    NegotiationProblem problem;
    // Of each link of the original, its parts: one more than it has converters.
    std::vector<std::vector<std::size_t>> parts;
    std::vector<std::unique_ptr<PadTransform>> transforms;  // Borrowed by the problem.
};
Converted converted(const NegotiationProblem& problem,
                    const std::vector<std::vector<std::size_t>>& chains);

}  // namespace parallax
