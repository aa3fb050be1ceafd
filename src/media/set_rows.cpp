#include "media/set_rows.h"

#include <algorithm>

namespace parallax {
namespace {

std::uint64_t pair_key(std::uint32_t a, std::uint32_t b) { return std::uint64_t{a} << 32U | b; }

std::size_t likeness(const SetRows::Row& row) {
    std::size_t sum = row.size();
    for (const SetRows::Number number : row) sum = sum * 1'000'003 + number;
    return sum;
}

// A row ends with a field that it says something of, so that equal sets are equal rows.
void trim(SetRows::Row& row) {
    while (row.size() > 1 && row.back() == 0) row.pop_back();
}

}  // namespace

SetRows::Number SetRows::Column::number(const Value& canonical_value) {
    const std::size_t like = likeness(canonical_value);
    const auto [first, last] = known.equal_range(like);
    for (auto each = first; each != last; ++each) {
        if (value(each->second) == canonical_value) return each->second;
    }
    values.push_back(canonical_value);
    const auto made = static_cast<Number>(values.size());
    known.emplace(like, made);
    return made;
}

SetRows::Number SetRows::Column::number_as_written(const Value& value) {
    if (value.get<List>() == nullptr) return number(value);
    const std::size_t like = likeness(value);
    const auto [first, last] = unsorted.equal_range(like);
    for (auto each = first; each != last; ++each) {
        if (each->second.first == value) return each->second.second;
    }
    const Number made = number(canonical(value));
    unsorted.emplace(like, std::pair(value, made));
    return made;
}

SetRows::Number SetRows::Column::meet(Number a, Number b) {
    if (a == b || b == 0) return a;
    if (a == 0) return b;
    const auto [place, is_new] = meets.try_emplace(pair_key(a, b), kNothing);
    if (!is_new) return place->second;
    const auto both = intersect(value(a), value(b));
    return place->second = both ? number(canonical(*both)) : kNothing;
}

bool SetRows::Column::inside(Number part, Number whole) {
    if (whole == 0 || part == whole) return true;
    if (part == 0) return false;
    const auto [place, is_new] = insides.try_emplace(pair_key(part, whole), false);
    if (is_new) place->second = is_subset(value(part), value(whole));
    return place->second;
}

SetRows::Number SetRows::kind(Kind kind) {
    const auto known = std::ranges::find(kinds_, kind);
    const auto number = static_cast<Number>(known - kinds_.begin());
    if (known == kinds_.end()) kinds_.push_back(std::move(kind));
    return number;
}

std::size_t SetRows::column(const std::string& name) {
    const auto known = std::ranges::find(columns_, name, &Column::name);
    const auto number = static_cast<std::size_t>(known - columns_.begin());
    if (known == columns_.end()) columns_.push_back({.name = name});
    return number;
}

SetRows::Row SetRows::row(const Structure& set) {
    Row row{kind({set.media_type(), set.features()})};
    for (const Field& field : set.fields()) {
        const std::size_t at = column(field.name);
        if (row.size() < at + 2) row.resize(at + 2, 0);
        row[at + 1] = columns_[at].number_as_written(field.value);
    }
    return row;
}

SetRows::Number SetRows::kind_of_both(Number a, Number b) const {
    if (a == b) return a;
    const Kind& left = kinds_[a];
    const Kind& right = kinds_[b];
    if (left.media_type != right.media_type) return kNothing;
    if (left.features.is_any()) return b;
    return right.features.is_any() ? a : kNothing;
}

std::optional<SetRows::Row> SetRows::meet(const Row& a, const Row& b) {
    if (!meets(a, b)) return std::nullopt;
    Row both(std::max(a.size(), b.size()));
    both[0] = kind_of_both(a[0], b[0]);
    for (std::size_t c = 0; c + 1 < both.size(); ++c) {
        both[c + 1] = columns_[c].meet(at(a, c), at(b, c));
    }
    trim(both);
    return both;
}

bool SetRows::meets(const Row& a, const Row& b) {
    if (kind_of_both(a[0], b[0]) == kNothing) return false;
    for (std::size_t c = 0; c + 1 < std::min(a.size(), b.size()); ++c) {
        if (columns_[c].meet(a[c + 1], b[c + 1]) == kNothing) return false;
    }
    return true;
}

bool SetRows::inside(const Row& part, const Row& whole) {
    if (part[0] != whole[0]) {
        const Kind& inner = kinds_[part[0]];
        const Kind& outer = kinds_[whole[0]];
        if (inner.media_type != outer.media_type || !outer.features.is_any()) return false;
    }
    for (std::size_t c = 0; c + 1 < whole.size(); ++c) {
        if (!columns_[c].inside(at(part, c), whole[c + 1])) return false;
    }
    return true;
}

Structure SetRows::set(const Row& row) const {
    Structure made(kinds_[row[0]].media_type, kinds_[row[0]].features);
    for (std::size_t c = 0; c + 1 < row.size(); ++c) {
        if (row[c + 1] != 0) made.set(columns_[c].name, columns_[c].value(row[c + 1]));
    }
    return canonical(made);
}

std::pair<std::size_t, bool> NumberedRows::add(SetRows::Row row) {
    const std::size_t like = likeness(row);
    const auto [first, last] = known_.equal_range(like);
    for (auto each = first; each != last; ++each) {
        if (rows_[each->second] == row) return {each->second, false};
    }
    known_.emplace(like, rows_.size());
    rows_.push_back(std::move(row));
    return {rows_.size() - 1, true};
}

void NumberedRows::cut(std::size_t size) {
    std::erase_if(known_, [size](const auto& each) { return each.second >= size; });
    rows_.resize(std::min(size, rows_.size()));
}

}  // namespace parallax
