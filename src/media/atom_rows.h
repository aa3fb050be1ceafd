// AtomRows: whether atoms lie in other sets, asked of many sets and quickly.
//
// Threads: none. The atoms are borrowed.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "media/atoms.h"
#include "media/set_rows.h"

namespace parallax {

class AtomRows {
  public:
    explicit AtomRows(const Atoms& atoms);

    struct Set {
        const Caps* caps;  // Borrowed.
        std::vector<SetRows::Row> rows;
    };
    Set set(const Caps& caps);

    // As is_subset(atom, set), can_intersect(atom, set) and Atoms::meets().
    bool inside(std::size_t atom, const Set& set);
    bool touches(std::size_t atom, const Set& set);
    bool meets(std::size_t atom, const Set& set);

  private:
    const std::vector<SetRows::Row>& smaller(std::size_t atom);
    std::optional<bool> has_own_part(std::size_t atom, const SetRows::Row& row);

    const Atoms& atoms_;
    SetRows rows_;
    std::vector<SetRows::Row> atom_rows_;                            // That of ANY is empty.
    std::vector<std::optional<std::vector<SetRows::Row>>> smaller_;  // Of each that was asked for.
};

}  // namespace parallax
