#include "elements/codec/dng.h"

#include <tiffio.h>

#include <doctest/doctest.h>

#include "elements/codec/dng_opcodes.h"
#include "elements/codec/dng_tags.h"
#include "elements/codec/file_io.h"
#include "elements/codec/raw_file.h"
#include "elements/codec/samples.h"
#include "support/codec_testing.h"
#include "support/temp_folder.h"
#ifdef PARALLAX_HAVE_LIBRAW
#include <libraw/libraw.h>
#endif

namespace parallax::codec {
namespace {

using testing::Canvas;

ShadingGrid some_shading() {
    ShadingGrid grid{.columns = 5, .rows = 4, .gains = {}};
    for (int i = 0; i < 5 * 4 * 4; ++i) grid.gains.push_back(1.0F + 0.013F * static_cast<float>(i));
    return grid;
}

// Every field set, to values that fractions and rounding could spoil.
RawInfo full_info() {
    RawInfo info;
    info.black_level = {63.5F, 64.25F, 65, 64};
    info.white_level = 1000;
    info.as_shot_neutral = {0.4871F, 1, 0.7312F};
    info.calibrations = {{.temperature_k = 2856,
                          .xyz_to_camera = {0.7546F, -0.1435F, -0.0929F, -0.3846F, 1.1488F, 0.2692F,
                                            -0.0332F, 0.1209F, 0.637F}},
                         {.temperature_k = 6504,
                          .xyz_to_camera = {0.7034F, -0.0804F, -0.1014F, -0.442F, 1.2564F, 0.2058F,
                                            -0.0851F, 0.1994F, 0.5758F}}};
    info.baseline_exposure_ev = -0.35F;
    info.noise_profile = {1.0F / 4096, 1e-7F};
    info.shading = some_shading();
    info.defects = {{3, 4}, {0, 0}, {39, 29}};
    info.exposure_s = 1.0F / 640;
    info.iso = 102400;
    info.aperture_f = 1.8F;
    info.focal_mm = 4.25F;
    info.orientation = 6;
    info.make = "Parallax";
    info.model = "Simulated One";
    info.date_time = "2024:05:31 18:07:59";
    return info;
}

std::vector<std::byte> encoded(const ImageView& mosaic, const RawInfo& info,
                               const DngOptions& options = {}) {
    std::vector<std::byte> out(dng_bound(mosaic.layout));
    out.resize(unwrap(dng_encode(mosaic, info, options, out)));
    return out;
}

// What a 16-bit reader should see: the samples of any mosaic, unpacked.
std::vector<std::uint16_t> samples_of(const ImageView& mosaic) {
    const PixelTraits& t = traits(mosaic.format());
    const auto width = static_cast<std::size_t>(mosaic.width());
    std::vector<std::uint16_t> all(width * static_cast<std::size_t>(mosaic.height()));
    for (int y = 0; y < mosaic.height(); ++y) {
        const std::span row = std::span(all).subspan(static_cast<std::size_t>(y) * width, width);
        if (t.packed) {
            unpack_mipi_row(Bytes(mosaic.row(y), mosaic.stride_bytes()), t.bits, row);
        } else {
            for (std::size_t x = 0; x < width; ++x) {
                row[x] = t.bits == 8 ? std::to_integer<std::uint16_t>(mosaic.row(y)[x])
                                     : mosaic.samples<std::uint16_t>(y)[x];
            }
        }
    }
    return all;
}

#ifdef PARALLAX_HAVE_LIBRAW
TEST_CASE("dng: LibRaw finds the same samples and order in every Bayer format, packed or not") {
    for (const PixelFormat format : all_pixel_formats()) {
        if (traits(format).family != PixelFamily::bayer) continue;
        for (const bool packed : {false, true}) {
            CAPTURE(traits(format).name);
            CAPTURE(packed);
            Canvas mosaic(format, 46, 34);  // LibRaw refuses pictures below 22 px a side.
            testing::fill_noise(mosaic.view);
            RawInfo info;
            info.make = "Parallax";
            info.model = "One";
            auto dng = encoded(mosaic.picture(), info, {.packed = packed});
            auto raw = std::make_unique<LibRaw>();
            REQUIRE(raw->open_buffer(dng.data(), dng.size()) == LIBRAW_SUCCESS);
            REQUIRE(raw->unpack() == LIBRAW_SUCCESS);
            const libraw_data_t& d = raw->imgdata;
            REQUIRE(d.sizes.width == 46);
            REQUIRE(d.sizes.height == 34);
            CHECK(d.color.maximum == (1U << traits(format).bits) - 1);
            std::string order;
            for (int i = 0; i < 4; ++i) order += "rgbg"[raw->COLOR(i / 2, i % 2)];
            CHECK(order == to_string(traits(format).order));
            const auto wanted = samples_of(mosaic.picture());
            CHECK(std::equal(wanted.begin(), wanted.end(), d.rawdata.raw_image));
        }
    }
}

TEST_CASE("dng: LibRaw finds the same metadata, as far as it looks for it") {
    Canvas mosaic(PixelFormat::grbg10le, 40, 30);
    testing::fill_noise(mosaic.view);
    const RawInfo info = full_info();
    auto dng = encoded(mosaic.picture(), info);
    auto raw = std::make_unique<LibRaw>();
    REQUIRE(raw->open_buffer(dng.data(), dng.size()) == LIBRAW_SUCCESS);
    const libraw_data_t& d = raw->imgdata;
    CHECK(std::string(d.idata.make) == info.make);
    CHECK(std::string(d.idata.model) == info.model);
    CHECK(std::string(d.color.UniqueCameraModel) == "Parallax Simulated One");
    CHECK(d.idata.dng_version == 0x01040000);
    CHECK(d.color.maximum == 1000);
    CHECK(d.other.shutter == info.exposure_s);
    CHECK(d.other.aperture == info.aperture_f);
    CHECK(d.other.focal_len == info.focal_mm);
    CHECK(d.other.iso_speed == 65535);  // It does not look at the long tag.
    CHECK(d.sizes.flip == 6);
    std::tm date{};
    REQUIRE(::localtime_r(&d.other.timestamp, &date) != nullptr);
    CHECK(date.tm_year == 124);
    CHECK(date.tm_mon == 4);
    CHECK(date.tm_mday == 31);
    CHECK(date.tm_hour == 18);
    CHECK(date.tm_sec == 59);
    CHECK(d.color.dng_levels.baseline_exposure == doctest::Approx(-0.35));
    for (int c = 0; c < 3; ++c) {
        const auto i = static_cast<std::size_t>(c);
        CHECK(d.color.dng_levels.asshotneutral[c] == doctest::Approx((*info.as_shot_neutral)[i]));
        for (std::size_t k = 0; k < 3; ++k) {
            CHECK(d.color.dng_color[0].colormatrix[c][k] ==
                  doctest::Approx(info.calibrations[0].xyz_to_camera[i * 3 + k]));
            CHECK(d.color.dng_color[1].colormatrix[c][k] ==
                  doctest::Approx(info.calibrations[1].xyz_to_camera[i * 3 + k]));
        }
    }
    CHECK(d.color.dng_color[0].illuminant == 17);
    CHECK(d.color.dng_color[1].illuminant == 21);
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(d.color.dng_levels.dng_fblack + d.color.dng_levels.dng_fcblack[6 + i] ==
              doctest::Approx(info.black_level[i]));
    }
}

TEST_CASE("dng: our own reading gives back every field of RawInfo") {
    Canvas mosaic(PixelFormat::grbg10le, 40, 30);
    testing::fill_noise(mosaic.view);
    RawInfo bare;
    bare.white_level = 1023;
    for (const RawInfo& info : {full_info(), bare}) {
        RawFile file = unwrap(RawFile::open(encoded(mosaic.picture(), info)));
        CHECK(file.shape() == RawShape{.format = PixelFormat::grbg10le, .width = 40, .height = 30});
        Canvas back(PixelFormat::grbg10le, 40, 30);
        RawInfo found = unwrap(file.unpack(back.view));
        CHECK(testing::same_rows(mosaic.picture(), back.picture()));
        CHECK(found.black_level == info.black_level);
        CHECK(found.white_level == info.white_level);
        CHECK(found.as_shot_neutral == info.as_shot_neutral);
        CHECK(found.calibrations == info.calibrations);
        CHECK(found.baseline_exposure_ev == info.baseline_exposure_ev);
        CHECK(found.noise_profile == info.noise_profile);
        CHECK(found.shading == info.shading);
        CHECK(found.defects == info.defects);
        if (info.make.empty()) found.make = found.model = "";  // LibRaw takes UniqueCameraModel.
        CHECK(found == info);
    }
}
#endif

TEST_CASE("dng: libtiff reads it as a plain TIFF with the CFA tags in place") {
    const TempFolder folder;
    Canvas mosaic(PixelFormat::bggr12p, 51, 7);
    testing::fill_noise(mosaic.view);
    const std::string path = folder.file("x.dng");
    REQUIRE(write_file(path, encoded(mosaic.picture(), full_info())));
    TIFFSetWarningHandler(nullptr);
    TIFF* tiff = TIFFOpen(path.c_str(), "r");
    REQUIRE(tiff != nullptr);
    std::uint32_t width = 0, height = 0;
    std::uint16_t bits = 0, photometric = 0, count = 0;
    const std::uint8_t* pattern = nullptr;
    CHECK(TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &width) == 1);
    CHECK(TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &height) == 1);
    CHECK(TIFFGetField(tiff, TIFFTAG_BITSPERSAMPLE, &bits) == 1);
    CHECK(TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric) == 1);
    CHECK(TIFFGetField(tiff, TIFFTAG_CFAPATTERN, &count, &pattern) == 1);
    CHECK(width == 51);
    CHECK(height == 7);
    CHECK(bits == 16);
    CHECK(photometric == PHOTOMETRIC_CFA);
    REQUIRE(count == 4);
    CHECK(std::vector(pattern, pattern + 4) == std::vector<std::uint8_t>{2, 1, 1, 0});
    const auto wanted = samples_of(mosaic.picture());
    std::vector<std::uint16_t> row(51);
    for (std::uint32_t y = 0; y < 7; ++y) {
        REQUIRE(TIFFReadScanline(tiff, row.data(), y) == 1);
        CHECK(std::equal(row.begin(), row.end(), wanted.begin() + 51 * y));
    }
    TIFFClose(tiff);
}

