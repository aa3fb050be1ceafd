// Simulator: a camera that looks at a scene and delivers raw frames, with the truth beside them.
//
// The scene is a still life in linear light: the 24-patch colour chart, a star and a zone plate,
// text, slanted edges, natural textures, gradients, a highlight that clips, and a ball that glides
// along. It is seen through a lens (pixel aperture and blur, falloff to the corners, hand shake)
// by a sensor with colour filters, shot and read noise, defects, black and white levels.
//
// Three pictures of one exposure, each optional:
//   src    the mosaic as the camera delivers it.
//   clean  the same mosaic without noise and without defects; levels, clipping and rounding stay.
//   truth  RGBA64_LE, linear light with sRGB primaries and a D65 white: what an ideal developer
//          makes of `clean`. With v = (sample − black) / (white − black), corrected for shading
//          and divided by as_shot_neutral, and the camera matrix undone, a pixel of linear sRGB
//          value s (the scene's times 2^exposure_ev) has the code round(65535 · clamp(s, 0, 1));
//          alpha is 65535. No baseline exposure, no tone curve. Pixels lie on their photosites.
//
// Threads: render() and info() may be called from any threads at once.
// Lifetime: a value; holds the painted scene (about 24 bytes a pixel up to 2 MP, 6 above).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "parallax/format.h"
#include "parallax/image.h"
#include "parallax/raw_info.h"
#include "parallax/result.h"

namespace parallax::sim {

struct SimulatorOptions {
    int width = 1024;
    int height = 768;
    BayerOrder order = BayerOrder::rggb;
    int bits = 12;        // 8, 10, 12, 14 or 16
    bool packed = false;  // MIPI packing, for 10 and 12 bits.

    std::uint64_t seed = 1;      // Of noise, defects and shake; the scene is always the same.
    double gain = 1.0;           // ISO / 100; 0.25 … 1024
    double shake_px = 0.0;       // Standard deviation of the camera's position per axis; 0 … 64
    double exposure_ev = 0.0;    // −8 … 8
    double illuminant_k = 4300;  // Colour temperature of the light; 2000 … 20000
    double motion = 1.0;         // Speed of the ball; 0 holds it still.

    // Where the camera points: the scene point of the top-left pixel moves by this. −256 … 256
    double offset_x_px = 0.0;
    double offset_y_px = 0.0;

    double shading = 1.0;                 // Strength of the falloff; 0 … 2
    double defects_per_megapixel = 60.0;  // 0 … 10000

    bool operator==(const SimulatorOptions&) const = default;
};

// A displacement in pixels.
struct Shift {
    double x = 0.0;
    double y = 0.0;
};

// One patch of the colour chart: its place in the picture and its true colour.
struct ChartPatch {
    Shift centre_px;
    double side_px = 0.0;
    std::array<double, 3> linear_srgb{};  // Before exposure_ev.
};

class Simulator {
  public:
    static Result<Simulator> create(const SimulatorOptions& options);

    struct Outputs {
        std::optional<MutableImageView> src = {};    // In raw_format().
        std::optional<MutableImageView> clean = {};  // In raw_format().
        std::optional<MutableImageView> truth = {};  // In RGBA64_LE.
        // Only these rows are written; the default is all of them.
        int first_row = 0;
        int rows = 1 << 20;
    };
    Result<> render(std::uint64_t frame, const Outputs& outputs) const;

    // What a DNG of that frame would tell. Some defects are not in it: nobody found them yet.
    RawInfo info(std::uint64_t frame) const;

    PixelFormat raw_format() const;
    const SimulatorOptions& options() const;

    // How far the hand has moved the camera in that frame: what is at (x, y) in an unshaken frame
    // is at (x, y) − shake.
    Shift shake(std::uint64_t frame) const;
    // All defects, known ones first; `known` of them are in RawInfo::defects.
    struct Defects {
        std::vector<std::array<int, 2>> at;
        std::size_t known = 0;
    };
    Defects defects() const;
    // Row by row, as the chart's maker counts: dark skin is first, black is last.
    std::array<ChartPatch, 24> chart(std::uint64_t frame) const;

    Simulator(Simulator&&) noexcept;
    Simulator& operator=(Simulator&&) noexcept;
    ~Simulator();

  private:
    struct State;
    explicit Simulator(std::unique_ptr<const State> state);
    std::unique_ptr<const State> state_;
};

}  // namespace parallax::sim
