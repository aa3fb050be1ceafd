#ifdef PARALLAX_HAVE_LIBRAW

#include "elements/codec/raw_file.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <limits>
#include <optional>
#include <system_error>

#include <fmt/format.h>
#include <libraw/libraw.h>

#include "elements/codec/dng_tags.h"
#include "elements/codec/file_io.h"
#include "elements/codec/raw_pieces.h"
#include "elements/codec/raw_signature.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {

struct RawFile::State {
    std::vector<std::byte> bytes;  // LibRaw reads from here until unpacked.
    LibRaw raw;                    // Some 400 KB: State lives on the heap.
    RawShape shape;
    RawInfo info;
    bool unpacked = false;
};

namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{1} << 31;  // open_buffer's own limit.

// Errors of LibRaw: below −100 the file itself could not be decoded, above it is not of its kind.
Failure libraw_failure(std::string_view doing, int error) {
    const std::string text =
        error > 0 ? std::generic_category().message(error) : LibRaw::strerror(error);
    if (error == LIBRAW_TOO_BIG || error == LIBRAW_UNSUFFICIENT_MEMORY || error == ENOMEM) {
        return fail(Errc::quota_exceeded, fmt::format("raw: {}: {}", doing, text));
    }
    if (error == LIBRAW_FILE_UNSUPPORTED) {
        return fail(Errc::corrupt, "raw: expected a camera's raw file, found something else");
    }
    if (error == LIBRAW_IO_ERROR) {
        return fail(Errc::corrupt, "raw: the file ends too early, or is no raw file");
    }
    return fail(Errc::corrupt, fmt::format("raw: {}: {}", doing, text));
}

// Of a picture that is too small or too large for it, LibRaw says only that it is no raw file.
Failure not_opened(Bytes bytes, int error) {
    constexpr std::uint32_t kLeast = 22;  // In LibRaw's identify(); seen so.
    constexpr std::uint32_t kMost = 64000;
    if (error == LIBRAW_FILE_UNSUPPORTED) {
        const auto [width, height] = told_size(bytes);
        const auto [less, more] = std::minmax(width, height);
        if (less > 0 && (less < kLeast || more > kMost)) {
            return fail(
                Errc::unsupported,
                fmt::format("raw: a picture of {}x{}; LibRaw reads those from {}x{} to {}x{}",
                            width, height, kLeast, kLeast, kMost, kMost));
        }
    }
    return libraw_failure("cannot be read", error);
}

// Checks what LibRaw 0.20 does not. It takes what it does not know for a picture, if only its
// length is right. It makes up what a shortened file lacks; most raw files are TIFFs and tell their
// size. It walks off its tables when the mosaic's pattern is not as it should be (found by flipping
// each bit of a small DNG).
Result<> check_before_libraw(Bytes bytes) {
    if (!has_raw_signature(bytes)) {
        return fail(Errc::corrupt,
                    "raw: expected a camera's raw file, found none of their beginnings",
                    "samples without a header need caps: filesrc location=… ! "
                    "video/x-bayer,format=…,width=…,height=…,framerate=1/1");
    }
    const auto tiff = TagReader::open(bytes);
    if (!tiff) return {};  // Some other structure: LibRaw knows.
    PX_TRY(tiff->expect_whole());
    for (const Directory& d : tiff->directories()) {
        if (std::ranges::find(d.cut_off, TagId::cfa_pattern) != d.cut_off.end()) {
            return fail(Errc::corrupt, "raw: the mosaic's pattern lies outside the file");
        }
        const Tag* pattern = d.find(TagId::cfa_pattern);
        if (pattern == nullptr) continue;
        if (pattern->count > 16) {
            return fail(Errc::unsupported,
                        fmt::format("raw: expected a Bayer mosaic, found a pattern of {} colours",
                                    pattern->count));
        }
        for (std::uint32_t i = 0; i < pattern->count; ++i) {
            if (pattern->whole(i) <= 6) continue;
            return fail(Errc::corrupt, fmt::format("raw: the mosaic's pattern has a colour {}",
                                                   pattern->whole(i)));
        }
    }
    return {};
}

// Files we would have to guess at are refused by what they are.
Result<> expect_mosaic_or_linear(LibRaw& raw) {
    const libraw_iparams_t& id = raw.imgdata.idata;
    const char* found = nullptr;
    if (id.is_foveon != 0) found = "a Foveon sensor";
    if (id.filters == LIBRAW_XTRANS) found = "an X-Trans mosaic";
    if (raw.is_fuji_rotated() != 0) found = "a mosaic turned by 45 degrees";
    if (raw.is_sraw() != 0 || raw.is_nikon_sraw() != 0) found = "a reduced raw (sRAW)";
    if (id.colors == 1) found = "a monochrome sensor";
    if (id.colors == 4) found = "a sensor of four colours";
    if (id.raw_count == 0) found = "no picture";
    if (raw.is_floating_point() != 0) found = "floating-point samples";
    if (id.filters > 0 && id.filters < 1000 && found == nullptr) found = "an unknown mosaic";
    if (found == nullptr) return {};
    return fail(Errc::unsupported, fmt::format("raw: expected a Bayer mosaic, found {} ({} {})",
                                               found, id.make, id.model));
}

