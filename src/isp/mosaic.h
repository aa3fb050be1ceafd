// BalancedMosaic: the rows of one raw frame, levelled, repaired and balanced, on demand.
//
// A consumer begins at some row and asks for later and later ones; the last eight stay available.
// A row does not depend on where its consumer began.
// Threads: one thread each. Lifetime: the frame and plan given to begin() outlive the rows.
#pragma once

#include <cstdint>
#include <vector>

#include "isp/lanes.h"
#include "isp/plan.h"
#include "parallax/image.h"

namespace parallax::isp {

class BalancedMosaic {
  public:
    explicit BalancedMosaic(const ImageLayout& raw);

    // Rows from `first` on will be asked for, in rising order.
    void begin(const FramePlan& plan, const ImageView& raw, int first);

    // Makes rows up to y ready; rows y − 7 … y may be read then.
    void advance(int y);

    // Mirrored at the frame's edges.
    HalfRows row(int y) { return balanced_.row(mirror(y, raw_.height())); }
    Window window(int y);

    // The two rows of a row of cells, as the first two of a window.
    Window cell_rows(int y) { return {row(2 * y), row(2 * y + 1)}; }

  private:
    template <class Take>
    void with_samples(int y, const Take& take);
    void repair(int y, const HalfRows& out);
    void patch_known(int y);
    void patch(int x, int y);

    const FramePlan* plan_ = nullptr;
    ImageView raw_;
    LineRing balanced_;
    LineRing levelled_;  // Used only while defects are looked for.
    int next_ = 0;
    int next_levelled_ = 0;
    int first_levelled_ = 0;
    std::vector<std::uint16_t> samples_;
    std::vector<std::int16_t> shading_;
};

}  // namespace parallax::isp
