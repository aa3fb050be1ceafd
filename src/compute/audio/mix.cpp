#include "compute/audio/mix.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include "base/check.h"

namespace parallax::compute {
namespace {

enum class Place : std::uint8_t {
    left,
    right,
    centre,
    lfe,
    rear_left,
    rear_right,
    rear_centre,
    side_left,
    side_right
};
using enum Place;

std::vector<Place> layout(int channels) {
    switch (channels) {
        case 1:
            return {centre};
        case 2:
            return {left, right};
        case 3:
            return {left, right, centre};
        case 4:
            return {left, right, rear_left, rear_right};
        case 5:
            return {left, right, centre, rear_left, rear_right};
        case 6:
            return {left, right, centre, lfe, rear_left, rear_right};
        case 7:
            return {left, right, centre, lfe, rear_left, rear_right, rear_centre};
        default:
            return {left, right, centre, lfe, rear_left, rear_right, side_left, side_right};
    }
}

struct Share {
    Place place;
    double weight;
};
constexpr double kMinus3Db = std::numbers::sqrt2 / 2.0;

// Where a place that the target lacks is heard instead: the first list that the target has.
std::vector<std::vector<Share>> stand_ins(Place place) {
    switch (place) {
        case left:
        case right:
            return {{{centre, kMinus3Db}}};
        case centre:
            return {{{left, kMinus3Db}, {right, kMinus3Db}}};
        case rear_left:
        case side_left:
            return {{{place == rear_left ? side_left : rear_left, 1.0}},
                    {{left, kMinus3Db}},
                    {{centre, 0.5}}};
        case rear_right:
        case side_right:
            return {{{place == rear_right ? side_right : rear_right, 1.0}},
                    {{right, kMinus3Db}},
                    {{centre, 0.5}}};
        case rear_centre:
            return {{{rear_left, kMinus3Db}, {rear_right, kMinus3Db}},
                    {{left, 0.5}, {right, 0.5}},
                    {{centre, 0.5}}};
        case lfe:
            break;
    }
    return {};
}

std::vector<Share> shares_of(Place place, const std::vector<Place>& target) {
    const auto has = [&](const Share& share) {
        return std::ranges::count(target, share.place) > 0;
    };
    if (has({place, 1.0})) return {{place, 1.0}};
    for (const std::vector<Share>& list : stand_ins(place))
        if (std::ranges::all_of(list, has)) return list;
    return {};
}

}  // namespace

bool MixMatrix::identity() const {
    if (in != out) return false;
    for (int i = 0; i < in * in; ++i)
        if (weights[static_cast<std::size_t>(i)] != (i % (in + 1) == 0 ? 1.0 : 0.0)) return false;
    return true;
}

MixMatrix mix_matrix(int in, int out) {
    PX_CHECK(in >= 1 && out >= 1);
    MixMatrix matrix{in, out, std::vector<double>(static_cast<std::size_t>(in * out))};
    const auto at = [&](int o, int i) -> double& {
        const auto row = static_cast<std::size_t>(o) * static_cast<std::size_t>(in);
        return matrix.weights[row + static_cast<std::size_t>(i)];
    };
    if (in == out) {
        for (int i = 0; i < in; ++i) at(i, i) = 1.0;
        return matrix;
    }
    PX_CHECK(in <= kMostMixedChannels && out <= kMostMixedChannels);
    const std::vector<Place> from = layout(in);
    const std::vector<Place> to = layout(out);
    for (int i = 0; i < in; ++i) {
        for (const Share& share : shares_of(from[static_cast<std::size_t>(i)], to)) {
            const auto place = std::ranges::find(to, share.place) - to.begin();
            at(static_cast<int>(place), i) = in == 1 ? 1.0 : share.weight;
        }
    }
    double loudest = 1.0;
    for (int o = 0; o < out; ++o) {
        double sum = 0.0;
        for (int i = 0; i < in; ++i) sum += at(o, i);
        loudest = std::max(loudest, sum);
    }
    for (double& weight : matrix.weights) weight /= loudest;
    return matrix;
}

void mix(const MixMatrix& matrix, std::span<const double> in, std::span<double> out) {
    const auto n = static_cast<std::size_t>(matrix.in);
    const auto m = static_cast<std::size_t>(matrix.out);
    const std::size_t frames = std::min(in.size() / n, out.size() / m);
    for (std::size_t f = 0; f < frames; ++f) {
        for (std::size_t o = 0; o < m; ++o) {
            double sum = 0.0;
            for (std::size_t i = 0; i < n; ++i) sum += matrix.weights[o * n + i] * in[f * n + i];
            out[f * m + o] = sum;
        }
    }
}

}  // namespace parallax::compute
