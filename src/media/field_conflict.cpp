#include "media/field_conflict.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>
#include <utility>

namespace parallax {
namespace {

constexpr std::size_t kMostValues = 64;  // Of a field that an element is asked about.

// All values of the field in the set; nothing where it may have any.
std::optional<Value> values_of(const Caps& caps, const std::string& field) {
    if (caps.is_any() || caps.is_empty()) return std::nullopt;
    const Value* first = caps.structures().front().find(field);
    if (first != nullptr && caps.structures().size() == 1) return *first;
    std::vector<Value> values;
    for (const Structure& structure : caps.structures()) {
        const Value* value = structure.find(field);
        if (value == nullptr) return std::nullopt;
        if (std::ranges::find(values, *value) == values.end()) values.push_back(*value);
    }
    return list_of(std::move(values));
}

// What somebody has at one of the ends of a link: 2 l where it starts, 2 l + 1 behind what
// converters may be put into it.
struct Claim {
    std::size_t owner;
    std::size_t end;
    const Caps* caps;
    std::size_t alike;  // The first claim of the same set: most elements of a chain make it.
};

std::vector<Claim> claims_of(const NegotiationProblem& problem) {
    std::vector<Claim> claims;
    std::vector<std::size_t> distinct;
    const auto add = [&](std::size_t owner, std::size_t end, const Caps& caps) {
        const auto same = [&](std::size_t each) { return *claims[each].caps == caps; };
        const auto known = std::ranges::find_if(distinct, same);
        const std::size_t alike = known == distinct.end() ? claims.size() : *known;
        if (known == distinct.end()) distinct.push_back(alike);
        claims.push_back({owner, end, &caps, alike});
    };
    for (std::size_t l = 0; l < problem.links.size(); ++l) {
        const NegotiationLink& link = problem.links[l];
        add(link.from, 2 * l, problem.nodes[link.from].pads[link.from_pad].caps);
        for (const Caps& filter : link.filters) add(problem.nodes.size() + l, 2 * l + 1, filter);
        add(link.to, 2 * l + 1, problem.nodes[link.to].pads[link.to_pad].caps);
    }
    return claims;
}

// With one of each list: what becomes of another field is the same for all of them.
Structure in_brief(const Structure& structure) {
    Structure brief(structure.media_type(), structure.features());
    for (const Field& field : structure.fields()) {
        const auto* list = field.value.get<List>();
        brief.set(field.name, list ? list->items().front() : field.value);
    }
    return brief;
}

// One field of a problem.
class FieldView {
  public:
    FieldView(const NegotiationProblem& problem, std::string field)
        : problem_(problem), field_(std::move(field)), parent_(2 * problem.links.size()) {
        std::iota(parent_.begin(), parent_.end(), std::size_t{0});
    }

    // Takes the claims about it; false where all of them could agree, however the graph is drawn.
    bool take(const std::vector<Claim>& claims) {
        std::vector<std::optional<std::size_t>> number_of(claims.size());  // Of claims alike.
        for (std::size_t c = 0; c < claims.size(); ++c) {
            std::optional<std::size_t>& number = number_of[claims[c].alike];
            if (claims[c].alike == c) number = number_for(values_of(*claims[c].caps, field_));
            if (number) stands_.push_back({claims[c], *number});
        }
        return values_.size() <= kMostValues && !agree(numbers_of(stands_));
    }

    std::optional<FieldConflict> find(const std::vector<std::size_t>& order) {
        join_ends();
        std::map<std::size_t, std::vector<Stand>> groups;
        for (const Stand& stand : stands_) groups[root(stand.claim.end)].push_back(stand);
        for (const auto& [end, stands] : groups) {
            if (!agree(numbers_of(stands))) return conflict(fewest(stands), order);
        }
        return std::nullopt;
    }

  private:
    struct Stand {
        Claim claim;
        std::size_t number;  // Which of the values.
    };

