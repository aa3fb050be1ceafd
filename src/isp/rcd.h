// Rcd: the Ratio Corrected Demosaicing of Luis Sanz Rodríguez, release 2.3 (2017), in strips.
//
// Per pixel: squared high-pass responses along rows, columns and both diagonals tell the local
// direction; green at red and blue comes from its green neighbours, each corrected by the ratio of
// low-pass values here and there; red and blue follow by colour differences, weighted by gradients.
// Published at https://github.com/LuisSR/RCD-Demosaicing; written anew here from the algorithm.
//
// The frame is worked in strips of kStripPx columns. A strip streams down its rows through ring
// buffers that fit in the second-level cache: a caller that balances in its source, and applies
// matrix, tone and sharpening in its sink, never holds a float frame. The frame continues beyond
// its edges by reflection, so borders need no other algorithm and any size from 2 × 2 works.
//
// A pixel's value depends on its neighbourhood only: any cut into regions, any number of threads
// and any instruction set give the same bytes, and mirrored mosaics give exactly mirrored pictures.
//
// Threads: one thread per Rcd, which is only options and scratch (about 250 KB). Regions of one
// frame may be worked by several of them at once.
#pragma once

#include <memory>

#include "isp/rows.h"
#include "parallax/format.h"
#include "parallax/result.h"

namespace parallax::isp {

class Rcd {
  public:
    struct Options {
        int width = 0;  // Of the frame: 2 … kMaxSidePx.
        int height = 0;
        BayerOrder order = BayerOrder::rggb;
    };

    // Regions up to this wide reach the sink as one segment a row, from top to bottom; wider ones
    // strip by strip, each from top to bottom.
    static constexpr int kStripPx = 512;

    // A pixel depends on samples up to this far away: what a region costs beyond its own rows.
    static constexpr int kReachPx = 10;

    // Fails on frames smaller than 2 × 2 or larger than we accept.
    static Result<Rcd> create(const Options& options);

    Rcd(Rcd&&) noexcept;
    Rcd& operator=(Rcd&&) noexcept;
    ~Rcd();

    // Develops the pixels of `region`, which must lie in the frame. Samples have no upper limit;
    // results are never below 0.
    void process(const Region& region, MosaicSource& source, RgbSink& sink);

  private:
    struct Strip;
    explicit Rcd(std::unique_ptr<Strip> strip);
    std::unique_ptr<Strip> strip_;
};

}  // namespace parallax::isp
