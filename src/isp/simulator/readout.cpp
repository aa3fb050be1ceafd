#include "isp/simulator/readout.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "isp/simulator/philox.h"

namespace parallax::sim {
namespace {

// Last words of the counters, so that no two uses share a number.
constexpr std::uint32_t kPixelStream = 0x50495845;
constexpr std::uint32_t kDefectStream = 0x44454643;

constexpr std::size_t kMostDefects = 65536;

// A Poisson variate of mean `mean`. Few photons: by counting down the distribution. Many: the
// normal quantile with its first Cornish–Fisher correction (E. A. Cornish, R. A. Fisher, 1938),
// whose error is far below one electron there.
float poisson(float mean, float uniform_value, float normal_value) {
    if (mean >= 16.0F) {
        const float z = normal_value;
        const float n = mean + std::sqrt(mean) * z + (z * z - 1.0F) * (1.0F / 6.0F);
        return std::max(0.0F, std::floor(n + 0.5F));
    }
    float probability = std::exp(-mean);
    float total = probability;
    int count = 0;
    while (uniform_value > total && count < 96) {
        probability *= mean / static_cast<float>(++count);
        total += probability;
    }
    return static_cast<float>(count);
}

std::uint16_t to_code(float value, float top) {
    return static_cast<std::uint16_t>(std::clamp(value + 0.5F, 0.0F, top));
}

std::vector<Defect> scatter_defects(const SimulatorOptions& o) {
    const double megapixels = static_cast<double>(o.width) * o.height * 1e-6;
    const auto wanted =
        static_cast<std::size_t>(std::llround(megapixels * o.defects_per_megapixel));
    std::vector<Defect> defects(std::min(wanted, kMostDefects));
    for (std::size_t i = 0; i < defects.size(); ++i) {
        const PhiloxCounter r =
            philox4x32({static_cast<std::uint32_t>(i), 0, 0, kDefectStream}, philox_key(o.seed));
        const auto below = [](std::uint32_t random, int limit) {
            return static_cast<int>((std::uint64_t{random} * static_cast<std::uint64_t>(limit)) >>
                                    32);
        };
        // Three hot ones to one dead and one stuck: what long exposures show.
        const int kind = below(r[2], 5);
        defects[i] = {.x = below(r[0], o.width),
                      .y = below(r[1], o.height),
                      .kind = kind == 3   ? Defect::Kind::dead
                              : kind == 4 ? Defect::Kind::stuck
                                          : Defect::Kind::hot,
                      .level = 0.15F + 0.85F * uniform(r[3])};
    }
    return defects;
}

// Row by row; of several at one place the first stays.
std::vector<Defect> in_order(const std::vector<Defect>& scattered) {
    std::map<std::pair<int, int>, Defect> by_place;
    for (const Defect& defect : scattered) by_place.try_emplace({defect.y, defect.x}, defect);
    std::vector<Defect> ordered;
    for (const auto& [place, defect] : by_place) ordered.push_back(defect);
    return ordered;
}

}  // namespace

Readout::Readout(const SimulatorOptions& options)
    : options_(options), sensor_(options), defects_(in_order(scatter_defects(options))) {
    // Every fourth has not been found by the maker.
    for (std::size_t i = 0; i < defects_.size(); ++i)
        (i % 4 == 3 ? unknown_ : known_).push_back({defects_[i].x, defects_[i].y});
}

Simulator::Defects Readout::defects() const {
    Simulator::Defects all{.at = known_, .known = known_.size()};
    all.at.insert(all.at.end(), unknown_.begin(), unknown_.end());
    return all;
}

void Readout::filter(int y, const std::array<std::vector<float>, 3>& rgb,
                     std::span<float> signal) const {
    const double half_w = options_.width / 2.0;
    const double half_h = options_.height / 2.0;
    const auto per_corner = static_cast<float>(1.0 / (half_w * half_w + half_h * half_h));
    const auto dy = static_cast<float>(y + 0.5 - half_h);
    const auto left = static_cast<float>(0.5 - half_w);
    for (int parity = 0; parity < 2; ++parity) {
        const Site site = site_at(options_.order, parity, y);
        const std::array<float, 3> w = sensor_.response(site);
        const float falloff = sensor_.falloff(site);
        for (std::size_t x = static_cast<std::size_t>(parity); x < signal.size(); x += 2) {
            const float dx = static_cast<float>(x) + left;
            const float loss = 1.0F + falloff * (dx * dx + dy * dy) * per_corner;
            const float light = w[0] * rgb[0][x] + w[1] * rgb[1][x] + w[2] * rgb[2][x];
            signal[x] = std::max(0.0F, light) / (loss * loss);
        }
    }
}

void Readout::quantize(int y, std::span<const float> signal, std::span<std::uint16_t> codes) const {
    for (std::size_t x = 0; x < codes.size(); ++x) {
        const Site site = site_at(options_.order, static_cast<int>(x), y);
        const float range = sensor_.white() - sensor_.black(site);
        codes[x] =
            to_code(sensor_.black(site) + std::min(signal[x], 1.0F) * range, sensor_.full_scale());
    }
}

float Readout::noisy(float signal, Site site, const PhiloxCounter& random) const {
    const auto [shot, read] = normals(random[0], random[1]);
    const float well = sensor_.full_well_e();
    const float photons = poisson(signal * well, uniform(random[2]), shot);
    const float value = (std::min(photons, well) + sensor_.read_noise_e() * read) / well;
    return sensor_.black(site) + value * (sensor_.white() - sensor_.black(site));
}

void Readout::read(const Row& row, std::span<const float> signal,
                   std::span<std::uint16_t> codes) const {
    const PhiloxKey key = philox_key(options_.seed);
    const auto y = static_cast<std::uint32_t>(row.y);
    const auto frame_low = static_cast<std::uint32_t>(row.frame);
    const auto frame_high = static_cast<std::uint32_t>(row.frame >> 32) ^ kPixelStream;
    auto defect = std::ranges::lower_bound(defects_, row.y, {}, &Defect::y);
    const float top = sensor_.full_scale();
    for (std::size_t x = 0; x < codes.size(); ++x) {
        const Site site = site_at(options_.order, static_cast<int>(x), row.y);
        const PhiloxCounter random =
            philox4x32({static_cast<std::uint32_t>(x), y, frame_low, frame_high}, key);
        float light = signal[x];
        const bool bad =
            defect != defects_.end() && defect->y == row.y && defect->x == static_cast<int>(x);
        if (bad && defect->kind == Defect::Kind::hot) light += defect->level;
        if (bad && defect->kind == Defect::Kind::dead) light = 0.0F;
        codes[x] = to_code(noisy(light, site, random), top);
        if (bad && defect->kind == Defect::Kind::stuck)
            codes[x] = to_code(defect->level * top, top);
        if (bad) ++defect;
    }
}

namespace {

// MIPI CSI-2: four high bytes, then the low bits of all four, the first sample's lowest.
void pack_raw10(std::span<const std::uint16_t> codes, std::byte* out) {
    for (std::size_t x = 0; x < codes.size(); x += 4, out += 5) {
        unsigned low = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            const unsigned code = x + i < codes.size() ? codes[x + i] : 0U;
            out[i] = static_cast<std::byte>(code >> 2);
            low |= (code & 3U) << (2 * i);
        }
        out[4] = static_cast<std::byte>(low);
    }
}

// Two high bytes, then both low halves.
void pack_raw12(std::span<const std::uint16_t> codes, std::byte* out) {
    for (std::size_t x = 0; x < codes.size(); x += 2, out += 3) {
        const unsigned first = codes[x];
        const unsigned second = x + 1 < codes.size() ? codes[x + 1] : 0U;
        out[0] = static_cast<std::byte>(first >> 4);
        out[1] = static_cast<std::byte>(second >> 4);
        out[2] = static_cast<std::byte>((first & 15U) | (second & 15U) << 4);
    }
}

}  // namespace

void store_codes(std::span<const std::uint16_t> codes, const MutableImageView& image, int y) {
    const PixelTraits& t = traits(image.format());
    if (t.packed && t.bits == 10) return pack_raw10(codes, image.row(y));
    if (t.packed) return pack_raw12(codes, image.row(y));
    if (t.bits == 8) {
        auto* out = image.samples<std::uint8_t>(y);
        std::ranges::transform(codes, out, [](auto c) { return static_cast<std::uint8_t>(c); });
        return;
    }
    std::ranges::copy(codes, image.samples<std::uint16_t>(y));
}

}  // namespace parallax::sim
