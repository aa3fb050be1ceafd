#include "elements/codec/raw_file.h"

#include <cstring>

#include <doctest/doctest.h>

#include "elements/codec/dng.h"
#include "elements/codec/file_io.h"
#include "elements/codec/tiff_tags.h"
#include "support/codec_testing.h"
#include "support/shared_data.h"
#include "support/temp_folder.h"

namespace parallax::codec {
namespace {

using testing::Canvas;

#ifdef PARALLAX_HAVE_LIBRAW

double mean_of_row(const ImageView& mosaic, int y) {
    double sum = 0;
    for (int x = 0; x < mosaic.width(); ++x) sum += mosaic.samples<std::uint16_t>(y)[x];
    return sum / mosaic.width();
}

TEST_CASE("raw: a Nikon's DNG gives its active area, order, levels and exposure") {
    const auto path = shared_file("raw/sample1.dng");
    if (!path) return;
    RawFile file = unwrap(RawFile::open(*path));
    CHECK(file.shape() == RawShape{.format = PixelFormat::gbrg12le, .width = 4310, .height = 2868});
    Canvas mosaic(PixelFormat::gbrg12le, 4310, 2868);
    const RawInfo info = unwrap(file.unpack(mosaic.view));
    CHECK(info.black_level == std::array<float, 4>{});
    CHECK(info.white_level == 3840);
    REQUIRE(info.as_shot_neutral);
    CHECK((*info.as_shot_neutral)[0] == doctest::Approx(0.576577));
    CHECK((*info.as_shot_neutral)[1] == 1);
    REQUIRE(info.calibrations.size() == 1);
    CHECK(info.calibrations[0].temperature_k == 6504);
    CHECK(info.calibrations[0].xyz_to_camera[0] == doctest::Approx(0.7309));
    CHECK(info.calibrations[0].xyz_to_camera[3] == doctest::Approx(-0.8474));
    CHECK(info.exposure_s == doctest::Approx(1.0 / 160));
    CHECK(info.iso == 200);
    CHECK(info.aperture_f == doctest::Approx(6.3));
    CHECK(info.focal_mm == 24);
    CHECK(info.make == "Nikon");
    CHECK(info.model == "D5000");
    CHECK(mean_of_row(mosaic.picture(), 1400) > 10);
    CHECK(unwrap(file.unpack(mosaic.view)) == info);  // Once more is no harm.
}

TEST_CASE("raw: a Canon's CR2 learns its black level from the masked pixels beside the picture") {
    const auto path = shared_file("raw/IMG_5952.CR2");
    if (!path) return;
    RawFile file = unwrap(RawFile::open(*path));
    CHECK(file.shape() == RawShape{.format = PixelFormat::rggb12le, .width = 3522, .height = 2348});
    Canvas mosaic(PixelFormat::rggb12le, 3522, 2348);
    const RawInfo info = unwrap(file.unpack(mosaic.view));
    CHECK(info.black_level == std::array<float, 4>{128, 128, 127, 128});
    CHECK(info.white_level == 4095);
    REQUIRE(info.as_shot_neutral);
    CHECK((*info.as_shot_neutral)[1] == 1);
    CHECK((*info.as_shot_neutral)[0] == doctest::Approx(1024.0 / 2226));
    REQUIRE(info.calibrations.size() == 1);
    CHECK(info.calibrations[0].xyz_to_camera[0] == doctest::Approx(0.6257));
    CHECK(info.iso == 640);
    CHECK(info.model == "EOS 30D");
    CHECK(info.baseline_exposure_ev == 0);
}

TEST_CASE("raw: a linear lossy DNG comes as a mosaic, or as the colours it holds") {
    const auto path = shared_file("raw/photoprism_canon_eos_6d.dng");
    if (!path) return;
    RawFile file = unwrap(RawFile::open(*path));
    CHECK(file.shape() ==
          RawShape{.format = PixelFormat::rggb16le, .width = 1224, .height = 816, .linear = true});
    Canvas mosaic(PixelFormat::rggb16le, 1224, 816);
    const RawInfo info = unwrap(file.unpack(mosaic.view));
    CHECK(info.white_level == 65535);
    CHECK(info.baseline_exposure_ev == doctest::Approx(0.25));
    REQUIRE(info.noise_profile);
    CHECK((*info.noise_profile)[0] == doctest::Approx(3.2833e-5).epsilon(0.001));
    REQUIRE(info.calibrations.size() == 2);
    CHECK(info.calibrations[0].temperature_k == 2856);
    CHECK(info.calibrations[1].temperature_k == 6504);
    // AnalogBalance 2.158672 and CameraCalibration 0.9883 are in it: 0.7546 is the tag's.
    CHECK(info.calibrations[0].xyz_to_camera[0] == doctest::Approx(0.7546 * 2.158672 * 0.9883));
    CHECK(info.calibrations[0].xyz_to_camera[4] == doctest::Approx(1.1488));

    Canvas colors(PixelFormat::rgba64le, 1224, 816);
    REQUIRE(file.unpack(colors.view));
    for (const auto& [x, y, channel] :
         {std::array{100, 200, 0}, {101, 200, 1}, {100, 201, 1}, {101, 201, 2}}) {
        CHECK(mosaic.view.samples<std::uint16_t>(y)[x] ==
              colors.view.samples<std::uint16_t>(y)[x * 4 + channel]);
    }
    CHECK(colors.view.samples<std::uint16_t>(0)[3] == 65535);
}

TEST_CASE("raw: the wrong output, a file of another kind and a missing one are named") {
    const TempFolder folder;
    Canvas mosaic(PixelFormat::rggb10le, 40, 30);
    std::vector<std::byte> dng(dng_bound(mosaic.view.layout));
    dng.resize(unwrap(dng_encode(mosaic.picture(), {}, {}, dng)));
    RawFile file = unwrap(RawFile::open(dng));
    Canvas small(PixelFormat::rggb10le, 38, 30);
    CHECK(file.unpack(small.view).error().message == "raw: expected 38x30, found 40x30");
    Canvas other(PixelFormat::rggb12le, 40, 30);
    CHECK(file.unpack(other.view).error().message == "raw: expected rggb12le, found rggb10le");
    CHECK(RawFile::open(dng, {.side_px = 39}).error().code == Errc::corrupt);

    const std::string text = folder.file("text.dng");
    REQUIRE(write_file(text, std::as_bytes(std::span("this is no raw file at all, not at all"))));
    CHECK(to_string(RawFile::open(text).error()) ==
          text + ": raw: expected a camera's raw file, found none of their beginnings");
    CHECK(RawFile::open(text).error().hint.starts_with("samples without a header need caps"));
    REQUIRE(write_file(text, std::as_bytes(std::span("II*"))));  // Its zero is the text's own.
    CHECK(to_string(RawFile::open(text).error()) ==
          text + ": raw: the file ends too early, or is no raw file");
    REQUIRE(write_file(text, {}));
    CHECK(to_string(RawFile::open(text).error()) ==
          text + ": raw: expected a header, found 0 bytes");
    CHECK(RawFile::open(folder.file("none.dng")).error().code == Errc::io);
}

// A DNG of ours whose tags tell of another size.
std::vector<std::byte> dng_of(int width, int height, std::uint32_t told_width) {
    Canvas mosaic(PixelFormat::rggb10le, width, height);
    std::vector<std::byte> dng(dng_bound(mosaic.view.layout));
    dng.resize(unwrap(dng_encode(mosaic.picture(), {}, {}, dng)));
    const TagReader tiff = unwrap(TagReader::open(dng));
    for (const Directory& d : tiff.directories()) {
        const Tag* tag = d.find(TagId::image_width);
        if (tag == nullptr || tag->type != TagType::dword) continue;
        std::memcpy(dng.data() + (tag->value.data() - dng.data()), &told_width, sizeof told_width);
    }
    return dng;
}

TEST_CASE("raw: a picture that LibRaw finds too small or too large is named with its size") {
    const auto message = [](int width, int height, std::uint32_t told) {
        const auto file = RawFile::open(dng_of(width, height, told));
        return file ? "opens" : file.error().message;
    };
    CHECK(message(22, 22, 22) == "opens");
    CHECK(message(20, 40, 20) ==
          "raw: a picture of 20x40; LibRaw reads those from 22x22 to "
          "64000x64000");
    CHECK(message(40, 20, 40).starts_with("raw: a picture of 40x20; LibRaw reads"));
    CHECK(message(40, 30, 100'000).starts_with("raw: a picture of 100000x30; LibRaw reads"));
}

TEST_CASE("raw: more samples than the limit are refused before they are read, with both sizes") {
    CHECK(RawFile::open(dng_of(40, 30, 40), {.picture_bytes = 2399}).error().message ==
          "raw: 40x30 stored samples take 2400 bytes, the limit is 2399");
}

TEST_CASE("raw: samples of no camera are refused, whatever their number") {
    // As many as some old camera's files have: LibRaw alone makes a picture of noise.
    for (const std::size_t count : {307'200UL, 614'400UL, 786'432UL, 4'147'200UL}) {
        const auto file = RawFile::open(std::vector(count, std::byte{0x5a}));
        REQUIRE_FALSE(file);
        CHECK(file.error().code == Errc::corrupt);
        CHECK(file.error().hint.starts_with("samples without a header"));
    }
}

TEST_CASE("raw: a file cut short anywhere fails cleanly, and no flipped bit crashes") {
    Canvas mosaic(PixelFormat::rggb10le, 40, 30);
    testing::fill_noise(mosaic.view);
    std::vector<std::byte> dng(dng_bound(mosaic.view.layout));
    dng.resize(unwrap(dng_encode(mosaic.picture(), {}, {}, dng)));
    testing::check_prefixes_and_flips(dng, [&](Bytes bytes) -> Result<> {
        RawFile file = PX_TRY(RawFile::open(std::vector(bytes.begin(), bytes.end())));
        const RawShape& shape = file.shape();
        Canvas back(shape.format, shape.width, shape.height);
        PX_TRY(file.unpack(back.view));
        return {};
    });
}

TEST_CASE("raw: real files cut short fail cleanly") {
    for (const char* name :
         {"raw/sample3.dng", "raw/IMG_5952.CR2", "raw/photoprism_canon_eos_6d.dng"}) {
        const auto path = shared_file(name);
        if (!path) continue;
        const auto whole = unwrap(read_file(*path, 100 << 20));
        for (const double part : {0.0001, 0.01, 0.3, 0.7, 0.99}) {
            CAPTURE(std::string(name));
            CAPTURE(part);
            const auto size = static_cast<long>(static_cast<double>(whole.size()) * part);
            auto file = RawFile::open(std::vector(whole.begin(), whole.begin() + size));
            if (!file) continue;
            const RawShape& shape = file->shape();
            Canvas out(shape.format, shape.width, shape.height);
            CHECK_FALSE(file->unpack(out.view));
        }
    }
}

#else

TEST_CASE("raw: without LibRaw every file is refused by the name of the option") {
    const auto failed = RawFile::open("x.dng");
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == Errc::lacking);
    CHECK(failed.error().hint == "build with -DPARALLAX_LIBRAW=ON");
}

#endif

}  // namespace
}  // namespace parallax::codec
