#include "compute/image/pattern.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "compute/image/check_views.h"
#include "compute/image/rows.h"

namespace parallax::compute {
namespace {

struct Rgb8 {
    int r, g, b;
};

constexpr Rgb8 kBlack{0, 0, 0};
constexpr Rgb8 kWhite{255, 255, 255};
constexpr Rgb8 kRed{255, 0, 0};
constexpr Rgb8 kGreen{0, 255, 0};
constexpr Rgb8 kBlue{0, 0, 255};

// A byte of noise for a pixel of a frame: a 64-bit mix (D. Stafford's variant 13 of the MurmurHash3
// finalizer, as SplitMix64 has it).
int noise_byte(std::uint64_t frame, int x, int y) {
    std::uint64_t h = frame * 0x9E3779B97F4A7C15U + (static_cast<std::uint64_t>(y) << 32) +
                      static_cast<std::uint64_t>(x);
    h = (h ^ (h >> 30)) * 0xBF58476D1CE4E5B9U;
    h = (h ^ (h >> 27)) * 0x94D049BB133111EBU;
    return static_cast<int>((h ^ (h >> 31)) >> 56);
}

class PatternRows {
  public:
    PatternRows(const ImageLayout& layout, const PatternOptions& options)
        : width_(layout.width), height_(layout.height), options_(options) {
        // Once round in 90 frames, half-way to the edge.
        const double angle =
            2.0 * std::numbers::pi * static_cast<double>(options.frame % 90) / 90.0;
        ball_radius_ = std::max(1.0, std::min(width_, height_) / 12.0);
        ball_x_ = width_ / 2.0 + (width_ / 2.0 - 2.0 * ball_radius_) * 0.8 * std::cos(angle);
        ball_y_ = height_ / 2.0 + (height_ / 2.0 - 2.0 * ball_radius_) * 0.8 * std::sin(angle);
    }

    Rgb8 at(int x, int y) const {
        switch (options_.pattern) {
            case Pattern::smpte:
                return smpte(x, y);
            case Pattern::snow:
                return gray(noise_byte(options_.frame, x, y));
            case Pattern::black:
                return kBlack;
            case Pattern::white:
                return kWhite;
            case Pattern::red:
                return kRed;
            case Pattern::green:
                return kGreen;
            case Pattern::blue:
                return kBlue;
            case Pattern::checkers_1:
                return checkers(x, y, 0);
            case Pattern::checkers_2:
                return checkers(x, y, 1);
            case Pattern::checkers_4:
                return checkers(x, y, 2);
            case Pattern::checkers_8:
                return checkers(x, y, 3);
            case Pattern::ball:
                return ball(x, y);
            case Pattern::gradient:
                break;
        }
        return gray(height_ > 1 ? (y * 255 + (height_ - 1) / 2) / (height_ - 1) : 0);
    }

  private:
    static Rgb8 gray(int v) { return {v, v, v}; }

    static Rgb8 checkers(int x, int y, int shift) {
        return (((x >> shift) ^ (y >> shift)) & 1) != 0 ? kGreen : kRed;
    }

    // Soft-edged over one pixel.
    Rgb8 ball(int x, int y) const {
        const double d = std::hypot(x + 0.5 - ball_x_, y + 0.5 - ball_y_) - ball_radius_;
        return gray(static_cast<int>(std::lround(255.0 * std::clamp(0.5 - d, 0.0, 1.0))));
    }

    Rgb8 smpte(int x, int y) const {
        const int top = height_ * 2 / 3;
        const int middle = height_ * 3 / 4;
        const auto seventh = static_cast<std::size_t>(x * 7 / width_);
        static constexpr std::array<Rgb8, 7> bars{
            {kWhite, {255, 255, 0}, {0, 255, 255}, kGreen, {255, 0, 255}, kRed, kBlue}};
        if (y < top) return bars[seventh];
        // Every other bar again from the right, with black between.
        if (y < middle) return seventh % 2 != 0 ? kBlack : bars[6 - seventh];
        // −I, white, +Q in sixths, then black with a step, then snow.
        const int sixth = x * 6 / width_;
        if (sixth == 0) return {0, 33, 76};
        if (sixth == 1) return kWhite;
        if (sixth == 2) return {50, 0, 106};
        if (x * 4 / width_ == 3) return gray(noise_byte(options_.frame, x, y));
        return x * 12 / width_ == 7 ? gray(19) : kBlack;
    }

    int width_, height_;
    PatternOptions options_;
    double ball_radius_ = 0, ball_x_ = 0, ball_y_ = 0;
};

Result<> paint_mosaic(const MutableImageView& picture, const PatternRows& rows) {
    const PixelTraits& t = traits(picture.format());
    if (t.packed)
        return fail(Errc::unsupported, "patterns are not painted in packed mosaics",
                    "ask for 8, 10, 12, 14 or 16 bits");
    const int top = (1 << t.bits) - 1;
    for (int y = 0; y < picture.height(); ++y) {
        for (int x = 0; x < picture.width(); ++x) {
            const Rgb8 c = rows.at(x, y);
            const int site = ((y & 1) * 2 + (x & 1)) ^ static_cast<int>(t.order);
            const int value = site == 0 ? c.r : site == 3 ? c.b : c.g;
            const int code = (value * top + 127) / 255;
            if (t.bits == 8)
                picture.samples<std::uint8_t>(y)[x] = static_cast<std::uint8_t>(code);
            else
                picture.samples<std::uint16_t>(y)[x] = static_cast<std::uint16_t>(code);
        }
    }
    return {};
}

}  // namespace

std::optional<Pattern> pattern(std::string_view name) {
    const auto at = std::ranges::find(kPatternNames, name);
    if (at == kPatternNames.end()) return std::nullopt;
    return static_cast<Pattern>(at - kPatternNames.begin());
}

Result<> paint_pattern(const MutableImageView& picture, const PatternOptions& options) {
    const PatternRows source(picture.layout, options);
    if (traits(picture.format()).family == PixelFamily::bayer) return paint_mosaic(picture, source);

    RowWriter writer(picture, options.color);
    std::vector<ChannelRow> rows = writer.make_block();
    for (int y = 0; y < picture.height(); y += writer.block_rows()) {
        const int count = std::min(writer.block_rows(), picture.height() - y);
        for (int i = 0; i < count; ++i) {
            ChannelRow& row = rows[static_cast<std::size_t>(i)];
            for (int x = 0; x < row.width; ++x) {
                const Rgb8 c = source.at(x, y + i);
                row.channel[0][x] = static_cast<float>(c.r);
                row.channel[1][x] = static_cast<float>(c.g);
                row.channel[2][x] = static_cast<float>(c.b);
                row.channel[3][x] = 255.0F;
            }
            if (channels_of(picture.format()) == Channels::ycc) rgb_to_ycc(row, options.color);
        }
        writer.write(y, std::span(rows).first(static_cast<std::size_t>(count)));
    }
    return {};
}

}  // namespace parallax::compute
