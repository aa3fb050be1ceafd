#include "media/atoms.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace parallax {
namespace {

// Which of some sets lie inside which; no two of them are the same.
class Inclusion {
  public:
    Inclusion(SetRows& rows, const NumberedRows& all)
        : rows_(rows), all_(all), inside_(all.size()) {
        for (std::size_t whole = 0; whole < all.size(); ++whole) {
            for (std::size_t part = 0; part < all.size(); ++part) {
                if (part == whole || !rows.inside(all[part], all[whole])) continue;
                // Not where each is inside the other: the same set, written in two ways.
                if (!rows.inside(all[whole], all[part])) inside_[whole].push_back(part);
            }
        }
    }

    std::size_t count(std::size_t whole) const { return inside_[whole].size(); }
    // The largest inside it, which hold all the others.
    Caps largest(std::size_t whole) const {
        std::vector<bool> within_another(all_.size(), false);
        for (const std::size_t part : inside_[whole]) {
            for (const std::size_t smaller : inside_[part]) within_another[smaller] = true;
        }
        Caps caps;
        for (const std::size_t part : inside_[whole]) {
            if (!within_another[part]) caps.append(rows_.set(all_[part]));
        }
        return caps;
    }

  private:
    SetRows& rows_;
    const NumberedRows& all_;
    std::vector<std::vector<std::size_t>> inside_;  // By whole: the parts, ascending.
};

// Without what of its lists lies in smaller pieces altogether: that has pieces of its own.
Structure own_part(const Structure& structure, const Caps& smaller) {
    if (smaller.is_empty()) return structure;
    Structure own = structure;
    for (const Field& field : structure.fields()) {
        const auto* list = field.value.get<List>();
        if (list == nullptr) continue;
        std::vector<Value> items;
        for (const Value& item : list->items()) {
            Structure one = own;
            one.set(field.name, item);
            if (!is_subset(Caps(std::move(one)), smaller)) items.push_back(item);
        }
        if (!items.empty()) own.set(field.name, list_of(std::move(items)));
    }
    return own;
}

}  // namespace

std::uint32_t rank_within(const Structure& whole, const Structure& part) {
    std::uint32_t rank = 0;
    for (const Field& field : whole.fields()) {
        const auto* list = field.value.get<List>();
        const Value* chosen = list ? part.find(field.name) : nullptr;
        if (chosen == nullptr) continue;
        const auto items = list->items();
        const auto first = std::ranges::find_if(
            items, [&](const Value& item) { return intersect(item, *chosen).has_value(); });
        const auto size = static_cast<std::uint32_t>(items.size());
        rank = rank * size + static_cast<std::uint32_t>(first - items.begin());
    }
    return rank;
}

Atoms Atoms::make(const std::vector<Structure>& sets, const Bounds& bounds) {
    SetRows rows;
    NumberedRows found;
    Atoms atoms;
    for (std::size_t s = 0; s < sets.size(); ++s) {
        // With all before it: what comes of that is met with the rest in its turn.
        const SetRows::Row next = rows.row(sets[s]);
        const std::size_t before = found.size();
        if (!found.add(next).second) continue;
        for (std::size_t i = 0; i < before; ++i) {
            if (auto both = rows.meet(next, found[i])) found.add(*std::move(both));
        }
        if (found.size() <= bounds.most) continue;
        atoms.is_complete_ = false;
        if (bounds.all_or_none) return atoms;
        found.cut(before);
        if (s < bounds.always) found.add(next);
    }
    atoms.cut(rows, found);
    return atoms;
}

void Atoms::cut(SetRows& rows, const NumberedRows& found) {
    atoms_.push_back(Caps::any());
    generality_.push_back(found.size());
    smaller_.emplace_back();
    const Inclusion inclusion(rows, found);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Structure structure = rows.set(found[i]);
        const Caps smaller = inclusion.largest(i);
        // Where they hold all that is in it, it stands for nothing of its own.
        if (!smaller.is_empty() && is_subset(Caps(structure), smaller)) continue;
        atoms_.emplace_back(own_part(structure, smaller));
        generality_.push_back(inclusion.count(i));
        smaller_.push_back(smaller);
    }
}

bool Atoms::meets(std::size_t atom, const Caps& set) const {
    // All of it: then also what is in no smaller one, for every atom has something of its own.
    if (set.is_any() || is_subset(atoms_[atom], set)) return true;
    const Caps both = intersect(atoms_[atom], set);
    return !both.is_empty() && (smaller_[atom].is_empty() || !is_subset(both, smaller_[atom]));
}

std::vector<AssignProblem::Choice> Atoms::choices(const Caps& domain) const {
    std::vector<AssignProblem::Choice> all;
    if (domain.is_any()) {
        for (std::uint32_t a = 0; a < atoms_.size(); ++a) all.push_back({a, 0});
        return all;
    }
    struct Place {
        std::size_t alternative;
        std::uint32_t within;
        std::size_t special;  // No more is asked of a format than must be.
        std::uint32_t atom;
        auto operator<=>(const Place&) const = default;
    };
    const std::size_t most = atoms_.size();
    std::vector<Place> places;
    const auto alternatives = domain.structures();
    for (std::uint32_t a = 1; a < atoms_.size(); ++a) {
        for (std::size_t i = 0; i < alternatives.size(); ++i) {
            if (!is_subset(atoms_[a], Caps(alternatives[i]))) continue;
            const Structure& part = atoms_[a].structures().front();
            places.push_back(
                {i, rank_within(alternatives[i], part), most - std::min(generality_[a], most), a});
            break;
        }
    }
    std::ranges::sort(places);
    for (std::size_t i = 0; i < places.size(); ++i) {
        const bool same = i > 0 && places[i].alternative == places[i - 1].alternative &&
                          places[i].within == places[i - 1].within;
        all.push_back({places[i].atom, i == 0 ? 0 : all.back().rank + (same ? 0U : 1U)});
    }
    return all;
}

}  // namespace parallax
