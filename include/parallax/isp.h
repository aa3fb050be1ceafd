// parallax::isp: developing raw sensor frames into pictures in software.
//
//     Developer developer = PX_TRY(isp::Developer::create({}, raw.layout, out.layout));
//     PX_TRY(developer.develop(raw, info, out));              // once per frame
//
// One pass over the frame with line buffers, no full-frame intermediates: unpack, black and white
// level, defects, lens shading, white balance, demosaic, highlights, camera → sRGB, tone, store.
//
// Working precision, whatever the input's depth: the balanced mosaic has 13 bits, linear colour
// from there to the tone curve 15, both in int16 lanes; `rcd` interpolates in float and joins at 15
// bits. Samples below black are clipped to it. For 8-bit pictures the tone curve is within 1/255 of
// its exact value, and monotone; for 16-bit ones it is exact.
//
// The picture depends on the frame, its RawInfo and the Settings alone: not on the number of
// slices or threads, and not on which instruction set of one machine is used.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "parallax/format.h"
#include "parallax/image.h"
#include "parallax/raw_info.h"
#include "parallax/result.h"

namespace parallax::isp {

enum class Demosaic : std::uint8_t {
    automatic,   // As `quality` says: preview → bilinear (superpixel if the picture is to be half
                 // as large or smaller), balanced → mhc, best → rcd.
    bilinear,    // Average of the nearest samples of each colour.
    mhc,         // Malvar, He, Cutler 2004: bilinear corrected by the gradient, 5×5.
    rcd,         // Ratio corrected demosaicing, Sanz Rodríguez: the best, in float.
    superpixel,  // One pixel from each 2×2 cell: half the size, no interpolation.
};

enum class Quality : std::uint8_t { preview, balanced, best };

enum class WhiteBalance : std::uint8_t {
    metadata,    // RawInfo::as_shot_neutral; without one, gray_world.
    manual,      // Settings::manual_gains.
    gray_world,  // The mean of the frame is gray. Clipped and black cells do not vote.
    gray_edge,   // The mean of its edges is gray: better where one colour fills the frame.
};

enum class Tone : std::uint8_t {
    linear,  // No curve: for measuring.
    srgb,    // The transfer function of IEC 61966-2-1.
    filmic,  // The same with a mild S: deeper shadows, a soft shoulder.
};

enum class Highlights : std::uint8_t {
    clip,   // Everything above the first clipped channel is white.
    blend,  // Colour fades to white over the range in which only some channels are clipped.
};

struct Settings {
    Demosaic demosaic = Demosaic::automatic;
    Quality quality = Quality::balanced;

    WhiteBalance white_balance = WhiteBalance::metadata;
    std::array<float, 3> manual_gains{1.0F, 1.0F, 1.0F};  // R, G, B; only their ratios matter.

    float exposure_ev = 0.0F;  // Added to RawInfo::baseline_exposure_ev. −8 … 8
    Tone tone = Tone::srgb;
    Highlights highlights = Highlights::clip;
    int false_color_suppression = 0;  // Passes of a median over differences of colours, 0 … 3.
    float sharpen = 0.0F;             // Strength of the unsharp mask on luma, 0 … 2.

    bool correct_defects = true;  // Known ones (RawInfo::defects), and found ones.
    bool correct_shading = true;  // By RawInfo::shading.
    bool color_matrix = true;     // Off: balanced camera colours are shown as they are.

    bool operator==(const Settings&) const = default;
};

// Calls body(0) … body(count − 1), in any order and on any threads, and returns when all are done.
// An empty one means: in order, on the calling thread.
using Slices = std::function<void(int count, const std::function<void(int)>& body)>;

// What was done to the last frame, for reports and provenance.
struct Development {
    std::array<float, 3> gains{1.0F, 1.0F, 1.0F};  // White balance, the smallest is 1.
    float temperature_k = 0.0F;                    // Of the assumed white; 0 without calibration.
    bool calibrated = false;   // False: no usable ColorMatrix, camera colours shown as sRGB.
    float exposure_ev = 0.0F;  // In total.
    Matrix3 camera_to_srgb{1, 0, 0, 0, 1, 0, 0, 0, 1};  // From balanced camera RGB, linear.
};

// Develops frames of one raw layout into pictures of one output layout.
//
// Output formats: RGB BGR RGBA BGRA RGBx BGRx NV12 NV21 I420 YV12 RGBA64_LE (alpha opaque; YUV in
// limited range of BT.601, as the picture functions read it; chroma is the mean of its pixels).
// Output size: that of the mosaic, half of it (rounded down) for `superpixel`, or any other, to
// which the picture is scaled: area average to shrink, bilinear to enlarge.
//
// Threads: one develop() at a time; the body given to `slices` may run on many.
// Lifetime: scratch memory is kept between frames; after the first frame nothing is allocated,
// unless a frame brings a new shading grid or list of defects.
class Developer {
  public:
    static Result<Developer> create(const Settings& settings, const ImageLayout& raw,
                                    const ImageLayout& out);
    Developer(Developer&&) noexcept;
    Developer& operator=(Developer&&) noexcept;
    ~Developer();

    // `info` may come from a hostile file: every number in it is checked first.
    Result<Development> develop(const ImageView& raw, const RawInfo& info,
                                const MutableImageView& out, const Slices& slices = {});

    // May change between frames, if the same layouts remain possible.
    Result<> set_settings(const Settings& settings);
    const Settings& settings() const;

  private:
    struct State;
    explicit Developer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// The size that `demosaic` gives without scaling: that of the mosaic, or half.
std::array<int, 2> natural_size_px(Demosaic demosaic, const ImageLayout& raw);

// "mhc" and so on, as users write them; nothing for unknown words.
std::string_view to_string(Demosaic demosaic);
std::string_view to_string(Quality quality);
std::string_view to_string(WhiteBalance mode);
std::string_view to_string(Tone tone);
std::string_view to_string(Highlights mode);

}  // namespace parallax::isp
