// SetRows: sets of formats as rows of small numbers, so that what two of them have in common is
// looked up, not worked out.
//
// Cutting a link into kinds meets every set with every other, and most of them share most of their
// values: a list of 38 pixel formats is one number here, and meets another list once.
//
// Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "media/numbered_sets.h"
#include "parallax/caps.h"

namespace parallax {

class SetRows {
  public:
    // Media type and memory, then a number for each field: 0 where it may have any value.
    using Row = std::vector<std::uint32_t>;
    using Number = std::uint32_t;

    // Of the set's canonical form: equal sets mostly have equal rows.
    Row row(const Structure& set);
    std::optional<Row> meet(const Row& a, const Row& b);
    bool meets(const Row& a, const Row& b);
    bool inside(const Row& part, const Row& whole);  // One alternative in another.
    Structure set(const Row& row) const;             // In canonical form.

  private:
    struct Kind {
        std::string media_type;
        Features features;
        bool operator==(const Kind&) const = default;
    };
    // Values of one field, each once; 0 stands for any.
    struct Column {
        std::string name;
        std::vector<Value> values = {};
        std::unordered_multimap<std::size_t, Number> known = {};
        // Lists in an order that is not canonical, as they came.
        std::unordered_multimap<std::size_t, std::pair<Value, Number>> unsorted = {};
        std::unordered_map<std::uint64_t, Number> meets = {};
        std::unordered_map<std::uint64_t, bool> insides = {};

        Number number(const Value& canonical_value);
        Number number_as_written(const Value& value);
        const Value& value(Number number) const { return values[number - 1]; }
        Number meet(Number a, Number b);  // kNothing where they do not.
        bool inside(Number part, Number whole);
    };
    static constexpr Number kNothing = ~Number{0};

    Number kind(Kind kind);
    std::size_t column(const std::string& name);
    static Number at(const Row& row, std::size_t column) {
        return column + 1 < row.size() ? row[column + 1] : 0;
    }

    Number kind_of_both(Number a, Number b) const;

    std::vector<Kind> kinds_;
    std::vector<Column> columns_;
};

// Rows, equal ones known by one number, in the order in which they came.
class NumberedRows {
  public:
    // Its number, and whether it is new.
    std::pair<std::size_t, bool> add(SetRows::Row row);
    void cut(std::size_t size);  // Forgets those from a number on.
    std::size_t size() const { return rows_.size(); }
    const SetRows::Row& operator[](std::size_t number) const { return rows_[number]; }

  private:
    std::vector<SetRows::Row> rows_;
    std::unordered_multimap<std::size_t, std::size_t> known_;
};

}  // namespace parallax