// The order of the top-left cell of the active area, where COLOR() counts from.
std::optional<BayerOrder> order_of(LibRaw& raw) {
    std::array<int, 4> colors{};  // 0 red, 1 green, 2 blue, 3 the other green
    for (int i = 0; i < 4; ++i) {
        const int color = raw.COLOR(i / 2, i % 2);
        colors.at(static_cast<std::size_t>(i)) = color == 3 ? 1 : color;
    }
    // And that the pattern has a period of two: some early cameras' have eight rows.
    for (int y = 0; y < 16; ++y) {
        for (int x = 0; x < 2; ++x) {
            const int color = raw.COLOR(y, x) == 3 ? 1 : raw.COLOR(y, x);
            const auto position = static_cast<std::size_t>(y % 2) * 2 + static_cast<std::size_t>(x);
            if (color != colors.at(position)) return std::nullopt;
        }
    }
    if (colors == std::array{0, 1, 1, 2}) return BayerOrder::rggb;
    if (colors == std::array{1, 0, 2, 1}) return BayerOrder::grbg;
    if (colors == std::array{1, 2, 0, 1}) return BayerOrder::gbrg;
    if (colors == std::array{2, 1, 1, 0}) return BayerOrder::bggr;
    return std::nullopt;
}

int bits_for(unsigned white) {
    for (const int bits : {10, 12, 14}) {
        if (white < 1U << bits) return bits;
    }
    return 16;
}

// What is stored may be far larger than the active area; LibRaw would say only "too big".
Result<> expect_room(const LibRaw& raw, const Limits& limits) {
    const libraw_image_sizes_t& sizes = raw.imgdata.sizes;
    const std::size_t bytes =
        std::size_t{sizes.raw_width} * sizes.raw_height * sizeof(std::uint16_t);
    if (bytes <= limits.picture_bytes) return {};
    return fail(Errc::quota_exceeded,
                fmt::format("raw: {}x{} stored samples take {} bytes, the limit is {}",
                            sizes.raw_width, sizes.raw_height, bytes, limits.picture_bytes));
}

Result<RawShape> shape_of(LibRaw& raw) {
    PX_TRY(expect_mosaic_or_linear(raw));
    const libraw_image_sizes_t& sizes = raw.imgdata.sizes;
    RawShape shape{.width = sizes.width, .height = sizes.height};
    shape.linear = raw.imgdata.idata.filters == 0;
    const std::optional<BayerOrder> order = shape.linear ? BayerOrder::rggb : order_of(raw);
    if (!order) return fail(Errc::unsupported, "raw: expected a Bayer mosaic, found another order");
    const int bits = shape.linear ? 16 : bits_for(raw.imgdata.color.maximum);
    shape.format = *bayer_format(*order, bits);
    // Margins are the file's word: they must leave the active area inside the stored one.
    if (sizes.left_margin + sizes.width > sizes.raw_width ||
        sizes.top_margin + sizes.height > sizes.raw_height) {
        return fail(Errc::corrupt,
                    fmt::format("raw: an active area of {}x{} at {},{} in {}x{} stored samples",
                                sizes.width, sizes.height, sizes.left_margin, sizes.top_margin,
                                sizes.raw_width, sizes.raw_height));
    }
    return shape;
}

// LibRaw keeps black as a common level, one for each colour, and a pattern of any size.
std::array<float, 4> black_levels(LibRaw& raw, bool linear) {
    const libraw_colordata_t& color = raw.imgdata.color;
    std::array<float, 4> black{};
    for (unsigned i = 0; i < 4; ++i) {
        const unsigned y = i / 2;
        const unsigned x = i % 2;
        static constexpr std::array rggb{0, 1, 1, 2};
        const int channel =
            linear ? rggb.at(i) : raw.COLOR(static_cast<int>(y), static_cast<int>(x));
        unsigned level = color.black + color.cblack[channel];
        const unsigned rows = color.cblack[4];
        const unsigned columns = color.cblack[5];
        if (rows > 0 && columns > 0 && rows <= 64 && columns <= 64) {
            level += color.cblack[6 + y % rows * columns + x % columns];
        }
        black.at(i) = static_cast<float>(level);
    }
    return black;
}

