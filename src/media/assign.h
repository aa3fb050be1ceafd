// assign: the cheapest values for many small variables, where pairs of them have a price.
//
//     AssignProblem problem;
//     problem.values = {{0, 1}, {1, 2}};                  // Of each variable, the preferred first.
//     problem.tables.push_back(table);                    // table.at(value of 0, value of 1)
//     problem.pairs.push_back({0, 1, 0});
//     const auto answer = assign(problem);
//
// Exact: the sum of all prices is the least there is. Among equally cheap answers the one that the
// first variable likes best wins, then the second variable's, and so on: unique and repeatable.
//
// How: variables are eliminated one after the other (join_tree.h), and then each is asked in its
// turn. Time is linear in the variables of chains and trees, and in what little is left of a graph
// with joins; a graph that would need too large a table is refused.
//
// Threads: a pure function. Deterministic.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <vector>

namespace parallax {

using Price = std::uint64_t;
inline constexpr Price kImpossible = ~Price{0} / 4;  // Sums of a few stay above it.
inline Price add_prices(Price a, Price b) { return a + b < kImpossible ? a + b : kImpossible; }

// The price of each pair of values.
class PriceTable {
  public:
    explicit PriceTable(std::size_t values) : PriceTable(values, values) {}
    PriceTable(std::size_t rows, std::size_t columns, Price all = kImpossible)
        : rows_(rows), columns_(columns), prices_(rows * columns, all) {}
    Price& at(std::size_t a, std::size_t b) { return prices_[a * columns_ + b]; }
    Price at(std::size_t a, std::size_t b) const { return prices_[a * columns_ + b]; }
    std::size_t rows() const { return rows_; }
    std::size_t columns() const { return columns_; }
    const Price* data() const { return prices_.data(); }  // at(0, 0), at(0, 1) …

  private:
    std::size_t rows_;
    std::size_t columns_;
    std::vector<Price> prices_;
};

struct AssignProblem {
    struct Choice {
        std::uint32_t value = 0;
        std::uint32_t rank = 0;  // Least is best; equal ranks leave the choice to later variables.
    };
    struct Pair {
        std::size_t a = 0;
        std::size_t b = 0;
        std::size_t table = 0;
    };
    std::vector<std::vector<Choice>> choices;  // Of each variable, best rank first.
    std::vector<Pair> pairs;
    std::vector<PriceTable> tables;  // May serve many pairs.

    const PriceTable& prices(const Pair& pair) const { return tables[pair.table]; }
};

struct Assignment {
    Price price = 0;
    std::vector<std::uint32_t> values;
};

enum class AssignFailure : std::uint8_t {
    impossible,
    table_too_large,
    too_many_steps,
};
// Bounds on one table and on all work; no graph that people draw comes near.
inline constexpr std::uint64_t kMostTableEntries = std::uint64_t{1} << 18U;
inline constexpr std::uint64_t kMostAssignSteps = std::uint64_t{1} << 27U;

std::expected<Assignment, AssignFailure> assign(const AssignProblem& problem);

// Whether there is any answer at all; cheaper than finding it.
std::expected<bool, AssignFailure> assignable(const AssignProblem& problem);

}  // namespace parallax
