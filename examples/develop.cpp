// The raw developer alone, without elements or threads: one mosaic in, one picture out.
//
//     develop                                     a colour chart, painted here; writes
//     developed.ppm develop FILE FORMAT WIDTH HEIGHT            a headerless dump: rggb12le,
//     bggr10p, grbg8 …
//
// Shows: parallax/isp.h as a library: ImageLayout, view_image, RawInfo, Settings, Developer.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "parallax/isp.h"

namespace {

using parallax::ImageLayout;
using parallax::PixelFormat;
using parallax::RawInfo;
using parallax::Result;

struct Raw {
    ImageLayout layout;
    std::vector<std::byte> bytes;
    RawInfo info;
};

constexpr std::array<std::array<float, 3>, 6> kPatches{{// Linear sRGB.
                                                        {0.8F, 0.1F, 0.1F},
                                                        {0.1F, 0.6F, 0.1F},
                                                        {0.1F, 0.15F, 0.7F},
                                                        {0.8F, 0.8F, 0.8F},
                                                        {0.2F, 0.2F, 0.2F},
                                                        {0.02F, 0.02F, 0.02F}}};

// What a 12-bit RGGB sensor would see of six patches: black at 256, red weak, blue weaker.
Result<Raw> chart() {
    Raw raw;
    raw.layout = PX_TRY(parallax::image_layout(PixelFormat::rggb12le, 384, 64));
    raw.bytes.resize(raw.layout.size_bytes);
    raw.info.black_level = {256, 256, 256, 256};
    raw.info.white_level = 4095;
    raw.info.as_shot_neutral = {0.5F, 1.0F, 0.4F};
    const auto mosaic = PX_TRY(view_image(raw.layout, std::span<std::byte>(raw.bytes)));
    for (int y = 0; y < mosaic.height(); ++y) {
        auto* row = mosaic.samples<std::uint16_t>(y);
        for (int x = 0; x < mosaic.width(); ++x) {
            const auto colour = static_cast<std::size_t>(y % 2 + x % 2);  // R G / G B
            const float light = kPatches[static_cast<std::size_t>(x / 64)][colour];
            row[x] = static_cast<std::uint16_t>(256 +
                                                3839 * light * (*raw.info.as_shot_neutral)[colour]);
        }
    }
    return raw;
}

Result<Raw> read_dump(char** words) {
    const auto format = parallax::pixel_format("video/x-bayer", words[2]);
    if (!format)
        return parallax::fail(parallax::Errc::invalid_argument, "no such Bayer format", "rggb12le");
    Raw raw;
    raw.layout = PX_TRY(parallax::image_layout(*format, std::atoi(words[3]), std::atoi(words[4])));
    raw.bytes.resize(raw.layout.size_bytes);
    std::FILE* file = std::fopen(words[1], "rb");
    if (file == nullptr) return parallax::fail_errno(words[1]);
    const bool whole = std::fread(raw.bytes.data(), 1, raw.bytes.size(), file) == raw.bytes.size();
    std::fclose(file);
    if (!whole)
        return parallax::fail(parallax::Errc::io, "the file is smaller than such a picture");
    return raw;
}

Result<> write_ppm(const parallax::ImageView& picture, const char* path) {
    std::FILE* file = std::fopen(path, "wb");
    if (file == nullptr) return parallax::fail_errno(path);
    std::fprintf(file, "P6\n%d %d\n255\n", picture.width(), picture.height());
    const auto row_bytes = static_cast<std::size_t>(picture.width()) * 3;
    for (int y = 0; y < picture.height(); ++y) std::fwrite(picture.row(y), 1, row_bytes, file);
    if (std::fclose(file) != 0) return parallax::fail_errno(path);
    return {};
}

Result<> develop(int argc, char** argv) {
    const Raw raw = argc == 5 ? PX_TRY(read_dump(argv)) : PX_TRY(chart());
    const auto mosaic = PX_TRY(view_image(raw.layout, std::span<const std::byte>(raw.bytes)));
    const auto layout = PX_TRY(image_layout(PixelFormat::rgb, mosaic.width(), mosaic.height()));
    std::vector<std::byte> bytes(layout.size_bytes);
    const auto out = PX_TRY(view_image(layout, std::span<std::byte>(bytes)));

    // Once for a format and its settings; then develop() for every frame.
    auto developer = PX_TRY(parallax::isp::Developer::create(
        {.demosaic = parallax::isp::Demosaic::rcd}, raw.layout, layout));
    const auto done = PX_TRY(developer.develop(mosaic, raw.info, out));
    std::printf("white balance %.2f %.2f %.2f, %s\n", done.gains[0], done.gains[1], done.gains[2],
                done.calibrated ? "by the camera's colour matrix"
                                : "no colour matrix: as the camera saw it");
    PX_TRY(write_ppm(as_const(out), "developed.ppm"));
    if (argc == 5) return {};
    for (std::size_t i = 0; i < kPatches.size(); ++i) {  // The middle of each patch.
        const auto* pixel = as_const(out).samples<std::uint8_t>(32) + 3 * (i * 64 + 32);
        const double wanted = 255 * (1.055 * std::pow(kPatches[i][1], 1 / 2.4) - 0.055);
        std::printf("patch %zu: %3d %3d %3d, green should be %.0f\n", i, pixel[0], pixel[1],
                    pixel[2], wanted);
        if (std::abs(pixel[1] - wanted) > 3)
            return parallax::fail(parallax::Errc::corrupt, "it is not");
    }
    return {};
}

}  // namespace

int main(int argc, char** argv) {
    const Result<> done = develop(argc, argv);
    if (!done) std::printf("%s\n", to_string(done.error()).c_str());
    return done ? 0 : 1;
}
