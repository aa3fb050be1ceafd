#include "isp/sharpen.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "base/check.h"
#include "isp/sharpen_kernels.h"
#include "parallax/format.h"

namespace parallax::isp {
namespace {

// Samples before each row, for reflection; and after it, for that and a vector's overrun.
constexpr std::size_t kBefore = 32;
constexpr std::size_t kAfter = 2 + 2 * sharpening::kOvershoot;

// Rows that are kept: those that a result looks at, and those that may come before it is pulled.
constexpr int kRows = 8;

// As in rcd: -1 is 1, n is n - 2; a side of 1 has only itself.
int reflect(int i, int n) {
    if (n == 1) return 0;
    while (i < 0 || i >= n) i = i < 0 ? -i : 2 * (n - 1) - i;
    return i;
}

// The last few rows of something. `rows` is a power of two.
template <class Sample>
class Lines {
  public:
    Lines(int rows, int length)
        : rows_(rows),
          stride_((kBefore + static_cast<std::size_t>(length) + kAfter + 31) / 32 * 32),
          samples_(static_cast<std::size_t>(rows) * stride_) {}

    Sample* row(int y) {
        return samples_.data() + static_cast<std::size_t>(y & (rows_ - 1)) * stride_ + kBefore;
    }

  private:
    int rows_;
    std::size_t stride_;
    std::vector<Sample> samples_;
};

template <class Sample>
struct Pixels {
    explicit Pixels(int length)
        : planes{Lines<Sample>{kRows, length}, {kRows, length}, {kRows, length}} {}
    std::array<Lines<Sample>, 3> planes;
};

}  // namespace

struct Sharpener::Rows {
    Options options;
    std::int16_t amount;  // Q12
    Columns columns{};
    int newest = -1;  // Row, or -1 before the first.
    int oldest = 0;

    Lines<std::uint16_t> luma;
    Lines<std::uint16_t> blurred;
    Pixels<std::uint8_t> bytes;
    Pixels<std::uint16_t> words;

    explicit Rows(const Options& o)
        : options(o),
          amount(static_cast<std::int16_t>(std::lround(o.amount * 4096.0F))),
          luma(kRows, o.segment_px),
          blurred(kRows, o.segment_px),
          bytes(o.sample_bits == 8 ? o.segment_px : 0),
          words(o.sample_bits == 16 ? o.segment_px : 0) {}

    int length() const { return columns.x1 - columns.x0; }

    template <class Sample>
    void push(int y, const PlanarRow<const Sample>& row, Pixels<Sample>& pixels);
    template <class Sample>
    void pull(int y, int x, const PlanarRow<Sample>& out, Pixels<Sample>& pixels);
};

template <class Sample>
void Sharpener::Rows::push(int y, const PlanarRow<const Sample>& row, Pixels<Sample>& pixels) {
    PX_CHECK(options.sample_bits == static_cast<int>(8 * sizeof(Sample)));
    PX_CHECK(y >= 0 && y < options.height && (newest < 0 || y == newest + 1));
    if (newest < 0) oldest = y;
    newest = y;

    sharpening::LumaRow<Sample> from{.rgb = {}, .out = luma.row(y)};
    for (std::size_t c = 0; c < 3; ++c) {
        PX_CHECK(row[c].size() == static_cast<std::size_t>(length()));
        Sample* copy = pixels.planes[c].row(y);
        std::memcpy(copy, row[c].data(), row[c].size_bytes());
        from.rgb[c] = copy;
    }
    sharpening::luma(from, length());

    std::uint16_t* line = luma.row(y) - columns.x0;
    for (const int x : {columns.x0 - 2, columns.x0 - 1, columns.x1, columns.x1 + 1}) {
        const int inside = reflect(x, options.width);
        // Between segments nobody asks for these.
        line[x] = line[std::clamp(inside, columns.x0, columns.x1 - 1)];
    }
    sharpening::blur({luma.row(y), blurred.row(y)}, length());
}

template <class Sample>
void Sharpener::Rows::pull(int y, int x, const PlanarRow<Sample>& out, Pixels<Sample>& pixels) {
    PX_CHECK(options.sample_bits == static_cast<int>(8 * sizeof(Sample)));
    PX_CHECK(y >= oldest && newest >= std::min(y + kReachPx, options.height - 1));
    PX_CHECK(newest <= y + 2 * kReachPx);
    PX_CHECK(oldest <= std::max(y - kReachPx, 0));
    const int count = static_cast<int>(out[0].size());
    PX_CHECK(x >= columns.x0 && x + count <= columns.x1);

    const int skip = x - columns.x0;
    sharpening::SharpenRow<Sample> row{
        .rgb = {}, .luma = luma.row(y) + skip, .blurred = {}, .amount = amount, .out = {}};
    for (int k = -2; k <= 2; ++k)
        row.blurred[static_cast<std::size_t>(k + 2)] =
            blurred.row(reflect(y + k, options.height)) + skip;
    // Results overrun, so they first go to a row that is not in use any more.
    for (std::size_t c = 0; c < 3; ++c) {
        PX_CHECK(out[c].size() == out[0].size());
        row.rgb[c] = pixels.planes[c].row(y) + skip;
        row.out[c] = pixels.planes[c].row(y - 1) + skip;
    }
    sharpening::sharpen(row, count);
    for (std::size_t c = 0; c < 3; ++c) std::memcpy(out[c].data(), row.out[c], out[c].size_bytes());
}

Sharpener::Sharpener(std::unique_ptr<Rows> rows) : rows_(std::move(rows)) {}
Sharpener::Sharpener(Sharpener&&) noexcept = default;
Sharpener& Sharpener::operator=(Sharpener&&) noexcept = default;
Sharpener::~Sharpener() = default;

Result<Sharpener> Sharpener::create(const Options& options) {
    const auto side = [](int px) { return px >= 1 && px <= kMaxSidePx; };
    if (!side(options.width) || !side(options.height) || !side(options.segment_px))
        return fail(Errc::invalid_argument, "cannot sharpen a picture of " +
                                                std::to_string(options.width) + " × " +
                                                std::to_string(options.height) + " pixels");
    if (options.sample_bits != 8 && options.sample_bits != 16)
        return fail(Errc::unsupported,
                    "cannot sharpen samples of " + std::to_string(options.sample_bits) + " bits");
    // The comparison also catches NaN.
    if (!(options.amount >= 0.0F && options.amount <= 2.0F))
        return fail(Errc::invalid_argument,
                    "sharpening by " + std::to_string(options.amount) + " is outside 0 to 2");
    return Sharpener(std::make_unique<Rows>(options));
}

void Sharpener::start(const Columns& columns) {
    PX_CHECK(columns.x0 >= 0 && columns.x0 < columns.x1 && columns.x1 <= rows_->options.width);
    PX_CHECK(columns.x1 - columns.x0 <= rows_->options.segment_px);
    rows_->columns = columns;
    rows_->newest = -1;
}

void Sharpener::push(int y, const PlanarRow<const std::uint8_t>& row) {
    rows_->push(y, row, rows_->bytes);
}
void Sharpener::push(int y, const PlanarRow<const std::uint16_t>& row) {
    rows_->push(y, row, rows_->words);
}
void Sharpener::pull(int y, int x, const PlanarRow<std::uint8_t>& out) {
    rows_->pull(y, x, out, rows_->bytes);
}
void Sharpener::pull(int y, int x, const PlanarRow<std::uint16_t>& out) {
    rows_->pull(y, x, out, rows_->words);
}

}  // namespace parallax::isp
