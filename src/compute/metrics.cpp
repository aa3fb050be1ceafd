#include "compute/metrics.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "compute/delta_e.h"
#include "compute/image/rows.h"

namespace parallax::compute {
namespace {

// Where both pictures are compared, ends excluded.
struct Window {
    int left, top, right, bottom;
    int width() const { return right - left; }
    int height() const { return bottom - top; }
};

std::string size_text(const ImageView& image) {
    return std::to_string(image.width()) + "x" + std::to_string(image.height());
}

Result<Window> compared(const ImageView& image, const ImageView& reference, int border) {
    if (image.width() != reference.width() || image.height() != reference.height()) {
        return fail(
            Errc::invalid_argument,
            "a picture of " + size_text(image) + " against a reference of " + size_text(reference),
            "scale or crop one of them");
    }
    for (const ImageView* view : {&image, &reference}) {
        if (traits(view->format()).family == PixelFamily::bayer)
            return fail(Errc::unsupported, "mosaics have no colours to compare",
                        "develop them first: softisp");
    }
    const Window window{border, border, image.width() - border, image.height() - border};
    if (border < 0 || window.width() < 1 || window.height() < 1) {
        return fail(Errc::invalid_argument, "a border of " + std::to_string(border) +
                                                " leaves nothing of " + size_text(image));
    }
    return window;
}

// Rows as sRGB-encoded or as linear RGB, 0 … 255.
class ColorRows {
  public:
    ColorRows(const ImageView& image, Transfer transfer, const ColorOptions& color)
        : reader_(image, color), transfer_(transfer), row_(image.width()) {}

    const ChannelRow& read(int y, Transfer wanted) {
        reader_.read(y, Channels::rgb, row_);
        if (transfer_ == wanted) return row_;
        const auto table = wanted == Transfer::srgb ? srgb_encode_table() : srgb_decode_table();
        for (float& value : row_.storage) {
            const float code = std::clamp(value * 257.0F + 0.5F, 0.0F, 65535.0F);
            value = table[static_cast<std::size_t>(code)];
        }
        return row_;
    }

  private:
    RowReader reader_;
    Transfer transfer_;
    ChannelRow row_;
};

struct ColorPair {
    ColorRows image, reference;
    ColorPair(const ImageView& i, const ImageView& r, const CompareOptions& o)
        : image(i, o.transfer, o.color), reference(r, o.reference_transfer, o.color) {}
};

double decibels(double mse) {
    if (mse <= 0.0) return kPsnrCeilingDb;
    return std::min(kPsnrCeilingDb, 10.0 * std::log10(255.0 * 255.0 / mse));
}

// Blurs a sliding stack of rows: eleven rows come in, one row of window means goes out.
constexpr int kTaps = 11;

std::array<float, kTaps> gaussian_taps() {
    std::array<float, kTaps> taps{};
    double sum = 0.0;
    for (int i = 0; i < kTaps; ++i) sum += std::exp(-(i - 5) * (i - 5) / 4.5);
    for (int i = 0; i < kTaps; ++i)
        taps[static_cast<std::size_t>(i)] =
            static_cast<float>(std::exp(-(i - 5) * (i - 5) / 4.5) / sum);
    return taps;
}

// Means of x, y, x², y² and xy under the Gaussian window.
class WindowMeans {
  public:
    explicit WindowMeans(int width)
        : width_(width), out_width_(width - kTaps + 1), taps_(gaussian_taps()) {
        const auto in = static_cast<std::size_t>(width_);
        const auto out = static_cast<std::size_t>(out_width_);
        product_.resize(in);
        for (auto& field : blurred_) field.resize(kTaps * out);
        for (auto& field : means_) field.resize(out);
    }

    void push(const float* x, const float* y) {
        blur_row(0, [=](int i) { return x[i]; });
        blur_row(1, [=](int i) { return y[i]; });
        blur_row(2, [=](int i) { return x[i] * x[i]; });
        blur_row(3, [=](int i) { return y[i] * y[i]; });
        blur_row(4, [=](int i) { return x[i] * y[i]; });
        ++rows_;
    }

    bool full() const { return rows_ >= kTaps; }

    // Sum of SSIM over the windows centred on one row.
    double similarity() {
        for (std::size_t f = 0; f < 5; ++f) sum_rows(f);
        constexpr double c1 = (0.01 * 255) * (0.01 * 255);
        constexpr double c2 = (0.03 * 255) * (0.03 * 255);
        double sum = 0.0;
        for (std::size_t i = 0; i < static_cast<std::size_t>(out_width_); ++i) {
            const double mx = means_[0][i];
            const double my = means_[1][i];
            const double vx = means_[2][i] - mx * mx;
            const double vy = means_[3][i] - my * my;
            const double cov = means_[4][i] - mx * my;
            sum +=
                (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2));
        }
        return sum;
    }

