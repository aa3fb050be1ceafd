// videoconvert, videoscale: the same picture in another format, at another size.
//
// Both hand frames on untouched where there is nothing to do.
#pragma once

#include <optional>

#include "compute/image/convert.h"
#include "compute/image/scale.h"
#include "elements/video_format.h"
#include "parallax/element.h"

namespace parallax::elements {

// Formats change, YUV follows the colorimetry that its caps name, and linear light becomes
// sRGB-encoded, unless what follows asks for linear light.
class VideoConvert final : public ElementWith<NoOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;

  private:
    compute::ConvertOptions conversion_;
    bool same_ = false;
};

enum class ScaleBy : std::uint8_t {
    automatic,
    nearest,
    bilinear,
    triangle,
    bicubic,
    lanczos,
    area
};
std::span<const Nick<ScaleBy>> nicks(ScaleBy);

struct VideoScaleOptions {
    ScaleBy method = ScaleBy::automatic;
    static constexpr auto describe() {
        return std::tuple{Option{"method",
                                 &VideoScaleOptions::method,
                                 "how new pixels are made of old ones",
                                 {.live = true}}};
    }
};

class VideoScale final : public ElementWith<VideoScaleOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<> property_changed(std::string_view name) override;
    Result<Flow> process(Context& context) override;

  private:
    Result<> prepare();

    ImageLayout from_, to_;
    bool same_ = false;
    std::optional<compute::Scaler> scaler_;
};

}  // namespace parallax::elements