TEST_CASE("dng: what it cannot hold is refused with a reason") {
    std::vector<std::byte> out(1 << 20);
    Canvas rgb(PixelFormat::rgb, 8, 8);
    CHECK(dng_encode(rgb.picture(), {}, {}, out).error().message == "dng: cannot hold RGB");
    Canvas mosaic(PixelFormat::rggb10le, 8, 8);
    CHECK_FALSE(dng_encode(mosaic.picture(), {}, {}, MutableBytes(out).first(100)));
    RawInfo info;
    info.shading = ShadingGrid{.columns = 2, .rows = 2, .gains = {1}};
    CHECK_FALSE(dng_encode(mosaic.picture(), info, {}, out));
    mosaic.view.samples<std::uint16_t>(0)[0] = 1024;
    CHECK_FALSE(dng_encode(mosaic.picture(), {}, {}, out));
}

TEST_CASE("dng: the largest metadata fits into the bound") {
    Canvas mosaic(PixelFormat::rggb8, 2, 2);
    RawInfo info = full_info();
    info.shading = ShadingGrid{.columns = 256, .rows = 256, .gains = {}};
    info.shading->gains.assign(std::size_t{256} * 256 * 4, 1.0F);
    info.defects.assign(65536, {1, 1});
    info.make.assign(10000, 'm');
    std::vector<std::byte> out(dng_bound(mosaic.view.layout));
    CHECK(dng_encode(mosaic.picture(), info, {}, out));
}