std::optional<std::array<float, 3>> neutral_of(const libraw_colordata_t& color) {
    std::array<float, 3> neutral{};
    for (std::size_t i = 0; i < 3; ++i) {
        if (!(color.cam_mul[i] > 0) || !std::isfinite(color.cam_mul[i])) return std::nullopt;
        neutral.at(i) = 1 / color.cam_mul[i];
    }
    const float largest = *std::ranges::max_element(neutral);
    for (float& x : neutral) x /= largest;
    return neutral;
}

// The matrix that LibRaw knows of this camera, which is Adobe's for D65.
std::vector<ColorCalibration> builtin_calibration(const libraw_colordata_t& color) {
    ColorCalibration known;
    for (std::size_t i = 0; i < 9; ++i) known.xyz_to_camera.at(i) = color.cam_xyz[i / 3][i % 3];
    const bool sane = std::ranges::all_of(
        known.xyz_to_camera, [](float x) { return std::isfinite(x) && std::abs(x) < 100; });
    if (!sane || known.xyz_to_camera == Matrix3{}) return {};
    return {known};
}

int exif_orientation(int flip) {
    // dcraw's flips: 1 mirrors left to right, 2 top to bottom, 4 swaps the axes.
    static constexpr std::array<int, 8> orientations{1, 2, 4, 3, 5, 8, 6, 7};
    return flip >= 0 && flip < 8 ? orientations.at(static_cast<std::size_t>(flip)) : 1;
}

float positive(float x) { return std::isfinite(x) && x > 0 ? x : 0; }

// LibRaw takes the camera's clock for ours; back again it reads as the camera wrote it.
std::string date_text(std::time_t time) {
    std::tm parts{};
    std::array<char, 32> text{};
    if (time <= 0 || ::localtime_r(&time, &parts) == nullptr) return {};
    std::strftime(text.data(), text.size(), "%Y:%m:%d %H:%M:%S", &parts);
    return text.data();
}

RawInfo info_of(LibRaw& raw, bool linear) {
    const libraw_data_t& d = raw.imgdata;
    RawInfo info;
    info.black_level = black_levels(raw, linear);
    info.white_level = static_cast<float>(d.color.maximum);
    info.as_shot_neutral = neutral_of(d.color);
    info.calibrations = builtin_calibration(d.color);
    info.exposure_s = positive(d.other.shutter);
    info.iso = positive(d.other.iso_speed);
    info.aperture_f = positive(d.other.aperture);
    info.focal_mm = positive(d.other.focal_len);
    info.orientation = exif_orientation(d.sizes.flip);
    info.make = d.idata.make;
    info.model = d.idata.model;
    info.date_time = date_text(d.other.timestamp);
    return info;
}

// All that the file tells: LibRaw's reading, and a DNG's own tags where it has some.
RawInfo all_info(LibRaw& raw, Bytes bytes, bool linear) {
    RawInfo info = info_of(raw, linear);
    if (raw.imgdata.idata.dng_version == 0) return info;
    RawInfo told = info;
    if (!read_dng_tags(bytes, linear, told)) return info;
    // LibRaw measures or knows better for some cameras: only its rounding is undone.
    for (std::size_t i = 0; i < 4; ++i) {
        if (!(std::abs(told.black_level.at(i) - info.black_level.at(i)) < 1)) {
            told.black_level = info.black_level;
        }
    }
    return told;
}

// Then a sample of zero is rare: noise would have to reach below black by all of its level.
bool black_above_zero(const RawInfo& info) {
    return std::ranges::all_of(info.black_level, [](float level) { return level >= 16; });
}

void copy_mosaic(const libraw_data_t& d, const MutableImageView& out) {
    const auto maximum = static_cast<unsigned>((1 << traits(out.format()).bits) - 1);
    const std::size_t stride = d.sizes.raw_pitch / sizeof(std::uint16_t);
    for (int y = 0; y < out.height(); ++y) {
        const std::uint16_t* row = d.rawdata.raw_image + d.sizes.left_margin +
                                   static_cast<std::size_t>(y + d.sizes.top_margin) * stride;
        auto* to = out.samples<std::uint16_t>(y);
        for (int x = 0; x < out.width(); ++x) {
            to[x] = static_cast<std::uint16_t>(std::min<unsigned>(row[x], maximum));
        }
    }
}

