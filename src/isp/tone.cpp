#include "isp/tone.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace parallax::isp {
namespace {

constexpr std::size_t kUnknowns = TonePowers::kTerms + 1;
constexpr int kTop = 32767;          // Above kLinearOne: counts as it.
constexpr double kTolerance = 0.95;  // In 1/255.

using Row = std::array<double, kUnknowns + 1>;

double srgb(double v) { return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055; }

int multiply_q15(int a, int b) { return (a * b + 0x4000) >> 15; }

int square(int q) { return multiply_q15(q, q); }

std::array<int, TonePowers::kTerms> powers_of_rest(int x) {
    const int q1 = kTop - x;
    const int q2 = square(q1);
    const int q8 = square(square(q2));
    const int q32 = square(square(q8));
    const int q128 = square(square(q32));
    return {q1, q2, q8, (q32 + q128 + 1) / 2};
}

// Gauss-Jordan with pivoting: `m` is symmetric and, by the choice of powers, well conditioned.
std::array<double, kUnknowns> solve(std::array<Row, kUnknowns> m) {
    for (std::size_t i = 0; i < kUnknowns; ++i) {
        const auto pivot = std::max_element(
            m.begin() + static_cast<std::ptrdiff_t>(i), m.end(),
            [i](const Row& a, const Row& b) { return std::abs(a[i]) < std::abs(b[i]); });
        std::swap(m[i], *pivot);
        for (std::size_t r = 0; r < kUnknowns; ++r) {
            if (r == i) continue;
            const double factor = m[r][i] / m[i][i];
            for (std::size_t c = i; c <= kUnknowns; ++c) m[r][c] -= factor * m[i][c];
        }
    }
    std::array<double, kUnknowns> x{};
    for (std::size_t i = 0; i < kUnknowns; ++i) x[i] = m[i][kUnknowns] / m[i][i];
    return x;
}

// Samples dense in the dark, as rows {powers …, 1, wanted}.
std::vector<Row> equations(Tone tone) {
    constexpr int kPoints = 512;
    std::vector<Row> rows;
    int last = -1;
    for (int i = 0; i <= kPoints; ++i) {
        const int x = static_cast<int>(std::lround(kLinearOne * std::pow(double(i) / kPoints, 3)));
        if (std::exchange(last, x) == x) continue;
        Row& row = rows.emplace_back();
        const auto power = powers_of_rest(x);
        for (std::size_t k = 0; k < power.size(); ++k) row[k] = power[k] / 32768.0;
        row[kUnknowns - 1] = 1;
        row[kUnknowns] = TonePowers::kBound * tone_exact(tone, double(x) / kLinearOne);
    }
    return rows;
}

std::array<double, kUnknowns> weighted_fit(std::span<const Row> rows,
                                           std::span<const double> weights) {
    std::array<Row, kUnknowns> normal{};
    for (std::size_t k = 0; k < rows.size(); ++k) {
        for (std::size_t i = 0; i < kUnknowns; ++i) {
            for (std::size_t j = 0; j <= kUnknowns; ++j) {
                normal[i][j] += weights[k] * rows[k][i] * rows[k][j];
            }
        }
    }
    return solve(normal);
}

// Weights grow where the error is large, after Lawson 1961: the fit tends to the minimax one.
std::array<double, kUnknowns> fit(std::span<const Row> rows) {
    std::vector<double> weights(rows.size(), 1.0);
    std::vector<double> errors(rows.size());
    std::array<double, kUnknowns> x{};
    for (int round = 0; round < 40; ++round) {
        x = weighted_fit(rows, weights);
        for (std::size_t k = 0; k < rows.size(); ++k) {
            double error = -rows[k][kUnknowns];
            for (std::size_t i = 0; i < kUnknowns; ++i) error += x[i] * rows[k][i];
            errors[k] = std::abs(error);
        }
        const double worst = std::max(1e-9, *std::ranges::max_element(errors));
        double sum = 0;
        for (std::size_t k = 0; k < rows.size(); ++k) sum += weights[k] *= 0.1 + errors[k] / worst;
        for (double& weight : weights) weight *= static_cast<double>(rows.size()) / sum;
    }
    return x;
}

bool keeps_promise(Tone tone, const TonePowers& powers) {
    int last = 0;
    for (int x = 0; x <= kTop; ++x) {
        const int y = evaluate(powers, x);
        const double exact = 255 * tone_exact(tone, double(x) / kLinearOne);
        if (y < last || std::abs(y - exact) > kTolerance) return false;
        last = y;
    }
    return evaluate(powers, 0) == 0 && last == 255;
}

}  // namespace

double tone_exact(Tone tone, double linear) {
    const double v = std::clamp(linear, 0.0, 1.0);
    if (tone == Tone::linear) return v;
    const double y = srgb(v);
    if (tone == Tone::srgb) return y;
    return y + 0.175 * y * (1 - y) * (2 * y - 1);
}

int evaluate(const TonePowers& powers, int x) {
    const auto power = powers_of_rest(x);
    int sum = powers.constant;
    for (std::size_t k = 0; k < power.size(); ++k) {
        sum += multiply_q15(power[k], powers.weight[k]);
    }
    return std::clamp(sum + 64, 0, 255 * 128 + 127) >> 7;
}

Result<TonePowers> fit_tone(Tone tone) {
    const auto x = fit(equations(tone));
    TonePowers powers;
    for (std::size_t k = 0; k < kUnknowns; ++k) {
        if (!(std::abs(x[k]) < 32700)) {
            return fail(Errc::unsupported, "a tone curve that 16 bits cannot hold");
        }
        const auto rounded = static_cast<std::int16_t>(std::lround(x[k]));
        (k + 1 < kUnknowns ? powers.weight[k] : powers.constant) = rounded;
    }
    if (!keeps_promise(tone, powers)) {
        return fail(Errc::unsupported, "a tone curve that its powers do not fit");
    }
    return powers;
}

std::vector<std::uint16_t> tone_table16(Tone tone) {
    std::vector<std::uint16_t> table(kTop + 1);
    for (int x = 0; x <= kTop; ++x) {
        table[static_cast<std::size_t>(x)] = static_cast<std::uint16_t>(
            std::lround(65535 * tone_exact(tone, double(x) / kLinearOne)));
    }
    return table;
}

}  // namespace parallax::isp
