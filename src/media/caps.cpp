#include "parallax/caps.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "media/cover.h"

namespace parallax {
namespace {

bool features_meet(const Features& a, const Features& b) {
    return a.is_any() || b.is_any() || a == b;
}
bool features_inside(const Features& a, const Features& b) { return b.is_any() || a == b; }

// Whether `a` lies within `b` alone, field by field.
bool inside(const Structure& a, const Structure& b) {
    if (a.media_type() != b.media_type() || !features_inside(a.features(), b.features())) {
        return false;
    }
    return std::ranges::all_of(b.fields(), [&a](const Field& field) {
        const Value* own = a.find(field.name);
        return own && is_subset(*own, field.value);
    });
}

// Is one alternative covered by several others together? Field by field it is cut into classes of
// values that the others treat alike; each class must be covered by those that accept it.
class Cover {
  public:
    explicit Cover(const Structure& inner) : inner_(inner) {}

    bool by(const std::vector<const Structure*>& others) {
        if (others.empty() || ++steps_ > kMaxSteps) return false;
        const std::string* name = next_field(others);
        if (name == nullptr) return true;  // Somebody accepts all that is left.
        decided_.push_back(name);
        const bool covered = each_class_covered(others, *name);
        decided_.pop_back();
        return covered;
    }

  private:
    // Beyond this the answer is "not covered": true enough to be safe, and never slow.
    static constexpr int kMaxSteps = 20'000;

    bool is_decided(std::string_view name) const {
        return std::ranges::any_of(decided_, [&](const std::string* d) { return *d == name; });
    }

    // A field that still matters; null when one of the others has none left.
    const std::string* next_field(const std::vector<const Structure*>& others) const {
        const std::string* found = nullptr;
        for (const Structure* other : others) {
            const auto field = std::ranges::find_if(
                other->fields(), [this](const Field& f) { return !is_decided(f.name); });
            if (field == other->fields().end()) return nullptr;
            if (found == nullptr) found = &field->name;
        }
        return found;
    }

    bool each_class_covered(const std::vector<const Structure*>& others, const std::string& name) {
        std::vector<const Structure*> open;  // Without the field: they accept every value.
        std::vector<const Structure*> picky;
        std::vector<const Value*> sets;
        for (const Structure* other : others) {
            const Value* set = other->find(name);
            (set ? picky : open).push_back(other);
            if (set) sets.push_back(set);
        }
        const Value* own = inner_.find(name);
        if (own == nullptr) return by(open);  // No list covers "any value".
        for (const Accepting& accepting : cover_classes(*own, sets)) {
            std::vector<const Structure*> left = open;
            for (const std::uint32_t index : accepting) left.push_back(picky[index]);
            if (!by(left)) return false;
        }
        return true;
    }