// Three colours a pixel: all of them, or the one that a sensor with this mosaic would have seen.
void copy_linear(const libraw_data_t& d, const MutableImageView& out) {
    const std::size_t channels = d.rawdata.color4_image != nullptr ? 4 : 3;
    const std::uint16_t* samples = d.rawdata.color4_image != nullptr
                                       ? &d.rawdata.color4_image[0][0]
                                       : &d.rawdata.color3_image[0][0];
    const std::size_t stride = d.sizes.raw_pitch / sizeof(std::uint16_t);
    for (int y = 0; y < out.height(); ++y) {
        const std::uint16_t* row = samples + d.sizes.left_margin * channels +
                                   static_cast<std::size_t>(y + d.sizes.top_margin) * stride;
        auto* to = out.samples<std::uint16_t>(y);
        if (out.format() == PixelFormat::rgba64le) {
            for (int x = 0; x < out.width(); ++x, row += channels, to += 4) {
                std::copy_n(row, 3, to);
                to[3] = std::numeric_limits<std::uint16_t>::max();
            }
        } else {
            for (int x = 0; x < out.width(); ++x, row += channels) to[x] = row[y % 2 + x % 2];
        }
    }
}

}  // namespace

RawFile::RawFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
RawFile::RawFile(RawFile&&) noexcept = default;
RawFile& RawFile::operator=(RawFile&&) noexcept = default;
RawFile::~RawFile() = default;

const RawShape& RawFile::shape() const { return state_->shape; }
const RawInfo& RawFile::info() const { return state_->info; }

Result<RawFile> RawFile::open(const std::string& path, const Limits& limits) {
    return open(PX_TRY(read_file(path, kMaxFileBytes)), limits).context(path);
}

Result<RawFile> RawFile::open(std::vector<std::byte> bytes, const Limits& limits) {
    if (bytes.empty()) return fail(Errc::corrupt, "raw: expected a header, found 0 bytes");
    if (bytes.size() >= kMaxFileBytes) {
        return fail(Errc::quota_exceeded, "raw: a file of 2 GiB or more");
    }
    auto state = std::make_unique<State>();
    state->bytes = std::move(bytes);
    PX_TRY(check_before_libraw(state->bytes));
    LibRaw& raw = state->raw;
    // Damage is counted, and reported by us; LibRaw would print it.
    raw.set_dataerror_handler(nullptr, nullptr);
    raw.imgdata.params.max_raw_memory_mb =
        static_cast<unsigned>(std::max<std::size_t>(limits.picture_bytes >> 20, 1));
    if (const int error = raw.open_buffer(state->bytes.data(), state->bytes.size())) {
        return not_opened(state->bytes, error);
    }
    PX_TRY(expect_room(raw, limits));
    state->shape = PX_TRY(shape_of(raw));
    PX_TRY(bounded_layout(
        {.format = state->shape.format, .width = state->shape.width, .height = state->shape.height},
        limits, "raw"));
    state->info = all_info(raw, state->bytes, state->shape.linear);
    return RawFile(std::move(state));
}

Result<RawInfo> RawFile::unpack(const MutableImageView& out) {
    LibRaw& raw = state_->raw;
    const RawShape& shape = state_->shape;
    PX_TRY(expect_size({.width = shape.width, .height = shape.height}, out.layout, "raw"));
    if (out.format() != shape.format && !(shape.linear && out.format() == PixelFormat::rgba64le)) {
        return fail(Errc::invalid_argument,
                    fmt::format("raw: expected {}, found {}", traits(out.format()).name,
                                traits(shape.format).name));
    }
    if (!state_->unpacked) {
        PX_TRY(expect_intact_pieces(state_->bytes, black_above_zero(state_->info)));
        if (const int error = raw.unpack()) return libraw_failure("cannot be decoded", error);
        state_->unpacked = true;
    }
    if (raw.error_count() > 0) {
        return fail(Errc::corrupt, "raw: the samples are damaged or cut short");
    }
    const libraw_data_t& d = raw.imgdata;
    if (d.sizes.width != shape.width || d.sizes.height != shape.height) {
        return fail(Errc::corrupt,
                    fmt::format("raw: expected {}x{}, found {}x{} samples", shape.width,
                                shape.height, d.sizes.width, d.sizes.height));
    }
    const bool has_linear = d.rawdata.color3_image != nullptr || d.rawdata.color4_image != nullptr;
    if (shape.linear ? !has_linear : d.rawdata.raw_image == nullptr) {
        return fail(Errc::unsupported, "raw: LibRaw gave samples of another kind than announced");
    }
    if (shape.linear) {
        copy_linear(d, out);
    } else {
        copy_mosaic(d, out);
    }
    state_->info = all_info(raw, state_->bytes, shape.linear);
    if (!shape.linear && black_above_zero(state_->info)) {
        PX_TRY(expect_no_blank_rows(as_const(out)));
    }
    return state_->info;
}

}  // namespace parallax::codec

#endif