TEST_CASE("dng: gain maps of other origins, pitches and sizes are resampled to the corners") {
    // One map for all four positions, 3 x 1 points whose first and last stand inside the picture.
    std::vector<std::byte> list;
    const auto u32 = [&](std::uint32_t v) {
        for (int shift = 24; shift >= 0; shift -= 8)
            list.push_back(static_cast<std::byte>(v >> shift));
    };
    const auto f64 = [&](double v) {
        const auto bits = std::bit_cast<std::uint64_t>(v);
        u32(static_cast<std::uint32_t>(bits >> 32));
        u32(static_cast<std::uint32_t>(bits));
    };
    for (const std::uint32_t v : {1U, 9U, 0x01030000U, 0U, 88U}) u32(v);
    for (const std::uint32_t v : {0U, 0U, 100U, 200U, 0U, 1U, 1U, 1U, 1U, 3U}) u32(v);
    for (const double v : {1.0, 0.25, 0.0, 0.25}) f64(v);
    u32(1);
    for (const float gain : {2.0F, 1.0F, 3.0F}) u32(std::bit_cast<std::uint32_t>(gain));
    const ActiveArea area{.width = 200, .height = 100};
    const auto grid = read_shading(list, area, {});
    REQUIRE(grid);
    CHECK(grid->columns == 3);
    CHECK(grid->rows == 2);
    for (std::size_t row = 0; row < 2; ++row) {
        for (std::size_t position = 0; position < 4; ++position) {
            CHECK(grid->gains[(row * 3 + 0) * 4 + position] == 2);
            CHECK(grid->gains[(row * 3 + 1) * 4 + position] == 1);
            CHECK(grid->gains[(row * 3 + 2) * 4 + position] == 3);
        }
    }
    for (std::size_t size = 0; size < list.size(); ++size) {
        CHECK_FALSE(read_shading(Bytes(list).first(size), area, {}));
    }
    CHECK_FALSE(read_shading(list, {.width = 300, .height = 100}, {}));  // It covers but a part.
}

TEST_CASE("dng: fractions come back as the floats they were, and light sources as near as can be") {
    CHECK(nearest_illuminant(2856) == 17);
    CHECK(nearest_illuminant(6504) == 21);
    CHECK(nearest_illuminant(5003) == 23);
    CHECK(nearest_illuminant(1000000) == 22);
    CHECK(nearest_illuminant(0) == 3);
    CHECK(illuminant_temperature_k(255) == 0);
}

}  // namespace
}  // namespace parallax::codec
