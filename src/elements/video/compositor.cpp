#include "elements/video/compositor.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "compute/image/compose.h"
#include "compute/image/scale.h"
#include "elements/orientation.h"
#include "elements/video_format.h"

namespace parallax::elements {
namespace {

constexpr std::array<std::string_view, 2> kSides{"width", "height"};

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

bool says_place(std::string_view name) {
    constexpr std::array<std::string_view, 4> kPlaces{"::xpos", "::ypos", "::width", "::height"};
    return std::ranges::any_of(kPlaces, [&](std::string_view end) { return name.ends_with(end); });
}

compute::ScaleMethod scale_method(const ImageLayout& from, const ImageLayout& to) {
    const bool shrinks = to.width < from.width || to.height < from.height;
    return shrinks ? compute::ScaleMethod::area : compute::ScaleMethod::bilinear;
}

// One side of a canvas that holds a picture of `size` (0: of the caps' size) at `at`.
std::optional<std::int64_t> reach(const Structure& caps, std::string_view side, int at, int size) {
    const auto own = size != 0 ? std::optional<std::int64_t>(size) : caps.get_int(side);
    if (!own) return std::nullopt;
    return std::clamp<std::int64_t>(at + *own, 1, kMaxSidePx);
}

// The canvases that one picture leaves open, the smallest that holds it first on each side: so that
// together the pictures choose the smallest that holds all.
Caps canvases(const Structure& caps, const CompositorPadOptions& pad) {
    const std::array reaches{reach(caps, "width", pad.xpos, pad.width),
                             reach(caps, "height", pad.ypos, pad.height)};
    Caps all;
    for (const int choice : {0, 1, 2, 3}) {
        Structure canvas = any_size(caps);
        for (std::size_t side = 0; side < 2; ++side) {
            if (!reaches.at(side)) continue;
            const bool exact = (choice >> (1 - side) & 1) == 0;
            canvas.set(kSides.at(side), exact ? Value(*reaches.at(side))
                                              : Value(IntRange{*reaches.at(side), kMaxSidePx}));
        }
        all.append(std::move(canvas));
    }
    all.append(any_size(caps));
    return all;
}

}  // namespace

std::span<const Nick<Background>> nicks(Background) {
    using enum Background;
    static constexpr std::array<Nick<Background>, 3> kNicks{
        {{black, "black", "black"},
         {white, "white", "white"},
         {transparent, "transparent", "nothing, in formats with alpha; else black"}}};
    return kNicks;
}

Pads Compositor::pads() {
    return {.pads = {{.name = "sink_%u", .direction = PadDirection::sink, .caps = picture_caps()},
                     {.name = "src", .direction = PadDirection::src, .caps = picture_caps()}},
            .relation = Relation::transform};
}

// --- Properties

std::vector<PropertySpec> Compositor::all_properties() {
    std::vector<PropertySpec> all = option::specs<CompositorOptions>();
    for (PropertySpec& spec : option::specs<CompositorPadOptions>()) all.push_back(std::move(spec));
    return all;
}

Result<> Compositor::set_property(std::string_view name, std::string_view text) {
    if (auto set = pads_.set(name, text)) {
        placed_ = placed_ || (*set && says_place(name));
        return *std::move(set);
    }
    return option::set(options_, name, text);
}

std::optional<PropertyValue> Compositor::property(std::string_view name) const {
    if (auto value = pads_.get(name)) return value;
    return option::get(options_, name);
}

std::vector<PropertySpec> Compositor::properties() const {
    std::vector<PropertySpec> all = option::specs<CompositorOptions>();
    pads_.list_set(all);
    return all;
}

// --- Formats

bool Compositor::in_grid() const { return !placed_; }

Caps Compositor::transform(const Pad& from, const Caps& caps, const Pad& to) const {
    const bool to_canvas = to.direction == PadDirection::src;
    Caps result;
    for (Structure structure : caps.structures()) {
        structure.erase(kOrientation);  // Each picture has its own, and the canvas none.
        if (in_grid()) {
            const bool same = from.direction == to.direction;
            if (same || (resize(structure, "width", options_.columns, to_canvas) &&
                         resize(structure, "height", options_.rows, to_canvas))) {
                result.append(std::move(structure));
            }
        } else if (to_canvas) {
            const Caps open = canvases(structure, pads_.of(from.name));
            for (const Structure& canvas : open.structures()) result.append(canvas);
        } else {
            result.append(any_size(std::move(structure)));
        }
    }
    return result;
}

Result<> Compositor::configure(const Negotiated& formats) {
    layers_.clear();
    for (const PadFormat& input : formats.inputs) PX_TRY(configure_layer(input));
    const auto cells = static_cast<std::size_t>(options_.columns * options_.rows);
    if (!in_grid() || layers_.size() <= cells) return {};
    return fail(Errc::invalid_argument,
                std::to_string(layers_.size()) + " inputs do not fit into " +
                    std::to_string(options_.columns) + "x" + std::to_string(options_.rows) +
                    " cells",
                "set columns= and rows=, or places such as sink_0::xpos=");
}

Result<> Compositor::configure_layer(const PadFormat& format) {
    Layer layer{.pad = format.pad, .scaled = {}};
    const CompositorPadOptions& pad = pads_.of(format.pad);
    if (format.image) {
        const int width = pad.width != 0 ? pad.width : format.image->width;
        const int height = pad.height != 0 ? pad.height : format.image->height;
        if (width != format.image->width || height != format.image->height) {
            layer.scaled = PX_TRY(image_layout(format.image->format, width, height));
            scratch_.resize(std::max(scratch_.size(), layer.scaled->size_bytes));
        }
    }
    layers_.push_back(std::move(layer));
    return {};
}

// --- Frames

// Inputs from the lowest to the highest.
std::vector<std::size_t> Compositor::order() const {
    std::vector<std::size_t> inputs(layers_.size());
    std::iota(inputs.begin(), inputs.end(), std::size_t{0});
    std::ranges::sort(inputs, {}, [&](std::size_t input) {
        return std::pair(pads_.of(layers_[input].pad).zorder, input);
    });
    return inputs;
}

Result<> Compositor::lay(Context& context, std::size_t input, const MutableImageView& canvas) {
    ImageView picture = context.in_image(input);
    const Layer& layer = layers_[input];
    const CompositorPadOptions& pad = pads_.of(layer.pad);
    compute::Point place{pad.xpos, pad.ypos};
    if (in_grid()) {
        const int cell = static_cast<int>(input);
        place = {(cell % options_.columns) * picture.width(),
                 (cell / options_.columns) * picture.height()};
    }
    if (layer.scaled) {
        const auto memory = std::span(scratch_).first(layer.scaled->size_bytes);
        const MutableImageView scaled = PX_TRY(view_image(*layer.scaled, memory));
        const auto method = scale_method(picture.layout, *layer.scaled);
        PX_TRY(compute::scale(picture, scaled, method));
        picture = as_const(scaled);
    }
    return compute::blend(picture, canvas, place, static_cast<float>(pad.alpha));
}

Result<Flow> Compositor::process(Context& context) {
    if (!context.linked()) return Flow::more;
    const MutableImageView canvas = context.out_image();
    const float level = options_.background == Background::white ? 1 : 0;
    const float alpha = options_.background == Background::transparent ? 0 : 1;
    PX_TRY(compute::fill(canvas, {level, level, level, alpha}));
    for (const std::size_t input : order()) {
        if (context.has_input(input)) PX_TRY(lay(context, input, canvas));
    }
    PX_TRY(set_orientation(context.out_meta(), 1));
    return context.commit(canvas.layout.size_bytes);
}

}  // namespace parallax::elements
