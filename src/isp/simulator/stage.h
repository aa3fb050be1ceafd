// Stage: the painted scene at one picture size, and what a pixel of any frame sees of it.
//
// The still life is painted once; a frame only resamples it at the place where the hand holds the
// camera, and lays the ball over it where the ball is by then.
// Threads: expose() may run on any threads at once, each with its own Exposure.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "isp/simulator/painting.h"
#include "isp/simulator/scene.h"
#include "isp/simulator/simulator.h"

namespace parallax::sim {

// Rows of one frame, one after the other. One per thread.
struct Exposure {
    Taps across, down;            // Of the still life.
    Taps ball_across, ball_down;  // Of the ball.
    Sampler sampler;
    std::array<std::vector<float>, 3> rgb;  // The latest row: linear sRGB, 1 is a perfect white.
    std::array<std::vector<float>, 4> ball;
};

class Stage {
  public:
    explicit Stage(const SimulatorOptions& options);

    // `shake` is added to where the options point the camera.
    Exposure open(std::uint64_t frame, const Shift& shake) const;
    void expose(int y, Exposure& exposure) const;

    // From scene units to the pixels of an unshaken frame; pixel 0 covers 0 … 1.
    Shift to_px(double x, double y) const;
    double unit_px() const { return unit_px_; }

  private:
    void paint_scene();
    void paint_moving_ball();
    void lay_ball(int y, Exposure& exposure) const;

    SimulatorOptions options_;
    double unit_px_ = 1.0;
    int margin_px_ = 0;       // Painted around the picture, for shake and aperture.
    int ball_origin_px_ = 0;  // Where the ball's centre lies in its painting, both ways.
    Painting scene_;
    Painting ball_;
};

}  // namespace parallax::sim
