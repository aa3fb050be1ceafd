#include "isp/simulator/stage.h"

#include <cmath>

namespace parallax::sim {
namespace {

// Up to here the scene is kept at twice the sensor's resolution, above at its own, to save memory.
constexpr double kFineMegapixels = 2.0;
// The hand never strays farther than this many standard deviations.
constexpr double kMostShakes = 4.0;

// Room for one painted row, which it hands out as a cleared PaintRow.
class RowBuffer {
  public:
    explicit RowBuffer(int count) : count_(static_cast<std::size_t>(count)), values_(count_ * 4) {}

    PaintRow start() {
        std::ranges::fill(values_, 0.0F);
        return {.count = static_cast<int>(count_),
                .r = values_.data(),
                .g = values_.data() + count_,
                .b = values_.data() + 2 * count_,
                .a = values_.data() + 3 * count_};
    }
    void store(Painting& painting, int row) const {
        for (int c = 0; c < painting.channels(); ++c)
            painting.set_row(row, c, values_.data() + static_cast<std::size_t>(c) * count_);
    }

  private:
    std::size_t count_;
    std::vector<float> values_;
};

// Paints every row of a painting whose pixel (0, 0) starts at scene point (left, top).
template <class Paint>
void paint_all(Painting& painting, double left, double top, double unit_px, const Paint& paint) {
    const double sample = 1.0 / (unit_px * painting.factor());
    RowBuffer buffer(painting.width_px() * painting.factor());
    for (int j = 0; j < painting.sample_rows(); ++j) {
        PaintRow row = buffer.start();
        row.sample = static_cast<float>(sample);
        row.first_x = static_cast<float>(left + 0.5 * sample);
        row.y = static_cast<float>(top + (j + 0.5) * sample);
        paint(row);
        buffer.store(painting, j);
    }
}

}  // namespace

Stage::Stage(const SimulatorOptions& options)
    : options_(options), unit_px_(std::min(options.width / 4.0, options.height / 3.0)) {
    paint_scene();
    paint_moving_ball();
}

void Stage::paint_scene() {
    const double offset = std::max(std::abs(options_.offset_x_px), std::abs(options_.offset_y_px));
    const double reach = kApertureRadiusPx + offset + kMostShakes * options_.shake_px;
    margin_px_ = static_cast<int>(std::ceil(reach)) + 1;
    const double megapixels = static_cast<double>(options_.width) * options_.height * 1e-6;
    scene_ = Painting({.width_px = options_.width + 2 * margin_px_,
                       .height_px = options_.height + 2 * margin_px_,
                       .channels = 3,
                       .factor = megapixels <= kFineMegapixels ? 2 : 1});
    paint_all(scene_, -(options_.width / 2.0 + margin_px_) / unit_px_,
              -(options_.height / 2.0 + margin_px_) / unit_px_, unit_px_, paint_still_life);
}

void Stage::paint_moving_ball() {
    const Box box = ball_bounds();
    const double reach = std::max({-box.left, -box.top, box.right, box.bottom});
    ball_origin_px_ = static_cast<int>(std::ceil(reach * unit_px_ + 2.0 * kApertureRadiusPx)) + 1;
    ball_ = Painting({.width_px = 2 * ball_origin_px_,
                      .height_px = 2 * ball_origin_px_,
                      .channels = 4,
                      .factor = scene_.factor()});
    const double corner = -ball_origin_px_ / unit_px_;
    paint_all(ball_, corner, corner, unit_px_, paint_ball);
}

Shift Stage::to_px(double x, double y) const {
    return {options_.width / 2.0 + x * unit_px_ - options_.offset_x_px,
            options_.height / 2.0 + y * unit_px_ - options_.offset_y_px};
}

Exposure Stage::open(std::uint64_t frame, const Shift& shake) const {
    const double x = 0.5 + options_.offset_x_px + shake.x;
    const double y = 0.5 + options_.offset_y_px + shake.y;
    // The path is periodic: exact for any frame number.
    const auto place = ball_position(options_.motion * static_cast<double>(frame % 240'000));
    const double ball_x = options_.width / 2.0 + place[0] * unit_px_ - ball_origin_px_;
    const double ball_y = options_.height / 2.0 + place[1] * unit_px_ - ball_origin_px_;

    Exposure exposure;
    exposure.across = aperture_taps(margin_px_ + x, scene_.factor());
    exposure.down = aperture_taps(margin_px_ + y, scene_.factor());
    exposure.ball_across = aperture_taps(x - ball_x, ball_.factor());
    exposure.ball_down = aperture_taps(y - ball_y, ball_.factor());
    for (auto& channel : exposure.rgb) channel.resize(static_cast<std::size_t>(options_.width));
    for (auto& channel : exposure.ball) channel.resize(static_cast<std::size_t>(ball_.width_px()));
    return exposure;
}

void Stage::expose(int y, Exposure& e) const {
    const std::array<float*, 3> out{e.rgb[0].data(), e.rgb[1].data(), e.rgb[2].data()};
    e.sampler.sample(scene_, e.across, e.down, {.y = y, .first_x = 0, .count = options_.width},
                     out.data());
    lay_ball(y, e);
    for (auto& channel : e.rgb)
        for (float& value : channel) value *= 1.0F / kPaintCodes;
}

void Stage::lay_ball(int y, Exposure& e) const {
    const int f = ball_.factor();
    // Pixels all of whose taps are on the ball's painting; beyond it nothing is covered.
    const auto first = [f](const Taps& t) { return t.first >= 0 ? 0 : (-t.first + f - 1) / f; };
    const auto last = [f](const Taps& t, int samples) { return (samples - t.first - t.count) / f; };
    const int top = first(e.ball_down);
    const int bottom = last(e.ball_down, ball_.sample_rows());
    const int left = first(e.ball_across);
    const int right = std::min(options_.width - 1, last(e.ball_across, ball_.width_px() * f));
    if (y < top || y > bottom || right < left) return;

    const int count = right - left + 1;
    const std::array<float*, 4> out{e.ball[0].data(), e.ball[1].data(), e.ball[2].data(),
                                    e.ball[3].data()};
    e.sampler.sample(ball_, e.ball_across, e.ball_down, {.y = y, .first_x = left, .count = count},
                     out.data());
    for (std::size_t c = 0; c < 3; ++c) {
        float* const under = e.rgb[c].data() + left;
        for (int i = 0; i < count; ++i)
            under[i] = out[c][i] + under[i] * (1.0F - out[3][i] * (1.0F / kPaintCodes));
    }
}

}  // namespace parallax::sim
