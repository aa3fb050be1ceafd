// NumberedSets: sets of formats, equal ones known by one number.
//
// Threads: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "parallax/caps.h"

namespace parallax {

// The same set, written in one way: what equals it as a set mostly equals it as text then.
Structure canonical(const Structure& structure);
Value canonical(const Value& value);

// Equal for equal ones, and mostly not for others.
std::size_t likeness(const Value& value);
std::size_t likeness(const Structure& structure);
std::size_t likeness(const Caps& caps);

class NumberedSets {
  public:
    using Number = std::uint32_t;

    // As it is written; by canonical() where the order of its lists means nothing.
    Number add(const Structure& structure);
    const Structure& operator[](Number number) const { return sets_[number]; }
    const std::vector<Structure>& all() const { return sets_; }
    std::size_t size() const { return sets_.size(); }
    // Forgets those from a number on.
    void cut(std::size_t size);

  private:
    std::vector<Structure> sets_;
    std::unordered_multimap<std::size_t, Number> known_;  // By what they are like.
};

}  // namespace parallax