    std::optional<std::size_t> number_for(std::optional<Value> values) {
        if (!values) return std::nullopt;
        const auto known = std::ranges::find(values_, *values);
        const auto number = static_cast<std::size_t>(known - values_.begin());
        if (known == values_.end()) values_.push_back(*std::move(values));
        return number;
    }

    std::size_t root(std::size_t end) {
        while (parent_[end] != end) end = parent_[end] = parent_[parent_[end]];
        return end;
    }

    void join_ends() {
        const bool converters_keep =
            std::ranges::all_of(problem_.converters, [this](const NegotiationConverter& each) {
                return each.transform != nullptr &&
                       keeps(*each.transform, {0, each.sink}, {1, each.src});
            });
        std::vector<std::vector<std::size_t>> ends(problem_.nodes.size());
        for (std::size_t l = 0; l < problem_.links.size(); ++l) {
            const NegotiationLink& link = problem_.links[l];
            ends[link.from].push_back(2 * l);
            ends[link.to].push_back(2 * l + 1);
            if (converters_keep || !link.convertible) parent_[root(2 * l)] = root(2 * l + 1);
        }
        for (std::size_t n = 0; n < problem_.nodes.size(); ++n) join_node(n, ends[n]);
    }

    void join_node(std::size_t n, const std::vector<std::size_t>& ends) {
        const NegotiationNode& node = problem_.nodes[n];
        if (node.relation == PadRelation::independent) return;
        for (std::size_t i = 1; i < ends.size(); ++i) {
            for (std::size_t j = 0; j < i; ++j) {
                if (root(ends[i]) == root(ends[j])) continue;
                if (node.relation == PadRelation::transform &&
                    !keeps(*node.transform, pad_at(ends[i]), pad_at(ends[j]))) {
                    continue;
                }
                parent_[root(ends[i])] = root(ends[j]);
                break;
            }
        }
    }

    struct PadSet {
        std::size_t pad;
        const Caps& caps;
    };
    PadSet pad_at(std::size_t end) const {
        const NegotiationLink& link = problem_.links[end / 2];
        const bool start = end % 2 == 0;
        const std::size_t pad = start ? link.from_pad : link.to_pad;
        return {pad, problem_.nodes[start ? link.from : link.to].pads[pad].caps};
    }

    // Whether what the field has on one pad it has on the other: of each value that is named, and
    // both ways.
    bool keeps(const PadTransform& transform, const PadSet& a, const PadSet& b) {
        const auto [known, is_new] = kept_.try_emplace({&transform, a.pad, b.pad}, false);
        if (!is_new) return known->second;
        return known->second = std::ranges::all_of(values_, [&](const Value& value) {
                   return hands_on(transform, a, b.pad, value) &&
                          hands_on(transform, b, a.pad, value);
               });
    }

    bool hands_on(const PadTransform& transform, const PadSet& from, std::size_t to,
                  const Value& value) const {
        if (from.caps.is_any()) return false;
        for (const Structure& each : from.caps.structures()) {
            Structure asked = in_brief(each);
            asked.set(field_, value);
            const Caps made = transform.across(from.pad, Caps(std::move(asked)), to);
            const auto same = [&](const Structure& one) {
                const Value* kept = one.find(field_);
                return kept != nullptr && *kept == value;
            };
            if (made.is_any() || made.is_empty() || !std::ranges::all_of(made.structures(), same)) {
                return false;
            }
        }
        return true;
    }

    static std::vector<std::size_t> numbers_of(const std::vector<Stand>& stands) {
        std::vector<std::size_t> numbers;
        for (const Stand& stand : stands) numbers.push_back(stand.number);
        std::ranges::sort(numbers);
        numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
        return numbers;
    }

    std::optional<Value> common(const std::vector<std::size_t>& numbers) const {
        std::optional<Value> all;
        for (const std::size_t number : numbers) {
            auto both = all ? intersect(*all, values_[number]) : std::optional(values_[number]);
            if (!both) return std::nullopt;
            all = std::move(both);
        }
        return all;
    }
    bool agree(const std::vector<std::size_t>& numbers) const {
        return numbers.empty() || common(numbers).has_value();
    }

