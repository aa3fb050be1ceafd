#include "elements/video/compositor.h"

#include <array>
#include <string>

#include "compute/image/compose.h"
#include "elements/video_format.h"

namespace parallax::elements {
namespace {

// A size of one cell from that of the canvas, or the other way; nothing where it does not divide.
bool resize(Structure& caps, std::string_view field, int count, bool to_canvas) {
    const auto size = caps.get_int(field);
    if (!size) {
        caps.erase(field);
        caps.set(field, IntRange{1, kMaxSidePx});
        return true;
    }
    if (!to_canvas && *size % count != 0) return false;
    const std::int64_t other = to_canvas ? *size * count : *size / count;
    if (other < 1 || other > kMaxSidePx) return false;
    caps.set(field, other);
    return true;
}

}  // namespace

Pads Compositor::pads() {
    return {.pads = {{.name = "sink_%u", .direction = PadDirection::sink, .caps = picture_caps()},
                     {.name = "src", .direction = PadDirection::src, .caps = picture_caps()}},
            .relation = Relation::transform};
}

Caps Compositor::transform(const Pad& from, const Caps& caps, const Pad& to) const {
    if (from.direction == to.direction) return caps;
    const bool to_canvas = to.direction == PadDirection::src;
    Caps result;
    for (Structure structure : caps.structures()) {
        if (resize(structure, "width", options().columns, to_canvas) &&
            resize(structure, "height", options().rows, to_canvas)) {
            result.append(std::move(structure));
        }
    }
    return result;
}

Result<> Compositor::configure(const Negotiated& formats) {
    inputs_ = formats.inputs.size();
    const auto cells = static_cast<std::size_t>(options().columns * options().rows);
    if (inputs_ <= cells) return {};
    return fail(Errc::invalid_argument,
                std::to_string(inputs_) + " inputs do not fit into " +
                    std::to_string(options().columns) + "x" + std::to_string(options().rows) +
                    " cells",
                "set columns= and rows=");
}

Result<Flow> Compositor::process(Context& context) {
    if (!context.linked()) return Flow::more;
    const MutableImageView canvas = context.out_image();
    constexpr std::array<float, 4> kBlack{0, 0, 0, 1};
    const auto cells = static_cast<std::size_t>(options().columns * options().rows);
    if (inputs_ < cells) PX_TRY(compute::fill(canvas, kBlack));
    for (std::size_t pad = 0; pad < inputs_; ++pad) {
        if (!context.has_input(pad)) continue;
        const ImageView picture = context.in_image(pad);
        const int cell = static_cast<int>(pad);
        const compute::Point place{(cell % options().columns) * picture.width(),
                                   (cell / options().columns) * picture.height()};
        PX_TRY(compute::blend(picture, canvas, place));
    }
    return context.commit(canvas.layout.size_bytes);
}

}  // namespace parallax::elements
