// Atoms: the few kinds of formats that a problem tells apart.
//
// A set of formats such as width=[1,4096] holds too many to try. But most of them are all alike to
// everybody: what matters is only in which of the given sets a format lies. So the sets are cut to
// pieces, each the intersection of some of them: the atoms. Any answer in single formats is one in
// atoms too, so the cheapest answer in atoms is the cheapest of all.
//
// Threads: pure functions on plain values.
#pragma once

#include <cstdint>
#include <vector>

#include "media/assign.h"
#include "media/set_rows.h"
#include "parallax/caps.h"

namespace parallax {

// Where in its own order of preference a set puts a part of it: 0 for "first of every list".
std::uint32_t rank_within(const Structure& whole, const Structure& part);

class Atoms {
  public:
    struct Bounds {
        std::size_t most = 0;
        std::size_t always = 0;    // How many of the sets are in it all the same, the first ones.
        bool all_or_none = false;  // Beyond `most`, no atoms are wanted at all.
    };
    // Atom 0 is ANY. Sets that would make it more than `most` intersections are left out, the later
    // ones first; atoms are then coarser than the sets, and is_complete() is false.
    static Atoms make(const std::vector<Structure>& sets, const Bounds& bounds);
    bool is_complete() const { return is_complete_; }

    std::size_t size() const { return atoms_.size(); }
    const Caps& operator[](std::size_t atom) const { return atoms_[atom]; }

    // The atoms inside `domain`, in its order of preference: alternatives, then lists in them.
    std::vector<AssignProblem::Choice> choices(const Caps& domain) const;

    // The largest pieces inside an atom, which stand for what is in them.
    const Caps& smaller(std::size_t atom) const { return smaller_[atom]; }

    // Whether a set holds any of what an atom stands for: what is in it and in no smaller one.
    bool meets(std::size_t atom, const Caps& set) const;

  private:
    void cut(SetRows& rows, const NumberedRows& found);

    bool is_complete_ = true;
    std::vector<Caps> smaller_;            // The largest pieces inside each.
    std::vector<Caps> atoms_;              // One structure each, but for ANY.
    std::vector<std::size_t> generality_;  // How many pieces are inside each.
};

}  // namespace parallax
