#include "elements/video_format.h"

#include <array>
#include <cstdio>
#include <vector>

#include "parallax/video_caps.h"

namespace parallax::elements {
namespace {

// frame · den / num seconds in nanoseconds, whole seconds apart, so that nothing overflows.
std::int64_t time_ns(std::int64_t frame, Fraction rate) {
    constexpr std::int64_t second_ns = 1'000'000'000;
    const std::int64_t ticks = frame * rate.den();
    return ticks / rate.num() * second_ns + ticks % rate.num() * second_ns / rate.num();
}

std::string quoted(const PropertyValue& value) {
    std::string text = to_string(value);
    const bool plain = text.find_first_of(" \"'\\!;") == std::string::npos && !text.empty();
    return plain ? text : '"' + text + '"';
}

}  // namespace

bool is_linear(const Structure& caps) {
    return caps.get_string(kColorimetry) == kLinearColorimetry;
}

PictureColor picture_color(const PadFormat& format) {
    using compute::Transfer;
    using compute::YuvMatrix;
    using compute::YuvRange;
    PictureColor color;
    const bool large = format.image && format.image->height > 576;
    color.yuv.matrix = large ? YuvMatrix::bt709 : YuvMatrix::bt601;
    const std::string word{format.caps.get_string(kColorimetry).value_or("")};
    if (word == "bt601") color.yuv.matrix = YuvMatrix::bt601;
    if (word == "bt709") color.yuv.matrix = YuvMatrix::bt709;
    if (word == "bt2020") color.yuv.matrix = YuvMatrix::bt2020;
    // The numbers of GstVideoColorRange, GstVideoColorMatrix and GstVideoTransferFunction.
    std::array<unsigned, 4> number{};
    if (std::sscanf(word.c_str(), "%u:%u:%u:%u", &number[0], &number[1], &number[2], &number[3]) !=
        4) {
        return color;
    }
    color.yuv.range = number[0] == 1 ? YuvRange::full : YuvRange::limited;
    if (number[1] == 3) color.yuv.matrix = YuvMatrix::bt709;
    if (number[1] == 4) color.yuv.matrix = YuvMatrix::bt601;
    if (number[1] == 6) color.yuv.matrix = YuvMatrix::bt2020;
    color.transfer = number[2] == 1 ? Transfer::linear : Transfer::srgb;
    return color;
}

Caps picture_caps() {
    std::vector<PixelFormat> formats{PixelFormat::rgb};
    for (const PixelFormat format : all_pixel_formats()) {
        const bool mosaic = traits(format).family == PixelFamily::bayer;
        if (!mosaic && format != formats.front()) formats.push_back(format);
    }
    return video_caps(formats);
}

FrameTimes frame_times(std::int64_t frame, Fraction framerate) {
    if (framerate.num() <= 0) return {};
    const std::int64_t pts = time_ns(frame, framerate);
    return {pts, time_ns(frame + 1, framerate) - pts};
}

std::string changed_properties(const Element& element) {
    std::string text;
    for (const PropertySpec& spec : element.properties()) {
        const auto value = element.property(spec.name);
        if (!value || *value == spec.initial) continue;
        if (!text.empty()) text += ' ';
        text += std::string(spec.name) + '=' + quoted(*value);
    }
    return text;
}

Structure any_size(Structure shape) {
    shape.set("width", IntRange{1, kMaxSidePx});
    shape.set("height", IntRange{1, kMaxSidePx});
    return shape;
}

}  // namespace parallax::elements
