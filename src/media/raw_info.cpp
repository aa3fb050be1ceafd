#include "parallax/raw_info.h"

#include <algorithm>
#include <cmath>

#include "media/bytes.h"
#include "parallax/format.h"

namespace parallax {
namespace {

constexpr std::uint32_t kMagic = 0x49525850;  // "PXRI"
constexpr std::uint16_t kVersion = 2;
constexpr int kMaxGridSide = 256;
constexpr std::size_t kMaxDefects = 65536;
constexpr std::size_t kMaxNameBytes = 256;

enum Present : std::uint16_t { kNeutral = 1, kNoise = 2, kShading = 4, kAllPresent = 7 };

void put_floats(ByteWriter& out, std::span<const float> numbers) {
    out.put_bytes(std::as_bytes(numbers));
}

float get_finite(ByteReader& in) {
    const auto number = in.get<float>();
    if (!std::isfinite(number)) in.fail();
    return number;
}
// Finite and not below zero: levels, gains, times.
float get_amount(ByteReader& in) {
    const float number = get_finite(in);
    if (number < 0) in.fail();
    return number;
}
template <std::size_t N>
std::array<float, N> get_amounts(ByteReader& in) {
    std::array<float, N> numbers{};
    for (float& number : numbers) number = get_amount(in);
    return numbers;
}

void put_shading(ByteWriter& out, const ShadingGrid& grid) {
    out.put(grid.columns);
    out.put(grid.rows);
    put_floats(out, grid.gains);
}

ShadingGrid get_shading(ByteReader& in) {
    ShadingGrid grid;
    grid.columns = in.get<int>();
    grid.rows = in.get<int>();
    if (std::min(grid.columns, grid.rows) < 2 || std::max(grid.columns, grid.rows) > kMaxGridSide) {
        in.fail();
        return {};
    }
    const auto count =
        static_cast<std::size_t>(grid.columns) * static_cast<std::size_t>(grid.rows) * 4;
    const auto bytes = in.get_bytes(count * sizeof(float));
    if (in.bad()) return {};
    grid.gains.resize(count);
    std::memcpy(grid.gains.data(), bytes.data(), bytes.size());
    const auto is_gain = [](float gain) { return std::isfinite(gain) && gain >= 0; };
    if (!std::ranges::all_of(grid.gains, is_gain)) in.fail();
    return grid;
}

void get_calibrations(ByteReader& in, RawInfo& info) {
    info.calibrations.resize(in.get_count(2, sizeof(float) * 10));
    for (ColorCalibration& calibration : info.calibrations) {
        calibration.temperature_k = get_amount(in);
        for (float& cell : calibration.xyz_to_camera) cell = get_finite(in);
    }
}

void get_defects(ByteReader& in, RawInfo& info) {
    info.defects.resize(in.get_count(kMaxDefects, sizeof(int) * 2));
    for (auto& place : info.defects) {
        for (int& coordinate : place) {
            coordinate = in.get<int>();
            if (coordinate < 0 || coordinate >= kMaxSidePx) in.fail();
        }
    }
}

}  // namespace

std::vector<std::byte> serialize(const RawInfo& info) {
    ByteWriter out;
    out.put(kMagic);
    out.put(kVersion);
    out.put(static_cast<std::uint16_t>((info.as_shot_neutral ? kNeutral : 0) |
                                       (info.noise_profile ? kNoise : 0) |
                                       (info.shading ? kShading : 0)));
    put_floats(out, info.black_level);
    out.put(info.white_level);
    if (info.as_shot_neutral) put_floats(out, *info.as_shot_neutral);
    out.put(static_cast<std::uint32_t>(info.calibrations.size()));
    for (const ColorCalibration& calibration : info.calibrations) {
        out.put(calibration.temperature_k);
        put_floats(out, calibration.xyz_to_camera);
    }
    out.put(info.baseline_exposure_ev);
    if (info.noise_profile) put_floats(out, *info.noise_profile);
    if (info.shading) put_shading(out, *info.shading);
    out.put(static_cast<std::uint32_t>(info.defects.size()));
    for (const auto& place : info.defects) out.put_bytes(std::as_bytes(std::span(place)));
    for (const float x : {info.exposure_s, info.iso, info.aperture_f, info.focal_mm}) out.put(x);
    out.put(info.orientation);
    out.put_text(info.make);
    out.put_text(info.model);
    out.put_text(info.date_time);
    return std::move(out).take();
}

Result<RawInfo> parse_raw_info(std::span<const std::byte> bytes) {
    ByteReader in(bytes);
    if (in.get<std::uint32_t>() != kMagic) return fail(Errc::corrupt, "no raw info in these bytes");
    if (const auto version = in.get<std::uint16_t>(); version != kVersion) {
        return fail(Errc::corrupt, "raw info of version " + std::to_string(version) +
                                       ", this program reads version " + std::to_string(kVersion));
    }
    const auto present = in.get<std::uint16_t>();
    if (present & ~kAllPresent) in.fail();
    RawInfo info;
    info.black_level = get_amounts<4>(in);
    info.white_level = get_amount(in);
    if (present & kNeutral) info.as_shot_neutral = get_amounts<3>(in);
    get_calibrations(in, info);
    info.baseline_exposure_ev = get_finite(in);
    // The offset may come out slightly negative from a fit; both must only be numbers.
    if (present & kNoise) info.noise_profile = {get_finite(in), get_finite(in)};
    if (present & kShading) info.shading = get_shading(in);
    get_defects(in, info);
    info.exposure_s = get_amount(in);
    info.iso = get_amount(in);
    info.aperture_f = get_amount(in);
    info.focal_mm = get_amount(in);
    info.orientation = in.get<int>();
    if (info.orientation < 1 || info.orientation > 8) in.fail();
    info.make = in.get_text(kMaxNameBytes);
    info.model = in.get_text(kMaxNameBytes);
    info.date_time = in.get_text(kMaxNameBytes);
    if (in.bad() || !in.at_end()) return fail(Errc::corrupt, "raw info that does not check out");
    return info;
}

}  // namespace parallax
