#include "isp/rcd.h"

#include <algorithm>
#include <cstddef>
#include <string>

#include <hwy/aligned_allocator.h>

#include "base/check.h"
#include "isp/rcd_kernels.h"

namespace parallax::isp {
namespace {

// Sites beside a region that every stage computes; the samples reach as far again. Fewer would do,
// but rows that start at whole vectors are read faster.
constexpr int kMargin = 8;
constexpr int kPadSites = 16;  // On the left of those, for the samples.
static_assert(2 * kMargin >= Rcd::kReachPx && kPadSites >= kMargin);

// The index inside 0 … n - 1 that reflections about the first and the last sample give: -1 is 1, n
// is n - 2. Parity is kept, so a reflected mosaic has the colours of the real one. Needs n ≥ 2.
int reflect(int i, int n) {
    const int period = 2 * (n - 1);
    const int phase = ((i % period) + period) % period;
    return phase < n ? phase : period - phase;
}

// The most recent rows of one quantity, for the half of the sites that it is known at.
class Ring {
  public:
    // `rows` is a power of two.
    explicit Ring(int rows)
        : mask_(rows - 1),
          values_(hwy::AllocateAligned<float>(static_cast<std::size_t>(rows) * kStride)) {
        std::fill_n(values_.get(), static_cast<std::size_t>(rows) * kStride, 0.0F);
    }

    // Site 0 of row y; also for rows above the frame, whose y is negative.
    float* row(int y) {
        return values_.get() + static_cast<std::size_t>(y & mask_) * kStride + kPadSites;
    }

  private:
    // An odd number of cache lines keeps one column's samples apart in the cache's sets.
    static constexpr std::size_t kStride = Rcd::kStripPx / 2 + 80;
    static_assert(80 >= kPadSites + 2 * kMargin + kMargin + 2 * rcd::kOvershoot &&
                  kStride % 32 == 16);
    int mask_;
    hwy::AlignedFreeUniquePtr<float[]> values_;
};

}  // namespace

// One strip under work: x is its first column, even; sites its half width; both with margins.
//
// In row y the chroma sites are the columns of parity phase(y), the green ones the others. A site's
// left neighbours in its row and in the rows y ± 1, y ± 3 have index i - 1 + shift, the right ones
// one more, where shift is the site's own parity; in rows y ± 2 the columns at ± 2 are i ± 1.
struct Rcd::Strip {
    Options options;
    int x = 0;
    int sites = 0;

    Ring chroma{16}, green{16};                    // Samples.
    Ring column_chroma{4}, column_green{4};        // High-pass energy along the column.
    Ring row_chroma{1}, row_green{1};              // Along the row.
    Ring falling{4}, rising{4};                    // Along the diagonals, at chroma sites.
    Ring direction_chroma{4}, direction_green{8};  // Column against row.
    Ring diagonal{8};                              // Falling against rising diagonal.
    Ring low{8};                                   // Low-pass at chroma sites.
    Ring green_at_chroma{8}, opposite{8};          // Interpolated.
    Ring red_at_green{1}, blue_at_green{1};

    explicit Strip(const Options& o) : options(o) {}

    // The first column that has red or blue in row y.
    int phase(int y) const {
        const bool first = options.order == BayerOrder::rggb || options.order == BayerOrder::bggr;
        return (y & 1) ^ (first ? 0 : 1);
    }
    bool has_red(int y) const {
        const bool first = options.order == BayerOrder::rggb || options.order == BayerOrder::grbg;
        return ((y & 1) == 0) == first;
    }

