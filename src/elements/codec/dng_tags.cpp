#include "elements/codec/dng_tags.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "elements/codec/dng.h"
#include "elements/codec/dng_opcodes.h"
#include "elements/codec/tiff_tags.h"

namespace parallax::codec {
namespace {

constexpr std::uint32_t kPhotometricCfa = 32803;
constexpr std::uint32_t kPhotometricLinearRaw = 34892;

// The directory of the raw picture, and the first one, which holds what is of the whole file.
struct DngFile {
    Directory main;
    Directory raw;
    Directory exif;

    const Tag* find(TagId id) const {
        const Tag* tag = raw.find(id);
        return tag != nullptr ? tag : main.find(id);
    }
};

double area_of(const Directory& d) {
    return d.number(TagId::image_width, 0) * d.number(TagId::image_length, 0);
}

bool holds_raw(const Directory& d) {
    const auto photometric = static_cast<std::uint32_t>(d.number(TagId::photometric, 0));
    return (photometric == kPhotometricCfa || photometric == kPhotometricLinearRaw) &&
           d.number(TagId::new_subfile_type, 0) == 0;
}

Result<DngFile> open_dng(std::span<const std::byte> bytes) {
    const TagReader reader = PX_TRY(TagReader::open(bytes));
    DngFile file;
    file.main = PX_TRY(reader.directory(reader.first()));
    if (file.main.find(TagId::dng_version) == nullptr) {
        return fail(Errc::corrupt, "dng: this TIFF has no DNGVersion");
    }
    for (Directory& directory : reader.directories()) {
        if (holds_raw(directory) && area_of(directory) > area_of(file.raw)) {
            file.raw = std::move(directory);
        }
    }
    if (const Tag* tag = file.main.find(TagId::exif_ifd)) {
        if (auto exif = reader.directory(tag->whole())) file.exif = *std::move(exif);
    }
    if (file.raw.tags.empty()) return fail(Errc::corrupt, "dng: there is no raw picture in it");
    return file;
}

ActiveArea active_area(const Directory& raw) {
    const Tag* tag = raw.find(TagId::active_area);
    const auto side = [](double x) { return static_cast<int>(std::clamp(x, 0.0, 65536.0)); };
    if (tag == nullptr || tag->count < 4) {
        return {.width = side(raw.number(TagId::image_width, 0)),
                .height = side(raw.number(TagId::image_length, 0))};
    }
    const int top = side(tag->number(0));
    const int left = side(tag->number(1));
    return {.left = left,
            .top = top,
            .width = std::max(side(tag->number(3)) - left, 0),
            .height = std::max(side(tag->number(2)) - top, 0)};
}

double mean_of(const Tag* tag) {
    if (tag == nullptr || tag->count == 0) return 0;
    double sum = 0;
    for (std::uint32_t i = 0; i < tag->count; ++i) sum += tag->number(i);
    return sum / tag->count;
}

// The level at each position of the 2x2 cell; patterns of other sizes are averaged over it.
std::optional<std::array<float, 4>> black_levels(const DngFile& file) {
    const Tag* levels = file.raw.find(TagId::black_level);
    if (levels == nullptr || levels->count == 0) return std::nullopt;
    const Tag* repeat = file.raw.find(TagId::black_level_repeat_dim);
    const std::uint32_t rows = repeat != nullptr ? repeat->whole(0) : 1;
    const std::uint32_t columns = repeat != nullptr ? repeat->whole(1) : 1;
    if (rows < 1 || columns < 1 || rows > 64 || columns > 64 || levels->count != rows * columns) {
        return std::nullopt;
    }
    std::array<double, 4> sums{};
    for (std::uint32_t y = 0; y < 2 * rows; ++y) {
        for (std::uint32_t x = 0; x < 2 * columns; ++x) {
            sums.at((y % 2) * 2 + x % 2) += levels->number(y % rows * columns + x % columns);
        }
    }
    const double deltas = mean_of(file.raw.find(TagId::black_level_delta_h)) +
                          mean_of(file.raw.find(TagId::black_level_delta_v));
    std::array<float, 4> black{};
    for (std::size_t i = 0; i < 4; ++i) {
        black.at(i) = static_cast<float>(sums.at(i) / (rows * columns) + deltas);
    }
    return black;
}

std::optional<std::array<float, 3>> neutral(const Tag* tag) {
    if (tag == nullptr || tag->count != 3) return std::nullopt;
    const double largest = std::max({tag->number(0), tag->number(1), tag->number(2)});
    std::array<float, 3> out{};
    for (std::size_t i = 0; i < 3; ++i) {
        if (!(tag->number(i) > 0)) return std::nullopt;
        out.at(i) = static_cast<float>(tag->number(i) / largest);
    }
    return out;
}

// CameraCalibration counts only if it was made for the profile in the file (DNG 1.7, "Mapping
// Camera Color Space to CIE XYZ Space").
bool calibrations_match(const Directory& main) {
    const auto text = [&](TagId id) {
        const Tag* tag = main.find(id);
        return tag != nullptr ? tag->text() : std::string();
    };
    return text(TagId::camera_calibration_signature) == text(TagId::profile_calibration_signature);
}

// AnalogBalance · CameraCalibration · ColorMatrix: XYZ to the camera RGB that the file stores.
std::optional<Matrix3> matrix(const Directory& main, TagId color, TagId calibration) {
    const Tag* tag = main.find(color);
    if (tag == nullptr || tag->count != 9) return std::nullopt;
    const Tag* cc = calibrations_match(main) ? main.find(calibration) : nullptr;
    const Tag* balance = main.find(TagId::analog_balance);
    Matrix3 out{};
    float largest = 0;
    for (std::size_t row = 0; row < 3; ++row) {
        const double gain = balance != nullptr && balance->count == 3 ? balance->number(row) : 1;
        for (std::size_t column = 0; column < 3; ++column) {
            double sum = 0;
            for (std::size_t k = 0; k < 3; ++k) {
                const double c =
                    cc != nullptr && cc->count == 9 ? cc->number(row * 3 + k) : double(row == k);
                sum += c * tag->number(k * 3 + column);
            }
            out.at(row * 3 + column) = static_cast<float>(gain * sum);
            largest = std::max(largest, std::abs(out.at(row * 3 + column)));
        }
    }
    return largest > 0 ? std::optional(out) : std::nullopt;
}

std::vector<ColorCalibration> calibrations(const Directory& main) {
    std::vector<ColorCalibration> all;
    const auto add = [&](TagId color, TagId calibration, TagId illuminant) {
        const auto found = matrix(main, color, calibration);
        if (!found) return;
        const auto code = static_cast<int>(std::clamp(main.number(illuminant, 21), 0.0, 65535.0));
        const float known = illuminant_temperature_k(code);
        all.push_back({.temperature_k = known > 0 ? known : 6504.0F, .xyz_to_camera = *found});
    };
    add(TagId::color_matrix1, TagId::camera_calibration1, TagId::calibration_illuminant1);
    add(TagId::color_matrix2, TagId::camera_calibration2, TagId::calibration_illuminant2);
    return all;
}

// One pair for all planes, or one for each: their mean.
std::optional<std::array<float, 2>> noise(const Tag* tag) {
    if (tag == nullptr || tag->count < 2 || tag->count % 2 != 0 || tag->count > 8) {
        return std::nullopt;
    }
    double scale = 0;
    double offset = 0;
    for (std::uint32_t i = 0; i < tag->count; i += 2) {
        scale += tag->number(i) * 2 / tag->count;
        offset += tag->number(i + 1) * 2 / tag->count;
    }
    if (!(scale >= 0) || !(offset >= 0) || scale > 1 || offset > 1) return std::nullopt;
    return std::array{static_cast<float>(scale), static_cast<float>(offset)};
}

}  // namespace

Result<> read_dng_tags(std::span<const std::byte> bytes, bool linear, RawInfo& info) {
    const DngFile file = PX_TRY(open_dng(bytes));
    if (!linear) {
        if (const auto black = black_levels(file)) info.black_level = *black;
    }
    if (const auto found = neutral(file.main.find(TagId::as_shot_neutral))) {
        info.as_shot_neutral = found;
    }
    if (auto found = calibrations(file.main); !found.empty()) info.calibrations = std::move(found);
    const double exposure = file.main.number(TagId::baseline_exposure, 0);
    info.baseline_exposure_ev = static_cast<float>(std::clamp(exposure, -10.0, 10.0));
    // EXIF 2.3: where the short tag is full, the long one beside it has the number.
    constexpr double iso_full = 65535;
    if (file.exif.number(TagId::iso, 0) == iso_full) {
        const double iso = file.exif.number(TagId::recommended_exposure_index, iso_full);
        info.iso = static_cast<float>(iso);
    }
    if (const Tag* tag = file.exif.find(TagId::date_time_original)) info.date_time = tag->text();
    info.noise_profile = noise(file.find(TagId::noise_profile));
    const ActiveArea area = active_area(file.raw);
    if (const Tag* list = file.raw.find(TagId::opcode_list2)) {
        const PlaneOfPosition planes = linear ? PlaneOfPosition{0, 1, 1, 2} : PlaneOfPosition{};
        info.shading = read_shading(list->value, area, planes);
    }
    if (const Tag* list = file.raw.find(TagId::opcode_list1)) {
        info.defects = read_defects(list->value, area);
    }
    return {};
}

}  // namespace parallax::codec