    const Structure& inner_;
    std::vector<const std::string*> decided_;
    int steps_ = 0;
};

bool covered(const Structure& a, std::span<const Structure> by) {
    std::vector<const Structure*> candidates;
    for (const Structure& b : by) {
        if (inside(a, b)) return true;
        if (a.media_type() == b.media_type() && features_inside(a.features(), b.features())) {
            candidates.push_back(&b);
        }
    }
    return candidates.size() > 1 && Cover(a).by(candidates);
}

// The one name in which two alternatives differ; nothing when there is none or more than one.
std::optional<std::string> only_difference(const Structure& a, const Structure& b) {
    if (a.media_type() != b.media_type() || a.features() != b.features() ||
        a.fields().size() != b.fields().size()) {
        return std::nullopt;
    }
    std::optional<std::string> differing;
    for (const Field& field : a.fields()) {
        const Value* other = b.find(field.name);
        if (other == nullptr) return std::nullopt;
        if (*other == field.value) continue;
        if (differing) return std::nullopt;
        differing = field.name;
    }
    return differing;
}

template <class Range>
std::optional<Value> joined(const Value& a, const Value& b) {
    const auto* left = a.get<Range>();
    const auto* right = b.get<Range>();
    if (!left || !right || right->min < left->min || left->max < right->min) return std::nullopt;
    return Value(Range{left->min, std::max(left->max, right->max)});
}

template <>
std::optional<Value> joined<IntRange>(const Value& a, const Value& b) {
    const auto* left = a.get<IntRange>();
    const auto* right = b.get<IntRange>();
    if (!left || !right || left->step != right->step || right->min < left->min) {
        return std::nullopt;
    }
    // Written so that it cannot wrap: right->min is the larger one.
    if (right->min > left->max && right->min - left->step > left->max) return std::nullopt;
    return Value(IntRange{left->min, std::max(left->max, right->max), left->step});
}

// Ranges that touch the one before them grow it; so the minimum, the preferred value, stays.
Value join_ranges(const Value& value) {
    const auto* list = value.get<List>();
    if (list == nullptr) return value;
    std::vector<Value> items;
    for (const Value& item : list->items()) {
        std::optional<Value> both;
        if (!items.empty()) both = joined<IntRange>(items.back(), item);
        if (!items.empty() && !both) both = joined<DoubleRange>(items.back(), item);
        if (!items.empty() && !both) both = joined<FractionRange>(items.back(), item);
        if (both) {
            items.back() = *std::move(both);
        } else {
            items.push_back(item);
        }
    }
    return list_of(std::move(items));
}

template <class T>
std::optional<T> fixed_value(const Structure& structure, std::string_view field) {
    const Value* value = structure.find(field);
    const T* fixed = value ? value->get<T>() : nullptr;
    return fixed ? std::optional<T>(*fixed) : std::nullopt;
}

}  // namespace

Features Features::any() {
    Features features;
    features.any_ = true;
    return features;
}

Features::Features(std::vector<std::string> names) : names_(std::move(names)) {
    std::erase_if(names_, [](const std::string& name) {
        return name == kMemFd || name == "memory:SystemMemory";
    });
    std::ranges::sort(names_);
    names_.erase(std::ranges::unique(names_).begin(), names_.end());
}

Structure::Structure(std::string media_type, Features features)
    : media_type_(std::move(media_type)), features_(std::move(features)) {}

const Value* Structure::find(std::string_view field) const {
    const auto found = std::ranges::find(fields_, field, &Field::name);
    return found == fields_.end() ? nullptr : &found->value;
}

std::optional<std::int64_t> Structure::get_int(std::string_view field) const {
    return fixed_value<std::int64_t>(*this, field);
}
std::optional<double> Structure::get_double(std::string_view field) const {
    return fixed_value<double>(*this, field);
}
std::optional<bool> Structure::get_bool(std::string_view field) const {
    return fixed_value<bool>(*this, field);
}
std::optional<Fraction> Structure::get_fraction(std::string_view field) const {
    return fixed_value<Fraction>(*this, field);
}
std::optional<std::string_view> Structure::get_string(std::string_view field) const {
    const Value* value = find(field);
    const auto* text = value ? value->get<std::string>() : nullptr;
    return text ? std::optional<std::string_view>(*text) : std::nullopt;
}

void Structure::set(std::string_view field, Value value) {
    const auto found = std::ranges::find(fields_, field, &Field::name);
    if (found != fields_.end()) {
        found->value = std::move(value);
    } else {
        fields_.push_back({std::string(field), std::move(value)});
    }
}

bool Structure::erase(std::string_view field) {
    return std::erase_if(fields_, [&](const Field& f) { return f.name == field; }) > 0;
}

Structure Structure::with(std::string_view field, Value value) && {
    set(field, std::move(value));
    return std::move(*this);
}

Caps Caps::any() {
    Caps caps;
    caps.any_ = true;
    return caps;
}

void Caps::append(Structure alternative) {
    if (!any_) structures_.push_back(std::move(alternative));
}

std::optional<Structure> intersect(const Structure& a, const Structure& b) {
    if (a.media_type() != b.media_type() || !features_meet(a.features(), b.features())) {
        return std::nullopt;
    }
    Structure both(a.media_type(), a.features().is_any() ? b.features() : a.features());
    for (const Field& field : a.fields()) {
        const Value* other = b.find(field.name);
        auto value = other ? intersect(field.value, *other) : std::optional(field.value);
        if (!value) return std::nullopt;
        both.set(field.name, *std::move(value));
    }
    for (const Field& field : b.fields()) {
        if (a.find(field.name) == nullptr) both.set(field.name, field.value);
    }
    return both;
}

Caps intersect(const Caps& a, const Caps& b) {
    if (a.is_any()) return b;
    if (b.is_any() || a == b) return a;
    // Enough to keep answers short; a longer one only repeats itself, which is not wrong.
    constexpr std::size_t max_compared = 64;
    Caps both;
    for (const Structure& left : a.structures()) {
        for (const Structure& right : b.structures()) {
            auto part = intersect(left, right);
            if (!part) continue;
            const auto known =
                both.structures().first(std::min(both.structures().size(), max_compared));
            const auto holds = [&](const Structure& earlier) { return inside(*part, earlier); };
            if (std::ranges::none_of(known, holds)) both.append(*std::move(part));
        }
    }
    return both;
}

bool can_intersect(const Caps& a, const Caps& b) {
    if (a.is_any()) return !b.is_empty();
    if (b.is_any()) return !a.is_empty();
    return std::ranges::any_of(a.structures(), [&b](const Structure& left) {
        return std::ranges::any_of(b.structures(), [&left](const Structure& right) {
            return intersect(left, right).has_value();
        });
    });
}

bool is_subset(const Caps& a, const Caps& b) {
    if (b.is_any() || a.is_empty()) return true;
    if (a.is_any()) return false;
    return std::ranges::all_of(a.structures(),
                               [&b](const Structure& s) { return covered(s, b.structures()); });
}

bool equal(const Caps& a, const Caps& b) { return a == b || (is_subset(a, b) && is_subset(b, a)); }

bool is_fixed(const Structure& structure) {
    return !structure.features().is_any() &&
           std::ranges::all_of(structure.fields(),
                               [](const Field& field) { return is_fixed(field.value); });
}

bool is_fixed(const Caps& caps) {
    return caps.structures().size() == 1 && is_fixed(caps.structures().front());
}

Structure fixate(Structure structure) {
    Structure fixed(structure.media_type(),
                    structure.features().is_any() ? Features() : structure.features());
    for (const Field& field : structure.fields()) fixed.set(field.name, fixate(field.value));
    return fixed;
}

std::optional<Caps> fixate(const Caps& caps) {
    if (caps.is_any()) return std::nullopt;
    if (caps.is_empty()) return caps;
    return Caps(fixate(caps.structures().front()));
}

std::optional<Caps> nearest(const Caps& caps, std::string_view field, const Value& target) {
    const Structure* best = nullptr;
    std::optional<Value> best_value;
    for (const Structure& structure : caps.structures()) {
        const Value* set = structure.find(field);
        auto value = set ? nearest(*set, target) : std::optional(target);
        if (!value) continue;
        // The nearer of two values is the nearest of the list of both, the earlier on a tie.
        if (best && nearest(list_of({*best_value, *value}), target) == best_value) continue;
        best = &structure;
        best_value = std::move(value);
    }
    if (best == nullptr) return std::nullopt;
    Structure chosen = *best;
    chosen.set(field, *std::move(best_value));
    return Caps(std::move(chosen));
}

Caps simplify(const Caps& caps) {
    if (caps.is_any()) return caps;
    std::vector<Structure> kept;
    for (const Structure& structure : caps.structures()) {
        if (covered(structure, kept)) continue;
        const auto differing =
            kept.empty() ? std::nullopt : only_difference(kept.back(), structure);
        if (differing) {
            Structure& last = kept.back();
            last.set(*differing, list_of({*last.find(*differing), *structure.find(*differing)}));
        } else {
            kept.push_back(structure);
        }
    }
    for (Structure& structure : kept) {
        const std::vector<Field> fields(structure.fields().begin(), structure.fields().end());
        for (const Field& field : fields) structure.set(field.name, join_ranges(field.value));
    }
    return Caps(std::move(kept));
}

}  // namespace parallax
