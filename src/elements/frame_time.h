// stamp: place and time of the n-th frame of a source.
//
// Threads: a pure function.
#pragma once

#include <algorithm>
#include <cstdint>

#include "parallax/meta.h"
#include "parallax/value.h"

namespace parallax::elements {

// A rate of 0/1 is unknown: then there is no time. Times are rounded down, each from its number, so
// that no error adds up.
inline void stamp(Meta& meta, std::uint64_t number, const Fraction& rate) {
    meta.sequence = number;
    if (rate.num() <= 0) return;
    const auto at_ns = [&](std::uint64_t n) {
        __extension__ using Wide = unsigned __int128;
        const Wide ns = Wide{n} * static_cast<Wide>(rate.den()) * 1'000'000'000U;
        const Wide at = ns / static_cast<Wide>(rate.num());
        return static_cast<std::int64_t>(std::min(at, Wide{INT64_MAX}));
    };
    meta.pts_ns = at_ns(number);
    meta.duration_ns = at_ns(number + 1) - meta.pts_ns;
}

}  // namespace parallax::elements
