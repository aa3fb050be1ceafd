// Reach: which of a few values can follow which, as sets of bits; no answer is worked out twice.
//
//     Reach reach(values);
//     const auto from = reach.set({true, false, true});
//     const auto to = reach.image(reach.table(rows), from);   // What can follow any of them.
//
// Sets and tables are known by numbers, equal ones by the same. Graphs are made of the same few
// elements again and again, so nearly every question has been asked before.
//
// Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <vector>

namespace parallax {

class Reach {
  public:
    using Set = std::uint32_t;
    using Table = std::uint32_t;
    static constexpr Set kNothing = 0;
    static constexpr Set kEverything = 1;
    static constexpr Table kOpen = 0;  // Everything can follow everything.

    explicit Reach(std::size_t values);  // At least one.

    Set set(const std::vector<bool>& members);
    Table table(const std::vector<std::vector<bool>>& rows);  // rows[a][b]: b can follow a.

    bool holds(Set set, std::size_t value) const { return bit(sets_[set], value); }
    bool follows(Table table, std::size_t a, std::size_t b) const;

    Set meet(Set a, Set b);
    Set image(Table table, Set from);  // What can follow any of `from`.
    Table turned(Table table);
    Table both(Table a, Table b);
    // What can follow what by way of a value in `between`.
    Table through(Table first, Set between, Table second);

    std::size_t values() const { return values_; }
    std::uint64_t steps() const { return steps_; }  // What it has cost so far, in words of bits.

  private:
    using Bits = std::vector<std::uint64_t>;
    using Known = std::unordered_map<std::uint64_t, std::uint32_t>;

    static bool bit(const Bits& bits, std::size_t at) { return (bits[at / 64] >> at % 64) & 1U; }
    static void put(Bits& bits, std::size_t at) { bits[at / 64] |= std::uint64_t{1} << at % 64; }
    static std::uint64_t key(std::uint32_t a, std::uint32_t b) {
        return std::uint64_t{a} << 32U | b;
    }
    std::uint32_t known(std::vector<Bits>& all, std::map<Bits, std::uint32_t>& numbers, Bits bits);
    Set known_set(Bits bits) { return known(sets_, set_numbers_, std::move(bits)); }
    Table known_table(Bits rows) { return known(tables_, table_numbers_, std::move(rows)); }
    // Adds what can follow any of `from` to `to`.
    void gather(const Bits& rows, const std::uint64_t* from, std::uint64_t* to);

    std::size_t values_;
    std::size_t words_;       // Of a set; a table has one set for each value.
    std::vector<Bits> sets_;  // By number.
    std::vector<Bits> tables_;
    std::map<Bits, std::uint32_t> set_numbers_;
    std::map<Bits, std::uint32_t> table_numbers_;
    Known meets_;
    Known images_;
    Known turned_;
    Known both_;
    std::map<std::vector<std::uint32_t>, Table> through_;
    std::uint64_t steps_ = 0;
};

}  // namespace parallax
