// loss: what a picture loses on the way from one format to another, for choosing among converters.
//
// Threads: pure functions.
#pragma once

#include <cstdint>

#include "parallax/caps.h"

namespace parallax {

// 0 where nothing is lost, or nothing is known. Losing colour weighs most, then alpha, then finer
// chroma or bits of a sample; needless bytes weigh a little. A set is judged by the format in it
// that loses least.
std::uint32_t conversion_loss(const Caps& from, const Caps& to);

// The same set with the formats in `to` that lose least put first; others stay in their order.
Caps least_loss_first(const Structure& from, Caps to);

}  // namespace parallax
