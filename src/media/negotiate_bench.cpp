// The price of agreeing on formats. GStreamer 1.22 on the same kind of machine, parse and preroll:
// 21 to 69 ms for 200 identities, 409 ms for 50 converters; it grows with the square.
#include <memory>
#include <string>

#include "media/negotiate.h"
#include "parallax/video_caps.h"
#include "support/any_format.h"
#include "support/bench.h"

namespace parallax {
namespace {

NegotiationProblem chain(std::size_t length, const PadTransform* transform) {
    const Caps video = video_caps(all_pixel_formats());
    const Caps pad_caps = transform ? video : Caps::any();
    NegotiationProblem p;
    p.nodes.push_back({.name = "source", .pads = {{"src", PadSide::src, video}}});
    for (std::size_t i = 0; i < length; ++i) {
        p.nodes.push_back(
            {.name = "n" + std::to_string(i),
             .pads = {{"src", PadSide::src, pad_caps}, {"sink", PadSide::sink, pad_caps}},
             .relation = transform ? PadRelation::transform : PadRelation::pass_through,
             .transform = transform});
    }
    p.nodes.push_back({.name = "sink", .pads = {{"src"}, {"sink", PadSide::sink, video}}});
    for (std::size_t n = 0; n + 1 < p.nodes.size(); ++n) {
        p.links.push_back({.from = n, .from_pad = 0, .to = n + 1, .to_pad = 1});
    }
    return p;
}

// Budget: 1 ms.
PX_BENCH("negotiate/200_identities") {
    return [problem = chain(200, nullptr)] { bench::keep(negotiate(problem)); };
}

// Budget: 2 ms.
PX_BENCH("negotiate/50_converters") {
    return [convert = std::make_unique<testing::AnyFormat>()] {
        bench::keep(negotiate(chain(50, convert.get())));
    };
}

PX_BENCH("caps/parse_and_meet") {
    return [] {
        const auto a = parse_caps("video/x-raw,format={NV12,RGB},width=[16,4096,2],height=1080");
        const auto b = parse_caps("video/x-raw,format=RGB,framerate=30/1");
        bench::keep(intersect(*a, *b));
    };
}

}  // namespace
}  // namespace parallax
