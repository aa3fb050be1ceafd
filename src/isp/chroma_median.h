// ChromaMedian: takes false colours off fine detail, between the demosaic and finishing.
//
// A demosaic that guesses wrong along a fine line makes specks of colour. Colour changes slowly
// where brightness does not, so the differences red − green and blue − green are each replaced by
// the median of their 3×3 neighbours, once or more; what was measured stays, and green follows from
// it. After W. T. Freeman, "Method and apparatus for reconstructing missing color samples", US
// patent 4724395, 1988 (expired).
//
// What was measured is noisy, though, and green that followed it would be as noisy as one photosite
// instead of the four it was interpolated from. So of a measured value's distance from the median,
// what is below a threshold is taken for noise and off the value; green follows the rest (Donoho,
// "De-noising by soft-thresholding", 1995).
//
// Rows come in from top to bottom and go out `passes` rows later. Nothing depends on where a band
// begins, if it begins at least `passes` rows early, or at the top of the picture.
// Threads: one thread each. Lifetime: kept between frames.
#pragma once

#include <array>
#include <vector>

#include "isp/demosaic.h"
#include "isp/lanes.h"

namespace parallax::isp {

// Standard deviation of a value v after balancing: scale · √(v + offset).
struct LinearNoise {
    float scale = 0.0F;
    float offset = 0.0F;
};

class ChromaMedian {
  public:
    static constexpr int kMaxPasses = 3;

    struct Options {
        int width = 0;
        int height = 0;
        int passes = 1;  // 1 … kMaxPasses
        bool operator==(const Options&) const = default;
    };
    explicit ChromaMedian(const Options& options);
    const Options& options() const { return options_; }

    // The first row that will be put.
    void start(int first);

    // Part of a row; parts of one row come before those of the next.
    void put(int y, const BlockRange& range, const LinearBlock& in);
    // Row y is complete.
    void close_row(int y);

    // Rows before this one can be read, while they are among the last four of them.
    int ready_end() const { return ready_[static_cast<std::size_t>(options_.passes)]; }

    // Results come within 0 … limit; `phase` says what was measured where in the row.
    struct Site {
        RowPhase phase;
        std::int16_t limit;
        LinearNoise noise = {};  // Of the colour that is measured in this row beside green.
    };
    void read(int y, const BlockRange& range, const Site& site, LinearBlock& out);

  private:
    using Differences = std::array<LineRing, 2>;  // Red − green, blue − green.

    void filter(std::size_t pass, int y);

    Options options_;
    LineRing green_;
    std::vector<Differences> passes_;          // [0] as they came, [i] after i passes.
    std::array<int, kMaxPasses + 1> ready_{};  // Of each, the row after the last one that is there.
};

}  // namespace parallax::isp
