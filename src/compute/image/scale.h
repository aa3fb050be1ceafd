// scale: a picture at another size.
//
// Threads: scale() is a pure function; a Scaler belongs to one thread.
#pragma once

#include <cstdint>
#include <memory>

#include "parallax/image.h"
#include "parallax/result.h"

namespace parallax::compute {

enum class ScaleMethod : std::uint8_t {
    nearest,   // The sample whose area the target's centre falls on.
    bilinear,  // Between the two nearest samples each way. Shrinking below half skips some.
    area,      // The mean over the target's footprint: for shrinking.
    triangle,  // Bilinear, but shrinking weighs all samples within one of the target's.
    bicubic,   // Keys' cubic, a = −½ (Catmull-Rom); widened for shrinking, as is the next.
    lanczos,   // Three lobes.
};

// How far a sample may be from the exact value, in codes.
inline constexpr double kScaleErrorCodes = 0.6;  // 8 bits: fixed point.
inline constexpr double kDeepScaleErrorCodes = 0.52;

// Pixels are areas: the pictures' outer edges coincide, for chroma as for luma. The method works
// along columns, then along rows. Samples of 8 bits: weights of 14 bits or more, 1/64 of a code
// between the two passes, rounded once more at the end. Deeper samples, and 8-bit ones that more
// than 16 others make along an axis: single precision, rounded once.
class Scaler {
  public:
    // Formats must agree, Bayer has none. Strides are those of the pictures, not of the layouts.
    static Result<Scaler> create(const ImageLayout& src, const ImageLayout& dst,
                                 ScaleMethod method);
    Scaler(Scaler&&) noexcept;
    Scaler& operator=(Scaler&&) noexcept;
    ~Scaler();

    // Pictures of the formats and sizes that it was made for; checked.
    Result<> run(const ImageView& src, const MutableImageView& dst);

  private:
    struct Parts;
    explicit Scaler(std::unique_ptr<Parts> parts);
    std::unique_ptr<Parts> parts_;
};

// For one picture.
Result<> scale(const ImageView& src, const MutableImageView& dst, ScaleMethod method);

}  // namespace parallax::compute
