#include "media/atom_rows.h"

#include <algorithm>

namespace parallax {

AtomRows::AtomRows(const Atoms& atoms)
    : atoms_(atoms), atom_rows_(atoms.size()), smaller_(atoms.size()) {
    for (std::size_t a = 1; a < atoms.size(); ++a) {
        atom_rows_[a] = rows_.row(atoms[a].structures().front());
    }
}

AtomRows::Set AtomRows::set(const Caps& caps) {
    Set set{.caps = &caps, .rows = {}};
    set.rows.reserve(caps.structures().size());
    for (const Structure& each : caps.structures()) set.rows.push_back(rows_.row(each));
    return set;
}

// Mostly in one alternative of it alone; several can only do together what more than one touches.
bool AtomRows::inside(std::size_t atom, const Set& set) {
    if (set.caps->is_any()) return true;
    if (atom == 0) return false;
    std::size_t touched = 0;
    for (const SetRows::Row& row : set.rows) {
        if (rows_.inside(atom_rows_[atom], row)) return true;
        if (rows_.meets(atom_rows_[atom], row)) ++touched;
    }
    return touched > 1 && is_subset(atoms_[atom], *set.caps);
}

bool AtomRows::touches(std::size_t atom, const Set& set) {
    if (atom == 0) return !set.caps->is_empty();
    if (set.caps->is_any()) return true;
    return std::ranges::any_of(
        set.rows, [&](const SetRows::Row& row) { return rows_.meets(atom_rows_[atom], row); });
}

const std::vector<SetRows::Row>& AtomRows::smaller(std::size_t atom) {
    if (!smaller_[atom]) smaller_[atom] = set(atoms_.smaller(atom)).rows;
    return *smaller_[atom];
}

// Whether the alternative holds any of the atom that is in no smaller one; nothing where several of
// those may hold it together.
std::optional<bool> AtomRows::has_own_part(std::size_t atom, const SetRows::Row& row) {
    const auto both = rows_.meet(atom_rows_[atom], row);
    if (!both) return false;
    std::size_t touched = 0;
    for (const SetRows::Row& each : smaller(atom)) {
        if (rows_.inside(*both, each)) return false;
        if (rows_.meets(*both, each)) ++touched;
    }
    return touched > 1 ? std::nullopt : std::optional(true);
}

bool AtomRows::meets(std::size_t atom, const Set& set) {
    if (inside(atom, set)) return true;
    if (atom == 0) return atoms_.meets(atom, *set.caps);
    bool unsure = false;
    for (const SetRows::Row& row : set.rows) {
        const std::optional<bool> own = has_own_part(atom, row);
        if (own.value_or(false)) return true;
        unsure = unsure || !own;
    }
    return unsure && atoms_.meets(atom, *set.caps);
}

}  // namespace parallax
