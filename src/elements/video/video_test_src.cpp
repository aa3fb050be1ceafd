#include "elements/video/video_test_src.h"

#include <array>
#include <vector>

#include "parallax/video_caps.h"

namespace parallax::compute {

std::span<const Nick<Pattern>> nicks(Pattern) {
    static constexpr std::array<Nick<Pattern>, kPatternNames.size()> kNicks = [] {
        constexpr std::array<std::string_view, kPatternNames.size()> docs{
            "colour bars and snow",
            "gray noise, new in each frame",
            "",
            "",
            "",
            "",
            "",
            "red and green squares of 1 pixel",
            "of 2 pixels",
            "of 4 pixels",
            "of 8 pixels",
            "a white ball that goes round",
            "black at the top, white at the bottom"};
        std::array<Nick<Pattern>, kPatternNames.size()> all{};
        for (std::size_t i = 0; i < all.size(); ++i) {
            all[i] = {static_cast<Pattern>(i), kPatternNames[i], docs[i]};
        }
        return all;
    }();
    return kNicks;
}

}  // namespace parallax::compute

namespace parallax::elements {
namespace {

// Pictures of all formats; mosaics too, but not in packings.
Caps test_caps() {
    std::vector<PixelFormat> mosaics;
    for (const PixelFormat format : all_pixel_formats()) {
        const PixelTraits& pixels = traits(format);
        if (pixels.family == PixelFamily::bayer && !pixels.packed) mosaics.push_back(format);
    }
    Caps caps;
    for (const Caps& kind : {picture_caps(), video_caps(mosaics)}) {
        Structure usual = kind.structures().front();
        usual.set("width", 320);
        usual.set("height", 240);
        caps.append(std::move(usual));
        caps.append(kind.structures().front());
    }
    return caps;
}

}  // namespace

Pads VideoTestSrc::pads() {
    return {.pads = {{"src", PadDirection::src, test_caps()}}, .state = StateClass::inline_state};
}

Result<> VideoTestSrc::configure(const Negotiated& formats) {
    color_ = picture_color(formats.out());
    if (color_.transfer == compute::Transfer::linear) {
        return fail(Errc::unsupported, "test pictures are sRGB-encoded, not linear",
                    "let videoconvert follow");
    }
    framerate_ = formats.out().framerate;
    return {};
}

Result<Flow> VideoTestSrc::process(Context& context) {
    const VideoTestSrcOptions& o = options();
    if (o.num_buffers >= 0 && frames_ >= o.num_buffers) return Flow::eos;
    const FrameTimes times = frame_times(frames_, framerate_);
    if (o.is_live && context.running_time_ns() < times.pts_ns) {
        context.wait_until(times.pts_ns);
        return Flow::again;
    }
    PX_TRY(compute::paint_pattern(
        context.out_image(),
        {.pattern = o.pattern, .frame = static_cast<std::uint64_t>(frames_), .color = color_.yuv}));
    ++frames_;
    context.out_meta().pts_ns = times.pts_ns;
    context.out_meta().duration_ns = times.duration_ns;
    return context.commit(context.out().size());
}

void VideoTestSrc::save(InlineState& state) const {
    state[0] = static_cast<std::uint64_t>(frames_);
}

Result<> VideoTestSrc::restore(const InlineState& state) {
    frames_ = static_cast<std::int64_t>(state[0]);
    return {};
}

}  // namespace parallax::elements
