#include "isp/fused.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/fused.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "isp/demosaic-inl.h"
#include "isp/finish-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {

// Red and blue change places where the row's own colour is blue: the same sums in another order.
Mixing in_order(const Mixing& m, bool red) {
    if (red) return m;
    return {.rg = m.bg, .rb = m.br, .gr = m.gb, .gb = m.gr, .br = m.rb, .bg = m.rg, .wide = m.wide};
}

// From the row's own colour, green and the other one to bytes.
template <bool kWide>
class Finishing {
  public:
    Finishing(const Finish& finish, bool red, PictureBlock& out)
        : matrix_(in_order(finish.mixing, red)),
          curve_(finish.tone),
          own_(out.pairs[red ? 0 : 2].data()),
          green_(out.pairs[1].data()),
          other_(out.pairs[red ? 2 : 0].data()) {}

    HWY_INLINE void store(const Rgb& even_colors, const Rgb& odd_colors, int k) const {
        Rgb even = matrix_.mixed(even_colors);
        Rgb odd = matrix_.mixed(odd_colors);
        curve_.apply(even, odd);
        store_pair(even.r, odd.r, own_ + k);
        store_pair(even.g, odd.g, green_ + k);
        store_pair(even.b, odd.b, other_ + k);
    }

  private:
    Matrix<kWide> matrix_;
    Curve curve_;
    std::uint16_t* own_;
    std::uint16_t* green_;
    std::uint16_t* other_;
};

template <class Filter, bool kWide>
void filter_row(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
                PictureBlock& out) {
    const Filter filter(rows);
    const Finishing<kWide> finishing(finish, rows.phase.red, out);
    for (int k = 0; k < range.count; k += lanes()) {
        const Rgb chroma = filter.chroma_site(range.begin + k);
        const Rgb green = filter.green_site(range.begin + k);
        Filter::kChroma == 0 ? finishing.store(chroma, green, k)
                             : finishing.store(green, chroma, k);
    }
}

template <template <int> class Filter>
void any_row(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
             PictureBlock& out) {
    if (rows.phase.column == 0) {
        finish.mixing.wide ? filter_row<Filter<0>, true>(rows, range, finish, out)
                           : filter_row<Filter<0>, false>(rows, range, finish, out);
    } else {
        finish.mixing.wide ? filter_row<Filter<1>, true>(rows, range, finish, out)
                           : filter_row<Filter<1>, false>(rows, range, finish, out);
    }
}

void bilinear_row(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
                  PictureBlock& out) {
    any_row<Bilinear>(rows, range, finish, out);
}
void mhc_row(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
             PictureBlock& out) {
    any_row<Mhc>(rows, range, finish, out);
}

template <bool kWide>
void cell_row(const CellRows& rows, const BlockRange& range, const Finish& finish,
              PictureBlock& out) {
    const Cells cells(rows);
    const Finishing<kWide> finishing(finish, row_phase(rows.order, 0).red, out);
    for (int k = 0; k < range.count; k += lanes()) {
        Rgb even;
        Rgb odd;
        cells.pixels(range.begin + k, even, odd);
        finishing.store(even, odd, k);
    }
}

void superpixel_row(const CellRows& rows, const BlockRange& range, const Finish& finish,
                    PictureBlock& out) {
    finish.mixing.wide ? cell_row<true>(rows, range, finish, out)
                       : cell_row<false>(rows, range, finish, out);
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {
HWY_EXPORT(bilinear_row);
HWY_EXPORT(mhc_row);
HWY_EXPORT(superpixel_row);
}  // namespace

void develop_bilinear(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
                      PictureBlock& out) {
    HWY_DYNAMIC_DISPATCH(bilinear_row)(rows, range, finish, out);
}
void develop_mhc(const MosaicRows& rows, const BlockRange& range, const Finish& finish,
                 PictureBlock& out) {
    HWY_DYNAMIC_DISPATCH(mhc_row)(rows, range, finish, out);
}
void develop_superpixel(const CellRows& rows, const BlockRange& range, const Finish& finish,
                        PictureBlock& out) {
    HWY_DYNAMIC_DISPATCH(superpixel_row)(rows, range, finish, out);
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
