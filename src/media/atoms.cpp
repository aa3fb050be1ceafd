#include "media/atoms.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>

namespace parallax {
namespace {

// Which of some structures lie inside which, without being the same set.
class Inclusion {
  public:
    explicit Inclusion(const std::vector<Structure>& all)
        : all_(all), inside_(all.size(), std::vector<bool>(all.size(), false)) {
        const std::vector<Caps> sets(all.begin(), all.end());
        for (std::size_t whole = 0; whole < all.size(); ++whole) {
            for (std::size_t part = 0; part < all.size(); ++part) {
                if (part == whole || all[part].media_type() != all[whole].media_type()) continue;
                inside_[whole][part] = is_subset(sets[part], sets[whole]);
            }
        }
        for (std::size_t a = 0; a < all.size(); ++a) {
            for (std::size_t b = 0; b < a; ++b) {
                if (inside_[a][b] && inside_[b][a]) inside_[a][b] = inside_[b][a] = false;
            }
        }
    }

    std::size_t count(std::size_t whole) const {
        return static_cast<std::size_t>(std::ranges::count(inside_[whole], true));
    }
    // The largest inside it, which hold all the others.
    Caps largest(std::size_t whole) const {
        Caps caps;
        for (std::size_t part = 0; part < all_.size(); ++part) {
            if (inside_[whole][part] && !within_another(part, whole)) caps.append(all_[part]);
        }
        return caps;
    }

  private:
    bool within_another(std::size_t part, std::size_t whole) const {
        for (std::size_t other = 0; other < all_.size(); ++other) {
            if (inside_[whole][other] && inside_[other][part]) return true;
        }
        return false;
    }

    const std::vector<Structure>& all_;
    std::vector<std::vector<bool>> inside_;  // [whole][part]
};

// Equal for equal structures, and mostly not for others.
std::size_t likeness(const Structure& structure) {
    std::size_t sum = std::hash<std::string>{}(structure.media_type());
    const auto mix = [&sum](std::size_t more) { sum = sum * 31 + more; };
    const auto mix_value = [&](const Value& value) {
        mix(value.kind().index());
        if (const auto* number = value.get<std::int64_t>()) mix(static_cast<std::size_t>(*number));
        if (const auto* word = value.get<std::string>()) mix(std::hash<std::string>{}(*word));
        if (const auto* range = value.get<IntRange>()) {
            mix(static_cast<std::size_t>(range->min));
            mix(static_cast<std::size_t>(range->max));
        }
    };
    for (const Field& field : structure.fields()) {
        mix(std::hash<std::string>{}(field.name));
        mix_value(field.value);
        const auto* list = field.value.get<List>();
        if (list == nullptr) continue;
        for (const Value& item : list->items()) mix_value(item);
    }
    return sum;
}

bool all_words(std::span<const Value> items) {
    return std::ranges::all_of(
        items, [](const Value& item) { return item.get<std::string>() != nullptr; });
}

Value sorted(const List& list) {
    const auto given = list.items();
    // Mostly formats, sorted before: no text need be made of them.
    if (all_words(given)) {
        const auto word = [](const Value& item) -> const std::string& {
            return *item.get<std::string>();
        };
        if (std::ranges::is_sorted(given, {}, word)) return list;
        std::vector<Value> words(given.begin(), given.end());
        std::ranges::sort(words, {}, word);
        return list_of(std::move(words));
    }
    std::vector<std::pair<std::string, Value>> items;
    for (const Value& item : given) items.emplace_back(to_string(item), item);
    std::ranges::sort(items, {}, &std::pair<std::string, Value>::first);
    std::vector<Value> values;
    values.reserve(items.size());
    for (auto& item : items) values.push_back(std::move(item.second));
    return list_of(std::move(values));
}

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

Structure canonical(const Structure& structure) {
    std::vector<Field> fields(structure.fields().begin(), structure.fields().end());
    std::ranges::sort(fields, {}, &Field::name);
    Structure result(structure.media_type(), structure.features());
    for (Field& field : fields) {
        const auto* list = field.value.get<List>();
        if (list == nullptr) {
            result.set(field.name, std::move(field.value));
            continue;
        }
        result.set(field.name, sorted(*list));
    }
    return result;
}

std::optional<Atoms> Atoms::make(const std::vector<Caps>& sets, std::size_t most) {
    std::vector<Structure> found;
    std::unordered_multimap<std::size_t, std::size_t> known;  // By what they are like.
    const auto add = [&](const Structure& structure) {
        const std::size_t like = likeness(structure);
        const auto [first, last] = known.equal_range(like);
        const auto same = [&](const auto& each) { return found[each.second] == structure; };
        if (std::any_of(first, last, same)) return;
        known.emplace(like, found.size());
        found.push_back(structure);
    };
    for (const Caps& set : sets) {
        for (const Structure& structure : set.structures()) add(canonical(structure));
        if (found.size() > most) return std::nullopt;
    }
    // Each with all before it: what comes of that is met with the rest in its turn.
    for (std::size_t i = 1; i < found.size(); ++i) {
        for (std::size_t j = 0; j < i; ++j) {
            const auto both = intersect(found[i], found[j]);
            if (both) add(canonical(*both));
        }
        if (found.size() > most) return std::nullopt;
    }
    Atoms atoms;
    atoms.atoms_.push_back(Caps::any());
    atoms.generality_.push_back(found.size());
    atoms.smaller_.emplace_back();
    const Inclusion inclusion(found);
    for (std::size_t i = 0; i < found.size(); ++i) {
        const Structure& structure = found[i];
        const Caps smaller = inclusion.largest(i);
        // Where they hold all that is in it, it stands for nothing of its own.
        if (!smaller.is_empty() && is_subset(Caps(structure), smaller)) continue;
        atoms.atoms_.emplace_back(own_part(structure, smaller));
        atoms.generality_.push_back(inclusion.count(i));
        atoms.smaller_.push_back(smaller);
    }
    return atoms;
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
