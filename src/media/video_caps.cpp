#include "parallax/video_caps.h"

#include <algorithm>
#include <limits>
#include <string>
#include <vector>

namespace parallax {
namespace {

Structure video_structure(std::string_view media_type, std::vector<Value> names) {
    constexpr std::int64_t max_rate = std::numeric_limits<std::int32_t>::max();
    return Structure(std::string(media_type))
        .with("format", list_of(std::move(names)))
        .with("width", IntRange{1, kMaxSidePx})
        .with("height", IntRange{1, kMaxSidePx})
        .with("framerate", FractionRange{Fraction(0, 1), Fraction(max_rate, 1)});
}

Result<int> side_px(const Structure& fixed, std::string_view field) {
    const auto side = fixed.get_int(field);
    if (!side) {
        return fail(Errc::invalid_argument,
                    "caps without a fixed " + std::string(field) + ": " + to_string(fixed));
    }
    if (*side < 1 || *side > kMaxSidePx) {
        return fail(Errc::invalid_argument, std::string(field) + " " + std::to_string(*side) +
                                                " is outside 1 to " + std::to_string(kMaxSidePx));
    }
    return static_cast<int>(*side);
}

}  // namespace

Caps video_caps(std::span<const PixelFormat> formats) {
    std::vector<std::string_view> media_types;
    for (const PixelFormat format : formats) {
        const std::string_view media_type = traits(format).media_type;
        if (std::ranges::find(media_types, media_type) == media_types.end()) {
            media_types.push_back(media_type);
        }
    }
    Caps caps;
    for (const std::string_view media_type : media_types) {
        std::vector<Value> names;
        for (const PixelFormat format : formats) {
            const PixelTraits& t = traits(format);
            if (t.media_type == media_type) names.emplace_back(t.name);
        }
        caps.append(video_structure(media_type, std::move(names)));
    }
    return caps;
}

Caps video_caps(std::initializer_list<PixelFormat> formats) {
    return video_caps(std::span(formats.begin(), formats.size()));
}

Caps caps_of(const ImageLayout& layout, Fraction framerate) {
    const PixelTraits& t = traits(layout.format);
    return Structure(std::string(t.media_type))
        .with("format", t.name)
        .with("width", layout.width)
        .with("height", layout.height)
        .with("framerate", framerate);
}

Result<ImageLayout> layout_from_caps(const Structure& fixed) {
    const auto name = fixed.get_string("format");
    if (!name) {
        return fail(Errc::invalid_argument, "caps without a fixed format: " + to_string(fixed));
    }
    const auto format = pixel_format(fixed.media_type(), *name);
    if (!format) {
        return fail(Errc::invalid_argument,
                    "no pixel format called " + std::string(*name) + " in " + fixed.media_type());
    }
    const int width = PX_TRY(side_px(fixed, "width"));
    const int height = PX_TRY(side_px(fixed, "height"));
    return image_layout(*format, width, height);
}

double stream_bytes_per_second(const Structure& fixed) {
    const auto layout = layout_from_caps(fixed);
    if (!layout) return 0;
    const double rate = fixed.get_fraction("framerate").value_or(Fraction(0, 1)).as_double();
    return static_cast<double>(layout->size_bytes) * (rate > 0 ? rate : 30.0);
}

}  // namespace parallax