  private:
    template <class Value>
    void blur_row(std::size_t field, const Value& value) {
        for (int i = 0; i < width_; ++i) product_[static_cast<std::size_t>(i)] = value(i);
        float* const out = blurred_[field].data() + static_cast<std::size_t>(rows_ % kTaps) *
                                                        static_cast<std::size_t>(out_width_);
        std::fill_n(out, out_width_, 0.0F);
        for (int tap = 0; tap < kTaps; ++tap) {
            const float weight = taps_[static_cast<std::size_t>(tap)];
            const float* const in = product_.data() + tap;
            for (int i = 0; i < out_width_; ++i) out[i] += weight * in[i];
        }
    }

    void sum_rows(std::size_t field) {
        float* const out = means_[field].data();
        std::fill_n(out, out_width_, 0.0F);
        for (int tap = 0; tap < kTaps; ++tap) {
            // The oldest row of the ring is the one that push() would write next.
            const float* const in =
                blurred_[field].data() + static_cast<std::size_t>((rows_ + tap) % kTaps) *
                                             static_cast<std::size_t>(out_width_);
            const float weight = taps_[static_cast<std::size_t>(tap)];
            for (int i = 0; i < out_width_; ++i) out[i] += weight * in[i];
        }
    }

    int width_, out_width_;
    int rows_ = 0;
    std::array<float, kTaps> taps_;
    std::vector<float> product_;
    std::array<std::vector<float>, 5> blurred_, means_;
};

void luma_row(const ChannelRow& row, const Window& window, std::vector<float>& out) {
    for (int i = 0; i < window.width(); ++i) {
        const int x = window.left + i;
        out[static_cast<std::size_t>(i)] =
            0.299F * row.channel[0][x] + 0.587F * row.channel[1][x] + 0.114F * row.channel[2][x];
    }
}

}  // namespace

Result<Psnr> psnr(const ImageView& image, const ImageView& reference,
                  const CompareOptions& options) {
    const Window window = PX_TRY(compared(image, reference, options.border_px));
    ColorPair rows(image, reference, options);
    std::array<double, 3> squares{};
    for (int y = window.top; y < window.bottom; ++y) {
        const ChannelRow& a = rows.image.read(y, Transfer::srgb);
        const ChannelRow& b = rows.reference.read(y, Transfer::srgb);
        for (std::size_t c = 0; c < 3; ++c) {
            double sum = 0.0;
            for (int x = window.left; x < window.right; ++x) {
                const double d = a.channel[c][x] - b.channel[c][x];
                sum += d * d;
            }
            squares[c] += sum;
        }
    }
    const double pixels = static_cast<double>(window.width()) * window.height();
    Psnr result;
    for (std::size_t c = 0; c < 3; ++c) result.channel_db[c] = decibels(squares[c] / pixels);
    result.cpsnr_db = decibels((squares[0] + squares[1] + squares[2]) / (3.0 * pixels));
    return result;
}

Result<double> ssim(const ImageView& image, const ImageView& reference,
                    const CompareOptions& options) {
    const Window window = PX_TRY(compared(image, reference, options.border_px));
    if (window.width() < kTaps || window.height() < kTaps) {
        return fail(Errc::invalid_argument,
                    "SSIM needs 11x11 pixels, " + size_text(image) + " less the border has fewer");
    }
    ColorPair rows(image, reference, options);
    WindowMeans means(window.width());
    std::vector<float> a(static_cast<std::size_t>(window.width()));
    std::vector<float> b(a.size());
    double sum = 0.0;
    for (int y = window.top; y < window.bottom; ++y) {
        luma_row(rows.image.read(y, Transfer::srgb), window, a);
        luma_row(rows.reference.read(y, Transfer::srgb), window, b);
        means.push(a.data(), b.data());
        if (means.full()) sum += means.similarity();
    }
    return sum / (static_cast<double>(window.width() - kTaps + 1) * (window.height() - kTaps + 1));
}

Result<double> delta_e2000(const ImageView& image, const ImageView& reference,
                           const CompareOptions& options) {
    const Window window = PX_TRY(compared(image, reference, options.border_px));
    ColorPair rows(image, reference, options);
    const auto lab = [](const ChannelRow& row, int x) {
        return lab_of_linear_srgb(row.channel[0][x] / 255.0, row.channel[1][x] / 255.0,
                                  row.channel[2][x] / 255.0);
    };
    double sum = 0.0;
    for (int y = window.top; y < window.bottom; ++y) {
        const ChannelRow& a = rows.image.read(y, Transfer::linear);
        const ChannelRow& b = rows.reference.read(y, Transfer::linear);
        for (int x = window.left; x < window.right; ++x) sum += delta_e2000(lab(a, x), lab(b, x));
    }
    return sum / (static_cast<double>(window.width()) * window.height());
}

}  // namespace parallax::compute
