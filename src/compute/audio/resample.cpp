#include "compute/audio/resample.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <string>

#include "base/check.h"

namespace parallax::compute {
namespace {

constexpr int kMostPhases = 2048;

// Modified Bessel function of the first kind, order 0, by its series.
double bessel0(double x) {
    double sum = 1.0;
    double term = 1.0;
    for (int k = 1; term > 1e-18 * sum; ++k) {
        term *= (x / (2.0 * k)) * (x / (2.0 * k));
        sum += term;
    }
    return sum;
}

double sinc(double x) {
    if (std::abs(x) < 1e-12) return 1.0;
    return std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

// In a fixed order, four sums beside each other.
double dot(const double* a, const double* b, int count) {
    double s0 = 0.0;
    double s1 = 0.0;
    double s2 = 0.0;
    double s3 = 0.0;
    for (int i = 0; i < count; i += 4) {
        s0 += a[i] * b[i];
        s1 += a[i + 1] * b[i + 1];
        s2 += a[i + 2] * b[i + 2];
        s3 += a[i + 3] * b[i + 3];
    }
    return (s0 + s2) + (s1 + s3);
}

}  // namespace

Result<Resampler> Resampler::create(const Options& o) {
    PX_CHECK(o.channels >= 1 && o.in_rate >= 1 && o.out_rate >= 1);
    const std::int64_t common = std::gcd(o.in_rate, o.out_rate);
    Resampler made;
    made.channels_ = o.channels;
    made.up_ = o.out_rate / common;
    made.down_ = o.in_rate / common;
    const int low = std::min(o.in_rate, o.out_rate);
    if (std::max(o.in_rate, o.out_rate) > std::int64_t{low} * kMostRateRatio) {
        return fail(Errc::unsupported,
                    "rates " + std::to_string(o.in_rate) + " and " + std::to_string(o.out_rate) +
                        " are more than " + std::to_string(kMostRateRatio) + " times apart",
                    "go by a rate between them");
    }
    made.make_filter(std::clamp(o.quality, 0, 10));
    made.reset();
    return made;
}

void Resampler::make_filter(int quality) {
    const double narrow = std::min(1.0, static_cast<double>(up_) / static_cast<double>(down_));
    const int crossings = 16 + 12 * quality;
    // A multiple of two, so that taps are one of four.
    half_taps_ = 2 * static_cast<int>(std::ceil(crossings / narrow / 2.0));
    const double attenuation_db = 80.0 + 6.0 * quality;
    const double beta = 0.1102 * (attenuation_db - 8.7);
    // In cycles a sample, as are the two ends of the transition: cutoff / 2 is its middle, half the
    // lower rate its end.
    const double transition = (attenuation_db - 7.95) / (14.36 * 2.0 * half_taps_);
    const double cutoff = narrow - transition;
    interpolated_ = up_ > kMostPhases;
    phases_ = interpolated_ ? kMostPhases : static_cast<int>(up_);
    const int kept = phases_ + (interpolated_ ? 1 : 0);
    const auto taps = 2 * static_cast<std::size_t>(half_taps_);
    bank_.resize(static_cast<std::size_t>(kept) * taps);
    weights_.resize(taps);
    for (int p = 0; p < kept; ++p)
        make_phase(static_cast<double>(p) / phases_, cutoff, beta,
                   bank_.data() + static_cast<std::size_t>(p) * taps);
}

// Tap k stands for the input sample index - half + 1 + k.
void Resampler::make_phase(double phase, double cutoff, double beta, double* weights) const {
    double sum = 0.0;
    for (int k = 0; k < 2 * half_taps_; ++k) {
        const double t = k - half_taps_ + 1 - phase;
        const double edge = t / half_taps_;
        const double window =
            std::abs(edge) >= 1.0 ? 0.0 : bessel0(beta * std::sqrt(1.0 - edge * edge));
        weights[k] = sinc(cutoff * t) * window;
        sum += weights[k];
    }
    for (int k = 0; k < 2 * half_taps_; ++k) weights[k] /= sum;
}

void Resampler::reset() {
    lanes_.assign(static_cast<std::size_t>(channels_),
                  std::vector<double>(static_cast<std::size_t>(half_taps_)));
    first_ = -half_taps_;
    index_ = 0;
    phase_ = 0;
    received_ = 0;
    sent_ = 0;
    finished_ = false;
}

void Resampler::push(std::span<const double> frames) {
    PX_CHECK(!finished_ && frames.size() % static_cast<std::size_t>(channels_) == 0);
    drop_used();
    const auto n = static_cast<std::size_t>(channels_);
    for (std::size_t c = 0; c < n; ++c)
        for (std::size_t i = c; i < frames.size(); i += n) lanes_[c].push_back(frames[i]);
    received_ += frames.size() / n;
}

void Resampler::finish() {
    if (finished_) return;
    finished_ = true;
    for (auto& lane : lanes_) lane.resize(lane.size() + static_cast<std::size_t>(half_taps_));
}

// How many samples of each lane no later output reads.
std::size_t Resampler::used() const {
    const std::int64_t needed = index_ - half_taps_ + 1;
    if (needed <= first_) return 0;
    return std::min(static_cast<std::size_t>(needed - first_), lanes_.front().size());
}

void Resampler::drop_used() {
    const std::size_t count = used();
    if (count == 0) return;
    for (auto& lane : lanes_)
        lane.erase(lane.begin(), lane.begin() + static_cast<std::ptrdiff_t>(count));
    first_ += static_cast<std::int64_t>(count);
}

Resampler::State Resampler::state() const {
    const std::size_t count = used();
    State state{.first = first_ + static_cast<std::int64_t>(count),
                .index = index_,
                .phase = phase_,
                .received = received_,
                .sent = sent_,
                .finished = finished_};
    state.samples.reserve(lanes_.size() * (lanes_.front().size() - count));
    for (const auto& lane : lanes_)
        state.samples.insert(state.samples.end(), lane.begin() + static_cast<std::ptrdiff_t>(count),
                             lane.end());
    return state;
}

// What the taps of the next output reach, the silence after the end, and what one step leaps over.
std::size_t Resampler::most_state_samples() const {
    const auto lane = std::int64_t{3} * half_taps_ + down_ / up_ + 4;
    return lanes_.size() * static_cast<std::size_t>(lane);
}

Result<> Resampler::go_on_from(const State& state) {
    const auto channels = lanes_.size();
    const std::size_t count = state.samples.size() / channels;
    const bool sane = state.samples.size() % channels == 0 && state.phase >= 0 &&
                      state.phase < up_ && state.index >= 0 && state.first >= -half_taps_ &&
                      state.samples.size() <= most_state_samples() &&
                      state.first <= std::max<std::int64_t>(state.index - half_taps_ + 1, 0);
    if (!sane) return fail(Errc::corrupt, "no state of a resampler like this one");
    for (std::size_t c = 0; c < channels; ++c) {
        const auto begin = state.samples.begin() + static_cast<std::ptrdiff_t>(c * count);
        lanes_[c].assign(begin, begin + static_cast<std::ptrdiff_t>(count));
    }
    first_ = state.first;
    index_ = state.index;
    phase_ = state.phase;
    received_ = state.received;
    sent_ = state.sent;
    finished_ = state.finished;
    return {};
}

bool Resampler::ready() const {
    const auto received = static_cast<std::int64_t>(received_);
    return index_ < received && (finished_ || index_ + half_taps_ < received);
}

void Resampler::make_frame(double* out) {
    const int taps = 2 * half_taps_;
    const double* weights = bank_.data();
    if (interpolated_) {
        const double at = static_cast<double>(phase_) * phases_ / static_cast<double>(up_);
        const auto below = static_cast<int>(at);
        const double* const a = weights + static_cast<std::ptrdiff_t>(below) * taps;
        const double share = at - below;
        for (int k = 0; k < taps; ++k)
            weights_[static_cast<std::size_t>(k)] = a[k] + share * (a[k + taps] - a[k]);
        weights = weights_.data();
    } else {
        weights += phase_ * taps;
    }
    const std::int64_t begin = index_ - half_taps_ + 1 - first_;
    for (std::size_t c = 0; c < lanes_.size(); ++c) {
        PX_CHECK(begin >= 0 && begin + taps <= static_cast<std::int64_t>(lanes_[c].size()));
        out[c] = dot(lanes_[c].data() + begin, weights, taps);
    }
}

std::size_t Resampler::pull(std::span<double> out) {
    const auto n = static_cast<std::size_t>(channels_);
    std::size_t made = 0;
    for (; (made + 1) * n <= out.size() && ready(); ++made) {
        make_frame(out.data() + made * n);
        phase_ += down_;
        index_ += phase_ / up_;
        phase_ %= up_;
    }
    sent_ += made;
    return made;
}

}  // namespace parallax::compute
