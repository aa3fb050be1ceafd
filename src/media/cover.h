// contains, cover_classes: which of several sets take in the parts of another.
//
// The exact subset test needs to know more than "a or b": [1,10] lies inside {[1,5],[6,10]} though
// in neither item, and an alternative of a Caps may be covered by several others together. So one
// set is cut into classes of points that the other sets treat alike, and each class is judged.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "parallax/value.h"

namespace parallax {

bool contains(const Value& set, const Value& point);  // `point` must be fixed.

// Indices into `sets` that accept every point of one class, ascending.
using Accepting = std::vector<std::uint32_t>;

// The classes of `value` by which of `sets` accept them, without repetition. Where a class is
// accepted by no less than another one is, it may be left out: if the other is covered, so is it.
std::vector<Accepting> cover_classes(const Value& value, std::span<const Value* const> sets);

}  // namespace parallax
