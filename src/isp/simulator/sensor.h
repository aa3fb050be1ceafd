// Sensor: how the simulated camera turns light into numbers, and what its maker tells of it.
//
// Everything that a developer of its pictures may know leaves through describe(); nothing here is
// shared with the code that develops them. Colour follows the camera model of the DNG 1.7
// specification, chapter 6: camera = ColorMatrix(temperature) · XYZ, the matrix interpolated
// between two calibrations by inverse temperature; the scene, given as linear sRGB, is relit from
// D65 to the illuminant by Bradford adaptation.
// Threads: immutable once made.
#pragma once

#include <array>
#include <cstdint>

#include "isp/simulator/simulator.h"
#include "parallax/raw_info.h"

namespace parallax::sim {

// The four kinds of photosite, in the order in which an RGGB cell has them.
enum class Site : std::uint8_t { red, green_of_red_row, green_of_blue_row, blue };

constexpr Site site_at(BayerOrder order, int x, int y) {
    return static_cast<Site>(((y & 1) * 2 + (x & 1)) ^ static_cast<int>(order));
}

// A matrix for column vectors, row-major, in the precision of calibration work.
using Matrix = std::array<double, 9>;

class Sensor {
  public:
    explicit Sensor(const SimulatorOptions& options);

    // Linear sRGB → the exposure of one kind of site; 1 saturates it. Weights of R, G and B.
    std::array<float, 3> response(Site site) const;
    // Falloff of light at a site: relative = (1 + falloff · r²)⁻², r = 1 in the corners.
    float falloff(Site site) const;

    float black(Site site) const { return black_[static_cast<std::size_t>(site)]; }
    float white() const { return white_; }
    float full_scale() const { return full_scale_; }
    // Photoelectrons at saturation, and the noise of reading them out.
    float full_well_e() const { return full_well_e_; }
    float read_noise_e() const { return read_noise_e_; }

    // All but the defects.
    RawInfo describe() const;

  private:
    ShadingGrid shading() const;

    SimulatorOptions options_;
    Matrix srgb_to_camera_{};  // White becomes neutral_.
    std::array<double, 3> neutral_{};
    std::array<float, 4> black_{};
    float white_ = 0.0F;
    float full_scale_ = 0.0F;
    float full_well_e_ = 0.0F;
    float read_noise_e_ = 0.0F;
};

}  // namespace parallax::sim
