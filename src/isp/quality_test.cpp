// How good the demosaics are on true pictures: Kodak's, seen through a mosaic as they are (8-bit
// sRGB values), 10 pixels of border left out. Published means over all 24: bilinear 30.2, MHC 35.8,
// RCD 37.0 dB CPSNR; twelve of them are at hand here, whose means are a little different.
#include <algorithm>
#include <cstring>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "compute/metrics.h"
#include "parallax/isp.h"
#include "support/reference_demosaic.h"
#include "support/shared_picture.h"

namespace parallax::isp {
namespace {

constexpr std::array kKodak{1, 2, 3, 5, 7, 8, 13, 15, 19, 20, 22, 23};

double cpsnr_db(const Picture& picture, const Picture& truth) {
    return unwrap(compute::psnr(picture.view(), truth.view(), {.border_px = 10})).cpsnr_db;
}

Settings colors_alone(Demosaic demosaic, int suppression = 0) {
    return {.demosaic = demosaic,
            .white_balance = WhiteBalance::manual,
            .tone = Tone::linear,
            .false_color_suppression = suppression,
            .correct_defects = false,
            .color_matrix = false};
}

// The whole product, told to leave colours alone.
Picture develop(const reference::Mosaic& mosaic, int bits, Demosaic demosaic, int suppression = 0) {
    const Picture raw = raw_frame(mosaic, bits);
    Picture out(PixelFormat::rgb, mosaic.width, mosaic.height);
    Developer developer =
        unwrap(Developer::create(colors_alone(demosaic, suppression), raw.layout(), out.layout()));
    unwrap(developer.develop(raw.view(), {}, out.edit()));
    return out;
}

struct Method {
    const char* name;
    Demosaic demosaic;
    reference::Rgb (*reference)(const reference::Mosaic&);
    double least_mean_db;  // Over the twelve.
};

// The working precision of the product may cost a tenth of a decibel, no more.
void check_kodak(const Method& method) {
    double sum_db = 0;
    for (const int number : kKodak) {
        const auto truth = shared_png(fmt::format("truth/kodim{:02}.png", number));
        if (!truth) return;
        const reference::Mosaic mosaic = mosaic_of(*truth, BayerOrder::rggb);
        const double plain_db = cpsnr_db(rgb_picture(method.reference(mosaic)), *truth);
        const double product_db = cpsnr_db(develop(mosaic, 8, method.demosaic), *truth);
        MESSAGE(fmt::format("kodim{:02} {}: {:.2f} dB CPSNR, float reference {:.2f}", number,
                            method.name, product_db, plain_db));
        CHECK(std::abs(product_db - plain_db) < 0.1);
        sum_db += product_db;
    }
    const double mean_db = sum_db / std::size(kKodak);
    MESSAGE(fmt::format("mean {}: {:.2f} dB", method.name, mean_db));
    CHECK(mean_db > method.least_mean_db);
}

TEST_CASE("quality: bilinear on Kodak is as good as its float reference") {
    check_kodak({"bilinear", Demosaic::bilinear, reference::bilinear, 29.5});
}

TEST_CASE("quality: MHC on Kodak is as good as its float reference") {
    check_kodak({"MHC", Demosaic::mhc, reference::mhc, 35.0});
}

TEST_CASE("quality: RCD on Kodak is as good as its float reference") {
    check_kodak({"RCD", Demosaic::rcd, reference::rcd, 36.0});
}

// Mean CPSNR over the twelve after 0 … kMaxPasses passes; nothing without the pictures.
std::optional<std::array<double, 4>> suppressed_db(Demosaic demosaic) {
    std::array<double, 4> mean_db{};
    for (const int number : kKodak) {
        const auto truth = shared_png(fmt::format("truth/kodim{:02}.png", number));
        if (!truth) return std::nullopt;
        const reference::Mosaic mosaic = mosaic_of(*truth, BayerOrder::rggb);
        for (std::size_t passes = 0; passes < 4; ++passes) {
            const Picture picture = develop(mosaic, 8, demosaic, static_cast<int>(passes));
            mean_db[passes] += cpsnr_db(picture, *truth) / std::size(kKodak);
        }
    }
    MESSAGE(fmt::format("mean {} after 0 … 3 passes: {:.2f} dB", to_string(demosaic),
                        fmt::join(mean_db, ", ")));
    return mean_db;
}

TEST_CASE("quality: one pass against false colours gains every demosaic a decibel and more") {
    for (const Demosaic demosaic : {Demosaic::bilinear, Demosaic::mhc, Demosaic::rcd}) {
        const auto mean_db = suppressed_db(demosaic);
        if (!mean_db) return;
        CHECK((*mean_db)[1] > (*mean_db)[0] + 1.0);
        CHECK((*mean_db)[3] > (*mean_db)[1] - 0.1);
    }
}

// A painting, with mosaics of 12 bits in all four orders that others made of it. They were written
// column by column.
std::optional<Picture> klimt_truth() {
    const auto bytes = shared_bytes("truth/Klimt.ppm");
    if (!bytes) return std::nullopt;
    Picture picture(PixelFormat::rgb, 558, 560);
    unwrap(codec::pnm_decode(*bytes, picture.edit()));
    return picture;
}

Picture klimt_frame(BayerOrder order, const std::vector<std::byte>& file) {
    constexpr int width = 558;
    constexpr int height = 560;
    REQUIRE(file.size() == 2 * width * height);
    Picture raw(*bayer_format(order, 12), width, height);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            std::memcpy(raw.edit().samples<std::uint16_t>(y) + x,
                        file.data() + 2 * (x * height + y), 2);
    return raw;
}

TEST_CASE("quality: all four orders of one picture come out equally well") {
    const auto truth = klimt_truth();
    if (!truth) return;
    const std::array names{"RGGB", "GRBG", "GBRG", "BGGR"};
    for (const Demosaic demosaic : {Demosaic::bilinear, Demosaic::mhc, Demosaic::rcd}) {
        std::array<double, 4> db{};
        for (std::size_t i = 0; i < 4; ++i) {
            const auto file =
                shared_bytes(fmt::format("truth/Klimt_Bayer_560x558_{}_12bits.raw", names[i]));
            if (!file) return;
            const Picture raw = klimt_frame(static_cast<BayerOrder>(i), *file);
            Picture out(PixelFormat::rgb, 558, 560);
            Developer developer =
                unwrap(Developer::create(colors_alone(demosaic), raw.layout(), out.layout()));
            unwrap(developer.develop(raw.view(), {}, out.edit()));
            db[i] = cpsnr_db(out, *truth);
        }
        MESSAGE(fmt::format("Klimt {}: RGGB {:.2f}, GRBG {:.2f}, GBRG {:.2f}, BGGR {:.2f} dB",
                            to_string(demosaic), db[0], db[1], db[2], db[3]));
        CHECK(std::ranges::max(db) - std::ranges::min(db) < 0.5);
        CHECK(std::ranges::min(db) > 20);
    }
}

}  // namespace
}  // namespace parallax::isp