    void run(const Region& region, MosaicSource& source, RgbSink& sink);
    void load(int y, MosaicSource& source);
    void measure_columns(int y);
    void measure_rows(int y);
    void measure_diagonals(int y);
    void find_directions(int y);
    void find_diagonal(int y);
    void smooth(int y);
    void fill_green(int y);
    void fill_opposite(int y);
    void finish(int y);
    void emit(int y, const Region& region, RgbSink& sink);
    rcd::Discriminator discriminator(Ring& ring, int y, int left);
};

// Each stage runs as soon as the rows below it exist, and only for rows that the region needs.
void Rcd::Strip::run(const Region& region, MosaicSource& source, RgbSink& sink) {
    x = region.x0 - 2 * kMargin;
    sites = (region.x1 - region.x0 + 1) / 2 + 2 * kMargin;
    const auto needs = [&](int y, int reach) {
        return y >= region.y0 - reach && y < region.y1 + reach;
    };
    for (int y = region.y0 - kReachPx; y < region.y1 + kReachPx; ++y) {
        load(y, source);
        if (needs(y - 1, 7)) smooth(y - 1);
        if (needs(y - 3, 7)) measure_columns(y - 3);
        if (needs(y - 3, 5)) measure_diagonals(y - 3);
        if (needs(y - 4, 6)) measure_rows(y - 4), find_directions(y - 4);
        if (needs(y - 4, 4)) find_diagonal(y - 4);
        if (needs(y - 5, 5)) fill_green(y - 5);
        if (needs(y - 7, 3)) fill_opposite(y - 7);
        if (needs(y - 10, 0)) finish(y - 10), emit(y - 10, region, sink);
    }
}

// Reads row y of the reflected frame, with margins.
void Rcd::Strip::load(int y, MosaicSource& source) {
    const bool chroma_first = phase(y) == 0;
    float* even = (chroma_first ? chroma : green).row(y);
    float* odd = (chroma_first ? green : chroma).row(y);
    // What a reflection at the right edge needs may start a site earlier.
    const int first = x / 2;
    const int begin = std::max(0, first - kMargin - 1);
    const int end = std::min((options.width + 1) / 2, first + sites + kMargin);
    const auto count = static_cast<std::size_t>(end - begin);
    source.fetch(reflect(y, options.height), 2 * begin,
                 {{even + begin - first, count}, {odd + begin - first, count}});

    // In two steps: under UBSan GCC 12 compiles `(… ? even : odd)[column >> 1]` into a wrong place.
    const auto at = [&](int column) -> float& {
        float* const half = (column & 1) == 0 ? even : odd;
        return half[(column >> 1) - first];
    };
    for (int i = 2 * (first - kMargin); i < 0; ++i) at(i) = at(reflect(i, options.width));
    for (int i = options.width; i < 2 * (first + sites + kMargin); ++i)
        at(i) = at(reflect(i, options.width));
}

// Energy of the high-pass along the column, at both kinds of site.
void Rcd::Strip::measure_columns(int y) {
    std::array<const float*, 7> at_chroma;
    std::array<const float*, 7> at_green;
    for (std::size_t tap = 0; tap < at_chroma.size(); ++tap) {
        const int k = static_cast<int>(tap) - 3;
        at_chroma[tap] = (k % 2 == 0 ? chroma : green).row(y + k);
        at_green[tap] = (k % 2 == 0 ? green : chroma).row(y + k);
    }
    rcd::square_high_pass({at_chroma, column_chroma.row(y)}, sites);
    rcd::square_high_pass({at_green, column_green.row(y)}, sites);
}

// The same along the row.
void Rcd::Strip::measure_rows(int y) {
    const auto measure = [&](const float* same, const float* other, float* result) {
        rcd::square_high_pass(
            {{other - 2, same - 1, other - 1, same, other, same + 1, other + 1}, result}, sites);
    };
    const float* c = chroma.row(y);
    const float* g = green.row(y);
    measure(c, g + phase(y), row_chroma.row(y));
    measure(g, c + 1 - phase(y), row_green.row(y));
}

// The same along both diagonals, at chroma sites, where all diagonal neighbours are chroma.
void Rcd::Strip::measure_diagonals(int y) {
    const int shift = phase(y);
    std::array<const float*, 7> down;
    std::array<const float*, 7> up;
    for (std::size_t tap = 0; tap < down.size(); ++tap) {
        const int k = static_cast<int>(tap) - 3;
        // Columns at an odd distance k are (k - 1) / 2 sites away, and the shift.
        const int right = k % 2 == 0 ? k / 2 : (k - 1) / 2 + shift;
        const int left = k % 2 == 0 ? -k / 2 : (-k - 1) / 2 + shift;
        const float* row = chroma.row(y + k);
        down[tap] = row + right;
        up[tap] = row + left;
    }
    rcd::square_high_pass({down, falling.row(y)}, sites);
    rcd::square_high_pass({up, rising.row(y)}, sites);
}

void Rcd::Strip::find_directions(int y) {
    const auto find = [&](Ring& above, Ring& here, const float* row, const float* beside,
                          float* result) {
        rcd::find_direction(
            {{above.row(y - 1), here.row(y), above.row(y + 1)}, {beside - 1, row, beside}, result},
            sites);
    };
    const float* c = row_chroma.row(y);
    const float* g = row_green.row(y);
    find(column_green, column_chroma, c, g + phase(y), direction_chroma.row(y));
    find(column_chroma, column_green, g, c + 1 - phase(y), direction_green.row(y));
}

void Rcd::Strip::find_diagonal(int y) {
    const int shift = phase(y);
    rcd::find_direction(
        {{falling.row(y - 1) + shift - 1, falling.row(y), falling.row(y + 1) + shift},
         {rising.row(y - 1) + shift, rising.row(y), rising.row(y + 1) + shift - 1},
         diagonal.row(y)},
        sites);
}

void Rcd::Strip::smooth(int y) {
    const int left = phase(y) - 1;
    rcd::low_pass({.here = chroma.row(y),
                   .up = green.row(y - 1),
                   .down = green.row(y + 1),
                   .left = green.row(y) + left,
                   .up_left = chroma.row(y - 1) + left,
                   .down_left = chroma.row(y + 1) + left,
                   .out = low.row(y)},
                  sites);
}

rcd::Discriminator Rcd::Strip::discriminator(Ring& ring, int y, int left) {
    return {ring.row(y), ring.row(y - 1) + left, ring.row(y + 1) + left};
}

void Rcd::Strip::fill_green(int y) {
    const int left = phase(y) - 1;
    rcd::Green taps{.column = {},
                    .left = green.row(y) + left,
                    .low = low.row(y),
                    .low_up = low.row(y - 2),
                    .low_down = low.row(y + 2),
                    .direction = discriminator(direction_chroma, y, left),
                    .out = green_at_chroma.row(y)};
    for (std::size_t tap = 0; tap < taps.column.size(); ++tap) {
        const int k = static_cast<int>(tap) - 4;
        taps.column[tap] = (k % 2 == 0 ? chroma : green).row(y + k);
    }
    rcd::interpolate_green(taps, sites);
}

void Rcd::Strip::fill_opposite(int y) {
    const int left = phase(y) - 1;
    rcd::interpolate_opposite({.up1_left1 = chroma.row(y - 1) + left,
                               .down1_left1 = chroma.row(y + 1) + left,
                               .up3_left3 = chroma.row(y - 3) + left - 1,
                               .down3_left3 = chroma.row(y + 3) + left - 1,
                               .green = green_at_chroma.row(y),
                               .green_up2 = green_at_chroma.row(y - 2),
                               .green_down2 = green_at_chroma.row(y + 2),
                               .green_up1_left1 = green_at_chroma.row(y - 1) + left,
                               .green_down1_left1 = green_at_chroma.row(y + 1) + left,
                               .direction = discriminator(diagonal, y, left),
                               .out = opposite.row(y)},
                              sites);
}

// Red and blue at green sites. The row's own chroma colour lies beside, the other above and below.
// The margins would be computed in vain, but they are few, and so all stages are alike.
void Rcd::Strip::finish(int y) {
    const int left = -phase(y);
    const auto color = [&](Ring& beside, Ring& above, Ring& result) {
        return rcd::ColorAtGreen{.up1 = above.row(y - 1),
                                 .down1 = above.row(y + 1),
                                 .up3 = above.row(y - 3),
                                 .down3 = above.row(y + 3),
                                 .left1 = beside.row(y) + left,
                                 .out = result.row(y)};
    };
    Ring& own = has_red(y) ? red_at_green : blue_at_green;
    Ring& other = has_red(y) ? blue_at_green : red_at_green;
    rcd::interpolate_at_green({.beside = color(chroma, opposite, own),
                               .above = color(opposite, chroma, other),
                               .green = green.row(y),
                               .green_up2 = green.row(y - 2),
                               .green_down2 = green.row(y + 2),
                               .green_up1 = green_at_chroma.row(y - 1),
                               .green_down1 = green_at_chroma.row(y + 1),
                               .green_left1 = green_at_chroma.row(y) + left,
                               .direction = discriminator(direction_green, y, left)},
                              sites);
}

void Rcd::Strip::emit(int y, const Region& region, RgbSink& sink) {
    const auto row = [&](Ring& at_chroma, Ring& at_green) -> ConstSplitRow {
        const auto count = static_cast<std::size_t>(sites - 2 * kMargin);
        const std::span<const float> c(at_chroma.row(y) + kMargin, count);
        const std::span<const float> g(at_green.row(y) + kMargin, count);
        return phase(y) == 0 ? ConstSplitRow{c, g} : ConstSplitRow{g, c};
    };
    const bool red = has_red(y);
    sink.emit(y, region.x0,
              {row(red ? chroma : opposite, red_at_green), row(green_at_chroma, green),
               row(red ? opposite : chroma, blue_at_green)});
}

Rcd::Rcd(std::unique_ptr<Strip> strip) : strip_(std::move(strip)) {}
Rcd::Rcd(Rcd&&) noexcept = default;
Rcd& Rcd::operator=(Rcd&&) noexcept = default;
Rcd::~Rcd() = default;

Result<Rcd> Rcd::create(const Options& options) {
    const auto accepts = [](int side) { return side >= 2 && side <= kMaxSidePx; };
    if (!accepts(options.width) || !accepts(options.height))
        return fail(Errc::invalid_argument,
                    "cannot demosaic a frame of " + std::to_string(options.width) + " × " +
                        std::to_string(options.height) + " pixels",
                    "sides are from 2 to " + std::to_string(kMaxSidePx));
    return Rcd(std::make_unique<Strip>(options));
}

void Rcd::process(const Region& region, MosaicSource& source, RgbSink& sink) {
    const Options& frame = strip_->options;
    PX_CHECK(region.x0 >= 0 && region.x0 <= region.x1 && region.x1 <= frame.width);
    PX_CHECK(region.y0 >= 0 && region.y0 <= region.y1 && region.y1 <= frame.height);
    PX_CHECK(region.x0 % 2 == 0 && (region.x1 % 2 == 0 || region.x1 == frame.width));
    for (int x0 = region.x0; x0 < region.x1; x0 += kStripPx) {
        const int x1 = std::min(region.x1, x0 + kStripPx);
        strip_->run({x0, region.y0, x1, region.y1}, source, sink);
    }
}

}  // namespace parallax::isp
