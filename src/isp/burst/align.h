// Alignment: where each tile of a frame is found in another frame of the same scene.
//
//     const AlignPyramid reference(cell_means(a)), other(cell_means(b));
//     const ShiftField field = align(reference, other, each_slice);
//     field.at(x, y)                  // What is at (x, y) there is at (x, y) + shift here.
//
// Coarse to fine over a pyramid: each tile begins with the best of its parents' shifts, searches
// around it for the least sum of squared differences, and ends between pixels, where a parabola
// through the neighbours has its least. After Hasinoff et al., "Burst photography for high dynamic
// range and low-light imaging on mobile cameras", SIGGRAPH Asia 2016, section 4.
//
// Shifts of up to 64 pixels (128 of the sensor) are found where the picture is large enough.
// Threads: pure functions; `slices` may run bodies on any threads. The result does not depend on
// it.
#pragma once

#include <functional>
#include <vector>

#include "isp/burst/planes.h"

namespace parallax::isp {

// Calls body(0) … body(count − 1), each once, in any order.
using BurstSlices = std::function<void(int count, const std::function<void(int)>& body)>;

struct PlaneShift {
    float x = 0;
    float y = 0;
};

class AlignPyramid {
  public:
    explicit AlignPyramid(Plane finest);

    std::size_t levels() const { return levels_.size(); }
    const Plane& level(std::size_t number) const { return levels_[number]; }  // 0 is the finest.

  private:
    std::vector<Plane> levels_;
};

inline constexpr int kAlignTile = 16;  // Pixels of a plane.

struct ShiftField {
    int columns = 0;
    int rows = 0;
    std::vector<PlaneShift> shifts;  // Of tiles of kAlignTile, row-major.

    const PlaneShift& tile(int x, int y) const {
        return shifts[static_cast<std::size_t>(y) * static_cast<std::size_t>(columns) +
                      static_cast<std::size_t>(x)];
    }
    // At a point of the plane: between the middles of tiles, as far as they agree; where they do
    // not, that of the nearest, since what lies between two movements moves like neither.
    PlaneShift at(float x, float y) const;
};

ShiftField align(const AlignPyramid& reference, const AlignPyramid& other,
                 const BurstSlices& slices);

}  // namespace parallax::isp
