#include "compute/metrics.h"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "compute/delta_e.h"
#include "support/picture.h"
#include "support/unwrap.h"

namespace parallax::compute {
namespace {

Picture flat_rgb(int width, int height, std::array<int, 3> color) {
    Picture p(PixelFormat::rgb, width, height);
    for (int y = 0; y < height; ++y) {
        auto* row = p.edit().samples<std::uint8_t>(y);
        for (int x = 0; x < width * 3; ++x)
            row[x] = static_cast<std::uint8_t>(color[static_cast<std::size_t>(x % 3)]);
    }
    return p;
}

TEST_CASE("metrics: psnr of a constant difference is what the formula says") {
    const Picture a = flat_rgb(7, 5, {100, 100, 100});
    const Picture b = flat_rgb(7, 5, {105, 100, 90});
    const Psnr p = unwrap(psnr(a.view(), b.view()));
    CHECK(p.channel_db[0] == doctest::Approx(20 * std::log10(255.0 / 5)));
    CHECK(p.channel_db[1] == kPsnrCeilingDb);
    CHECK(p.channel_db[2] == doctest::Approx(20 * std::log10(255.0 / 10)));
    CHECK(p.cpsnr_db == doctest::Approx(10 * std::log10(255.0 * 255.0 / (125.0 / 3))));
}

TEST_CASE("metrics: a border is left out") {
    Picture a = flat_rgb(16, 16, {10, 20, 30});
    const Picture b = flat_rgb(16, 16, {10, 20, 30});
    a.edit().samples<std::uint8_t>(0)[5] = 255;
    a.edit().samples<std::uint8_t>(9)[0] = 255;
    CHECK(unwrap(psnr(a.view(), b.view())).cpsnr_db < 60);
    CHECK(unwrap(psnr(a.view(), b.view(), {.border_px = 2})).cpsnr_db == kPsnrCeilingDb);
    CHECK(unwrap(delta_e2000(a.view(), b.view(), {.border_px = 2})) == 0.0);
    CHECK(unwrap(ssim(a.view(), b.view(), {.border_px = 2})) == 1.0);
}

// The definition, window by window in double precision.
double slow_ssim(const Picture& a, const Picture& b) {
    const int w = a.layout().width;
    const int h = a.layout().height;
    const auto at = [](const Picture& p, int x, int y) {
        return static_cast<double>(p.view().samples<std::uint8_t>(y)[x]);
    };
    double total = 0.0;
    int windows = 0;
    for (int y = 5; y + 5 < h; ++y) {
        for (int x = 5; x + 5 < w; ++x) {
            double n = 0, ma = 0, mb = 0, va = 0, vb = 0, cov = 0;
            for (int pass = 0; pass < 2; ++pass) {
                for (int j = -5; j <= 5; ++j) {
                    for (int i = -5; i <= 5; ++i) {
                        const double g = std::exp(-(i * i + j * j) / (2 * 1.5 * 1.5));
                        const double pa = at(a, x + i, y + j);
                        const double pb = at(b, x + i, y + j);
                        if (pass == 0) {
                            n += g;
                            ma += g * pa;
                            mb += g * pb;
                        } else {
                            va += g * (pa - ma) * (pa - ma) / n;
                            vb += g * (pb - mb) * (pb - mb) / n;
                            cov += g * (pa - ma) * (pb - mb) / n;
                        }
                    }
                }
                if (pass == 0) {
                    ma /= n;
                    mb /= n;
                }
            }
            const double c1 = 6.5025;
            const double c2 = 58.5225;
            total +=
                (2 * ma * mb + c1) * (2 * cov + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2));
            ++windows;
        }
    }
    return total / windows;
}

TEST_CASE("metrics: ssim agrees with its definition") {
    Picture a(PixelFormat::gray8, 23, 17);
    Picture b(PixelFormat::gray8, 23, 17);
    a.randomize(1);
    for (std::size_t i = 0; i < a.bytes().size(); ++i) {
        const int value = std::to_integer<int>(a.bytes()[i]);
        b.bytes()[i] = static_cast<std::byte>(std::min(255, value / 2 + (i % 7 == 0 ? 60 : 20)));
    }
    const double fast = unwrap(ssim(a.view(), b.view()));
    CHECK(fast == doctest::Approx(slow_ssim(a, b)).epsilon(1e-5));
    CHECK(fast < 0.95);
    CHECK(unwrap(ssim(a.view(), a.view())) == 1.0);
}

TEST_CASE("metrics: delta_e2000 of flat pictures is that of their colours") {
    const auto lab = [](int r, int g, int b) {
        return lab_of_linear_srgb(srgb_to_linear(r / 255.0), srgb_to_linear(g / 255.0),
                                  srgb_to_linear(b / 255.0));
    };
    const Picture a = flat_rgb(4, 3, {200, 30, 60});
    const Picture b = flat_rgb(4, 3, {190, 50, 40});
    const double expected = delta_e2000(lab(200, 30, 60), lab(190, 50, 40));
    CHECK(unwrap(delta_e2000(a.view(), b.view())) == doctest::Approx(expected).epsilon(1e-4));
}

TEST_CASE("metrics: a linear 16-bit reference is encoded before it is compared") {
    const Picture encoded = flat_rgb(12, 12, {200, 30, 60});
    Picture linear(PixelFormat::rgba64le, 12, 12);
    for (int y = 0; y < 12; ++y) {
        auto* row = linear.edit().samples<std::uint16_t>(y);
        for (int x = 0; x < 12; ++x) {
            const std::array<int, 3> color{200, 30, 60};
            for (int c = 0; c < 3; ++c)
                row[x * 4 + c] = static_cast<std::uint16_t>(std::lround(
                    65535 * srgb_to_linear(color[static_cast<std::size_t>(c)] / 255.0)));
            row[x * 4 + 3] = 65535;
        }
    }
    const CompareOptions options{.reference_transfer = Transfer::linear};
    CHECK(unwrap(psnr(encoded.view(), linear.view(), options)).cpsnr_db > 75);
    CHECK(unwrap(ssim(encoded.view(), linear.view(), options)) > 0.9999);
    CHECK(unwrap(delta_e2000(encoded.view(), linear.view(), options)) < 0.02);
    CHECK(unwrap(psnr(encoded.view(), linear.view())).cpsnr_db < 20);
}

TEST_CASE("metrics: refuse what cannot be compared, and say why") {
    const Picture a(PixelFormat::rgb, 12, 12);
    const Picture b(PixelFormat::rgb, 12, 13);
    const Picture mosaic(PixelFormat::rggb8, 12, 12);
    const Picture tiny(PixelFormat::rgb, 10, 12);
    CHECK(psnr(a.view(), b.view()).error().message.find("12x13") != std::string::npos);
    CHECK(ssim(a.view(), mosaic.view()).error().code == Errc::unsupported);
    CHECK(ssim(tiny.view(), tiny.view()).error().code == Errc::invalid_argument);
    CHECK(ssim(a.view(), a.view(), {.border_px = 1}).error().code == Errc::invalid_argument);
    CHECK(delta_e2000(a.view(), a.view(), {.border_px = 6}).error().code == Errc::invalid_argument);
    CHECK(delta_e2000(a.view(), a.view(), {.border_px = -1}).error().code ==
          Errc::invalid_argument);
}

}  // namespace
}  // namespace parallax::compute
