// Readout: from the light on a row of photosites to the numbers that the camera delivers.
//
// Noise model: photons arrive by a Poisson law and fill a well of limited depth; reading adds a
// Gaussian; the converter rounds and clips. A. Foi, M. Trimeche, V. Katkovnik, K. Egiazarian,
// "Practical Poissonian-Gaussian Noise Modeling and Fitting for Single-Image Raw-Data", IEEE TIP
// 17(10), 2008.
// Threads: immutable once made.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "isp/simulator/sensor.h"
#include "isp/simulator/simulator.h"

namespace parallax::sim {

struct Defect {
    enum class Kind : std::uint8_t { hot, dead, stuck };
    int x = 0;
    int y = 0;
    Kind kind = Kind::hot;
    float level = 0.0F;  // Of saturation: what a hot site adds, where a stuck one stays.
};

class Readout {
  public:
    explicit Readout(const SimulatorOptions& options);

    struct Row {
        std::uint64_t frame = 0;
        int y = 0;
    };
    // `rgb` is linear sRGB of the row's pixels; `signal` gets its exposure, 1 saturates.
    void filter(int y, const std::array<std::vector<float>, 3>& rgb, std::span<float> signal) const;
    // Codes without noise and without defects.
    void quantize(int y, std::span<const float> signal, std::span<std::uint16_t> codes) const;
    // Codes with both.
    void read(const Row& row, std::span<const float> signal, std::span<std::uint16_t> codes) const;

    const Sensor& sensor() const { return sensor_; }
    Simulator::Defects defects() const;

  private:
    float noisy(float signal, Site site, const std::array<std::uint32_t, 4>& random) const;

    SimulatorOptions options_;
    Sensor sensor_;
    std::vector<Defect> defects_;  // By row, then by column.
    std::vector<std::array<int, 2>> known_, unknown_;
};

// Packs codes as the raw format has them: bytes, 16-bit words, MIPI RAW10 or RAW12.
void store_codes(std::span<const std::uint16_t> codes, const MutableImageView& image, int y);

}  // namespace parallax::sim
