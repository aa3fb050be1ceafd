// compositor: several pictures on one canvas, joined by pts.
//
// Where nothing is said of its pads, all inputs have one size and the canvas is `columns` by `rows`
// of them, filled row by row. As soon as a place or size is given (sink_0::xpos=10, as in
// GStreamer), every input has its own: where its pad says, from the upper left corner where it says
// nothing, as large as its pad says, or as it is. The canvas is then the smallest that holds all,
// or what caps after it ask for; what falls outside is left out. All have one pixel format.
//
// Pads are laid in the order of zorder, then of their numbers; alpha counts for all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "elements/pad_properties.h"
#include "parallax/element.h"

namespace parallax::elements {

enum class Background : std::uint8_t { black, white, transparent };
std::span<const Nick<Background>> nicks(Background);

struct CompositorOptions {
    int columns = 2;
    int rows = 1;
    Background background = Background::black;

    static constexpr auto describe() {
        using O = CompositorOptions;
        return std::tuple{
            Option{"columns", &O::columns, "pictures beside each other", {.min = 1, .max = 16}},
            Option{"rows", &O::rows, "pictures below each other", {.min = 1, .max = 16}},
            Option{
                "background", &O::background, "what shows where no picture lies", {.live = true}}};
    }
};

struct CompositorPadOptions {
    int xpos = 0;
    int ypos = 0;
    int width = 0;
    int height = 0;
    double alpha = 1;
    std::uint64_t zorder = 0;

    static constexpr auto describe() {
        using O = CompositorPadOptions;
        constexpr OptionDetail place{
            .min = -kMaxSidePx, .max = kMaxSidePx, .unit = "px", .live = true};
        constexpr OptionDetail size{.min = 0, .max = kMaxSidePx, .unit = "px"};
        return std::tuple{
            Option{"sink_%u::xpos", &O::xpos, "left edge on the canvas", place},
            Option{"sink_%u::ypos", &O::ypos, "upper edge on the canvas", place},
            Option{"sink_%u::width", &O::width, "scaled to this width; 0: as it is", size},
            Option{"sink_%u::height", &O::height, "scaled to this height; 0: as it is", size},
            Option{"sink_%u::alpha",
                   &O::alpha,
                   "1 hides what lies below, 0 shows only that",
                   {.min = 0, .max = 1, .live = true}},
            Option{"sink_%u::zorder",
                   &O::zorder,
                   "pictures of higher numbers lie above others",
                   {.max = 10'000, .live = true}}};
    }
};

class Compositor final : public Element {
  public:
    using OptionsType = CompositorOptions;
    static Pads pads();
    static std::vector<PropertySpec> all_properties();

    Result<> set_property(std::string_view name, std::string_view text) override;
    std::optional<PropertyValue> property(std::string_view name) const override;
    std::vector<PropertySpec> properties() const override;

    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;

  private:
    struct Layer {
        std::string pad;
        std::optional<ImageLayout> scaled;  // Where it is not laid as it comes.
    };
    Result<> configure_layer(const PadFormat& format);
    Result<> lay(Context& context, std::size_t input, const MutableImageView& canvas);
    std::vector<std::size_t> order() const;
    bool in_grid() const;

    CompositorOptions options_;
    PadProperties<CompositorPadOptions> pads_;
    bool placed_ = false;        // A place or size was given.
    std::vector<Layer> layers_;  // By input.
    std::vector<std::byte> scratch_;
};

}  // namespace parallax::elements
