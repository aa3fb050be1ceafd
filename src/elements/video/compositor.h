// compositor: pictures side by side, in cells of equal size.
//
// All inputs have one format and size; the canvas is `columns` by `rows` of them, filled row by
// row. Cells without an input are black.
#pragma once

#include "parallax/element.h"

namespace parallax::elements {

struct CompositorOptions {
    int columns = 2;
    int rows = 1;

    static constexpr auto describe() {
        using O = CompositorOptions;
        return std::tuple{
            Option{"columns", &O::columns, "pictures beside each other", {.min = 1, .max = 16}},
            Option{"rows", &O::rows, "pictures below each other", {.min = 1, .max = 16}}};
    }
};

class Compositor final : public ElementWith<CompositorOptions> {
  public:
    static Pads pads();
    Caps transform(const Pad& from, const Caps& caps, const Pad& to) const override;
    Result<> configure(const Negotiated& formats) override;
    Result<Flow> process(Context& context) override;

  private:
    std::size_t inputs_ = 0;
};

}  // namespace parallax::elements