    // By leaving out one owner after the other, nodes before filters.
    std::vector<Stand> fewest(std::vector<Stand> stands) const {
        std::ranges::stable_sort(stands, {}, [](const Stand& each) { return each.claim.owner; });
        std::vector<std::size_t> count(values_.size(), 0);  // Of stands that are left, by value.
        for (const Stand& stand : stands) ++count[stand.number];
        std::vector<Stand> kept;
        for (std::size_t i = 0; i < stands.size();) {
            const std::size_t first = i;
            bool missed = false;  // Mostly another says the same.
            for (; i < stands.size() && stands[i].claim.owner == stands[first].claim.owner; ++i) {
                missed = --count[stands[i].number] == 0 || missed;
            }
            if (!missed || !agree(left(count))) continue;
            for (std::size_t own = first; own < i; ++own) {
                ++count[stands[own].number];
                kept.push_back(stands[own]);
            }
        }
        return kept;
    }

    static std::vector<std::size_t> left(const std::vector<std::size_t>& count) {
        std::vector<std::size_t> numbers;
        for (std::size_t number = 0; number < count.size(); ++number) {
            if (count[number] > 0) numbers.push_back(number);
        }
        return numbers;
    }

    std::optional<FieldConflict> conflict(std::vector<Stand> stands,
                                          const std::vector<std::size_t>& order) const {
        std::vector<std::size_t> place(problem_.nodes.size());
        for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
        const auto where = [&](const Stand& stand) {
            const std::size_t owner = stand.claim.owner;
            const bool is_node = owner < place.size();
            const auto& link = problem_.links[stand.claim.end / 2];
            return std::pair(place[is_node ? owner : link.from], !is_node);
        };
        std::ranges::stable_sort(stands, {}, where);
        FieldConflict found{.field = field_,
                            .owners = std::vector<bool>(place.size() + problem_.links.size()),
                            .clash = {.link = stands.back().claim.end / 2,
                                      .left = *stands.front().claim.caps,
                                      .right = *stands.back().claim.caps}};
        for (const Stand& stand : stands) found.owners[stand.claim.owner] = true;
        std::vector<std::size_t> before;
        for (const Stand& stand : stands) {
            if (stand.claim.owner != stands.back().claim.owner) before.push_back(stand.number);
        }
        if (auto both = common(before); both && stands.size() > 2) {
            Caps narrowed;
            for (Structure structure : found.clash.left.structures()) {
                structure.set(field_, *both);
                narrowed.append(std::move(structure));
            }
            found.clash.left = std::move(narrowed);
        }
        return found;
    }

    const NegotiationProblem& problem_;
    std::string field_;
    std::vector<std::size_t> parent_;  // Of ends, by which those that carry the same are one.
    std::vector<Value> values_;        // Each once.
    std::vector<Stand> stands_;
    std::map<std::tuple<const PadTransform*, std::size_t, std::size_t>, bool> kept_;
};

std::vector<std::string> fields_of(const std::vector<Claim>& claims) {
    std::vector<std::string> fields;
    for (std::size_t c = 0; c < claims.size(); ++c) {
        if (claims[c].alike != c) continue;
        for (const Structure& structure : claims[c].caps->structures()) {
            for (const Field& field : structure.fields()) {
                if (std::ranges::find(fields, field.name) == fields.end()) {
                    fields.push_back(field.name);
                }
            }
        }
    }
    return fields;
}

}  // namespace

std::optional<FieldConflict> field_conflict(const NegotiationProblem& problem,
                                            const std::vector<std::size_t>& order) {
    const std::vector<Claim> claims = claims_of(problem);
    for (std::string& field : fields_of(claims)) {
        FieldView view(problem, std::move(field));
        if (!view.take(claims)) continue;
        if (auto found = view.find(order)) return found;
    }
    return std::nullopt;
}

}  // namespace parallax
