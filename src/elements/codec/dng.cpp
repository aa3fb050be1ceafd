#include "elements/codec/dng.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

#include "elements/codec/dng_opcodes.h"
#include "elements/codec/exif.h"
#include "elements/codec/samples.h"
#include "elements/codec/tag_writer.h"

namespace parallax::codec {
namespace {

static_assert(std::endian::native == std::endian::little, "16-bit samples are stored as they are");

constexpr std::size_t kMetadataBytes = std::size_t{2} << 20;
constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kSampleAlignment = 64;
constexpr std::size_t kTiffLimitBytes = 0xFFFFFFFF;

struct Illuminant {
    int light_source;
    float temperature_k;
};
// EXIF 2.3 LightSource. A code stands before others of its temperature if it is the usual choice.
constexpr std::array<Illuminant, 19> kIlluminants{{
    {17, 2856},  // Standard illuminant A
    {21, 6504},  // D65
    {20, 5503},  // D55
    {22, 7504},  // D75
    {23, 5003},  // D50
    {18, 4874},  // Standard illuminant B
    {19, 6774},  // Standard illuminant C
    {24, 3200},  // ISO studio tungsten
    {1, 5500},   // Daylight
    {2, 4150},   // Fluorescent
    {3, 2850},   // Tungsten
    {4, 5500},   // Flash
    {9, 5500},   // Fine weather
    {10, 6500},  // Cloudy
    {11, 7500},  // Shade
    {12, 6400},  // Daylight fluorescent
    {13, 5050},  // Day white fluorescent
    {14, 4150},  // Cool white fluorescent
    {15, 3525},  // White fluorescent
}};

int stored_bits(const PixelTraits& t, bool packed) {
    if (t.bits == 8) return 8;
    return packed ? t.bits : 16;
}

std::size_t stored_row_bytes(const ImageLayout& layout, int bits) {
    return (static_cast<std::size_t>(layout.width) * static_cast<std::size_t>(bits) + 7) / 8;
}

// TIFF's packing: most significant bit first, rows begin on bytes.
void pack_row(std::span<const std::uint16_t> samples, int bits, std::byte* out) {
    std::uint32_t held = 0;
    int held_bits = 0;
    for (const std::uint16_t sample : samples) {
        held = held << bits | (sample & ((1U << bits) - 1U));
        held_bits += bits;
        while (held_bits >= 8) {
            held_bits -= 8;
            *out++ = static_cast<std::byte>(held >> held_bits);
        }
    }
    if (held_bits > 0) *out = static_cast<std::byte>(held << (8 - held_bits));
}

void write_samples(const ImageView& mosaic, int bits, std::byte* out) {
    const PixelTraits& t = traits(mosaic.format());
    const std::size_t bytes = stored_row_bytes(mosaic.layout, bits);
    const auto width = static_cast<std::size_t>(mosaic.width());
    std::vector<std::uint16_t> unpacked(t.packed ? width : 0);
    for (int y = 0; y < mosaic.height(); ++y, out += bytes) {
        std::span<const std::uint16_t> samples = unpacked;
        if (t.packed) {
            unpack_mipi_row(Bytes(mosaic.row(y), mosaic.stride_bytes()), t.bits, unpacked);
        } else if (t.bits > 8) {
            samples = {mosaic.samples<std::uint16_t>(y), width};
        }
        if (bits == 8) {
            std::memcpy(out, mosaic.row(y), bytes);
        } else if (bits == 16) {
            std::memcpy(out, samples.data(), bytes);
        } else {
            pack_row(samples, bits, out);
        }
    }
}

void add_layout(TagWriter& tags, const ImageLayout& layout, int bits) {
    const std::array<std::uint32_t, 4> area{0, 0, static_cast<std::uint32_t>(layout.height),
                                            static_cast<std::uint32_t>(layout.width)};
    const auto order = static_cast<std::size_t>(traits(layout.format).order);
    static constexpr std::array<std::array<std::uint8_t, 4>, 4> patterns{
        {{0, 1, 1, 2}, {1, 0, 2, 1}, {1, 2, 0, 1}, {2, 1, 1, 0}}};  // 0 red, 1 green, 2 blue
    tags.dword(TagId::new_subfile_type, 0);
    tags.dword(TagId::image_width, area[3]);
    tags.dword(TagId::image_length, area[2]);
    tags.word(TagId::bits_per_sample, bits);
    tags.word(TagId::compression, 1);
    tags.word(TagId::photometric, 32803);  // CFA
    tags.word(TagId::samples_per_pixel, 1);
    tags.dword(TagId::rows_per_strip, area[2]);
    tags.dword(TagId::strip_offsets, 0);  // Filled in when known.
    tags.dword(TagId::strip_byte_counts, stored_row_bytes(layout, bits) * area[2]);
    tags.word(TagId::planar_configuration, 1);
    tags.words(TagId::cfa_repeat_pattern_dim, std::array<std::uint16_t, 2>{2, 2});
    tags.bytes(TagId::cfa_pattern, TagType::byte, std::as_bytes(std::span(patterns.at(order))));
    static constexpr std::array<std::uint8_t, 3> planes{0, 1, 2};
    tags.bytes(TagId::cfa_plane_color, TagType::byte, std::as_bytes(std::span(planes)));
    tags.word(TagId::cfa_layout, 1);  // Rectangular
    tags.dwords(TagId::active_area, area);
}

void add_levels(TagWriter& tags, const RawInfo& info, int sample_bits) {
    const float full_scale = static_cast<float>((1U << sample_bits) - 1U);
    const float white = info.white_level > 0 ? info.white_level : full_scale;
    tags.words(TagId::black_level_repeat_dim, std::array<std::uint16_t, 2>{2, 2});
    tags.rationals(TagId::black_level, info.black_level);
    tags.dword(TagId::white_level, static_cast<std::size_t>(std::lround(white)));
    if (info.noise_profile) {
        const auto [scale, offset] = *info.noise_profile;
        tags.doubles(TagId::noise_profile, std::array<double, 2>{scale, offset});
    }
}

void add_color(TagWriter& tags, const RawInfo& info) {
    if (info.as_shot_neutral) tags.rationals(TagId::as_shot_neutral, *info.as_shot_neutral);
    tags.srationals(TagId::baseline_exposure, {&info.baseline_exposure_ev, 1});
    for (std::size_t i = 0; i < std::min<std::size_t>(info.calibrations.size(), 2); ++i) {
        const ColorCalibration& c = info.calibrations[i];
        tags.srationals(i == 0 ? TagId::color_matrix1 : TagId::color_matrix2, c.xyz_to_camera);
        tags.word(i == 0 ? TagId::calibration_illuminant1 : TagId::calibration_illuminant2,
                  nearest_illuminant(c.temperature_k));
    }
}

void add_names(TagWriter& tags, const RawInfo& info, const DngOptions& options) {
    std::string unique = info.make.empty() ? info.model : info.make + " " + info.model;
    if (unique.empty()) unique = options.software;
    add_shot_names(tags, info);
    tags.text(TagId::unique_camera_model, unique);
    tags.text(TagId::software, options.software);
    tags.word(TagId::orientation, info.orientation);
}

// Returns whether there were any: readers from before DNG 1.3 must not try then.
bool add_opcodes(TagWriter& tags, const RawInfo& info, const ImageLayout& layout) {
    if (!info.defects.empty()) {
        tags.bytes(TagId::opcode_list1, TagType::undefined, defect_opcodes(info.defects));
    }
    if (info.shading) {
        const ActiveArea area{.width = layout.width, .height = layout.height};
        tags.bytes(TagId::opcode_list2, TagType::undefined, shading_opcodes(*info.shading, area));
    }
    return info.shading || !info.defects.empty();
}

Result<> check(const ImageView& mosaic, const RawInfo& info) {
    const PixelTraits& t = traits(mosaic.format());
    if (t.family != PixelFamily::bayer) {
        return cannot_hold("dng", mosaic.format(), "video/x-bayer formats");
    }
    if (info.shading) {
        const ShadingGrid& grid = *info.shading;
        const auto values =
            static_cast<std::size_t>(grid.rows) * static_cast<std::size_t>(grid.columns) * 4;
        if (grid.rows < 2 || grid.columns < 2 || grid.rows > 256 || grid.columns > 256 ||
            grid.gains.size() != values) {
            return fail(Errc::invalid_argument,
                        fmt::format("dng: a shading grid of {}x{} with {} gains", grid.columns,
                                    grid.rows, grid.gains.size()));
        }
    }
    if (info.defects.size() > 65536) {
        return fail(Errc::invalid_argument,
                    fmt::format("dng: {} defects, the limit is 65536", info.defects.size()));
    }
    return check_bits(mosaic, "dng");
}

}  // namespace

float illuminant_temperature_k(int light_source) {
    const auto at = std::ranges::find(kIlluminants, light_source, &Illuminant::light_source);
    return at == kIlluminants.end() ? 0 : at->temperature_k;
}

int nearest_illuminant(float temperature_k) {
    // In mired (10^6/K), in which equal steps look equal.
    const auto distance = [&](const Illuminant& i) {
        return std::abs(1e6F / i.temperature_k - 1e6F / std::max(temperature_k, 100.0F));
    };
    return std::ranges::min_element(kIlluminants, {}, distance)->light_source;
}

std::size_t dng_bound(const ImageLayout& layout) {
    return stored_row_bytes(layout, 16) * static_cast<std::size_t>(layout.height) + kMetadataBytes;
}

Result<std::size_t> dng_encode(const ImageView& mosaic, const RawInfo& info,
                               const DngOptions& options, MutableBytes out) {
    PX_TRY(check(mosaic, info));
    const PixelTraits& t = traits(mosaic.format());
    const int bits = stored_bits(t, options.packed);
    TagWriter tags;
    add_layout(tags, mosaic.layout, bits);
    add_levels(tags, info, t.bits);
    add_color(tags, info);
    add_names(tags, info, options);
    const bool with_opcodes = add_opcodes(tags, info, mosaic.layout);
    const std::array<std::uint8_t, 4> version{1, 4, 0, 0};
    const std::array<std::uint8_t, 4> backward{1, std::uint8_t(with_opcodes ? 3 : 1), 0, 0};
    tags.bytes(TagId::dng_version, TagType::byte, std::as_bytes(std::span(version)));
    tags.bytes(TagId::dng_backward_version, TagType::byte, std::as_bytes(std::span(backward)));
    tags.dword(TagId::exif_ifd, 0);

    const TagWriter exif = exif_tags(info);
    const std::size_t exif_at = kHeaderBytes + tags.size_bytes();
    const std::size_t samples_at =
        (exif_at + exif.size_bytes() + kSampleAlignment - 1) / kSampleAlignment * kSampleAlignment;
    const std::size_t total = samples_at + stored_row_bytes(mosaic.layout, bits) *
                                               static_cast<std::size_t>(mosaic.height());
    if (total > kTiffLimitBytes) {
        return fail(Errc::unsupported, fmt::format("dng: {} bytes, a TIFF holds 4 GiB", total));
    }
    if (total > out.size()) {
        return fail(Errc::invalid_argument,
                    fmt::format("dng: {} bytes do not fit into {}", total, out.size()));
    }
    tags.dword(TagId::exif_ifd, exif_at);
    tags.dword(TagId::strip_offsets, samples_at);
    constexpr std::array<std::uint8_t, kHeaderBytes> header{'I', 'I', 42, 0, kHeaderBytes, 0, 0, 0};
    std::ranges::fill(out.first(samples_at), std::byte{0});
    std::ranges::copy(std::as_bytes(std::span(header)), out.begin());
    std::ranges::copy(tags.laid_out(kHeaderBytes), out.begin() + kHeaderBytes);
    std::ranges::copy(exif.laid_out(exif_at), out.begin() + static_cast<std::ptrdiff_t>(exif_at));
    write_samples(mosaic, bits, out.data() + samples_at);
    return total;
}

}  // namespace parallax::codec
