// develop_rcd: a mosaic in memory through the product's Rcd, for tests.
#pragma once

#include <span>

#include "isp/rcd.h"
#include "support/reference_demosaic.h"
#include "support/unwrap.h"

namespace parallax::isp {

class MosaicInMemory final : public MosaicSource {
  public:
    explicit MosaicInMemory(const reference::Mosaic& mosaic) : mosaic_(mosaic) {}
    void fetch(int y, int x, const SplitRow& out) override {
        for (std::size_t i = 0; i < out.even.size(); ++i, x += 2) {
            out.even[i] = mosaic_.at(x, y);
            out.odd[i] = mosaic_.at(x + 1, y);
        }
    }

  private:
    const reference::Mosaic& mosaic_;
};

class PictureInMemory final : public RgbSink {
  public:
    explicit PictureInMemory(reference::Rgb& picture) : picture_(picture) {}
    void emit(int y, int x, const RgbRow& row) override {
        for (std::size_t c = 0; c < 3; ++c)
            for (std::size_t i = 0; i < 2 * row[c].even.size(); ++i) {
                const int column = x + static_cast<int>(i);
                const auto& half = i % 2 == 0 ? row[c].even : row[c].odd;
                if (column < picture_.width) picture_.at(c, column, y) = half[i / 2];
            }
    }

  private:
    reference::Rgb& picture_;
};

inline reference::Rgb develop_rcd(const reference::Mosaic& mosaic) {
    reference::Rgb picture(mosaic.width, mosaic.height);
    MosaicInMemory source(mosaic);
    PictureInMemory sink(picture);
    Rcd rcd = unwrap(
        Rcd::create({.width = mosaic.width, .height = mosaic.height, .order = mosaic.order}));
    rcd.process({0, 0, mosaic.width, mosaic.height}, source, sink);
    return picture;
}

}  // namespace parallax::isp
