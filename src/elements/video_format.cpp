#include "elements/video_format.h"

#include "parallax/format.h"

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
