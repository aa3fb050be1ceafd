#include "isp/demosaic.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "isp/demosaic.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "isp/demosaic-inl.h"

HWY_BEFORE_NAMESPACE();
namespace parallax::isp::HWY_NAMESPACE {
namespace {

// Where red, green and blue of one column go, in the order of the row's colours.
struct Places {
    std::int16_t *own, *green, *other;
};

Places places(bool red, int column, LinearBlock& out) {
    const auto x = static_cast<std::size_t>(column);
    return {out.plane[red ? 0 : 2][x].data(), out.plane[1][x].data(),
            out.plane[red ? 2 : 0][x].data()};
}

HWY_INLINE void store(const Rgb& colors, const Places& to, int k) {
    hn::StoreU(colors.r, kLanes, to.own + k);
    hn::StoreU(colors.g, kLanes, to.green + k);
    hn::StoreU(colors.b, kLanes, to.other + k);
}

template <class Filter>
void filter_row(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    const Filter filter(rows);
    const Places chroma = places(rows.phase.red, Filter::kChroma, out);
    const Places green = places(rows.phase.red, 1 - Filter::kChroma, out);
    for (int k = 0; k < range.count; k += lanes()) {
        store(filter.chroma_site(range.begin + k), chroma, k);
    }
    for (int k = 0; k < range.count; k += lanes()) {
        store(filter.green_site(range.begin + k), green, k);
    }
}

void bilinear_row(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    rows.phase.column == 0 ? filter_row<Bilinear<0>>(rows, range, out)
                           : filter_row<Bilinear<1>>(rows, range, out);
}

void mhc_row(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    rows.phase.column == 0 ? filter_row<Mhc<0>>(rows, range, out)
                           : filter_row<Mhc<1>>(rows, range, out);
}

// Pixel i of a row comes from cell i; even pixels and odd ones are kept apart again.
void superpixel(const CellRows& rows, const BlockRange& range, LinearBlock& out) {
    const Cells cells(rows);
    const bool red = row_phase(rows.order, 0).red;
    for (int k = 0; k < range.count; k += lanes()) {
        Rgb even;
        Rgb odd;
        cells.pixels(range.begin + k, even, odd);
        store(even, places(red, 0, out), k);
        store(odd, places(red, 1, out), k);
    }
}

}  // namespace
}  // namespace parallax::isp::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace parallax::isp {
namespace {
HWY_EXPORT(bilinear_row);
HWY_EXPORT(mhc_row);
HWY_EXPORT(superpixel);
}  // namespace

RowPhase row_phase(BayerOrder order, int y) {
    const bool red_first = order == BayerOrder::rggb || order == BayerOrder::grbg;
    const bool green_first = order == BayerOrder::grbg || order == BayerOrder::gbrg;
    const int odd = y & 1;
    return {red_first == (odd == 0), green_first ? 1 - odd : odd};
}

void demosaic_bilinear(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    HWY_DYNAMIC_DISPATCH(bilinear_row)(rows, range, out);
}
void demosaic_mhc(const MosaicRows& rows, const BlockRange& range, LinearBlock& out) {
    HWY_DYNAMIC_DISPATCH(mhc_row)(rows, range, out);
}
void demosaic_superpixel(const CellRows& rows, const BlockRange& range, LinearBlock& out) {
    HWY_DYNAMIC_DISPATCH(superpixel)(rows, range, out);
}

}  // namespace parallax::isp
#endif  // HWY_ONCE
