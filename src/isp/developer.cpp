#include <algorithm>
#include <cmath>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "isp/band.h"
#include "isp/color.h"
#include "isp/gray_edge.h"
#include "isp/gray_world.h"
#include "isp/plan.h"
#include "isp/tone.h"
#include "parallax/isp.h"

namespace parallax::isp {
namespace {

constexpr int kRowsPerSlice = 64;  // Of the mosaic. Of rcd RcdBand::kRows, as its overlap is wide.
constexpr std::size_t kMaxDefects = 65536;

using Defects = std::vector<std::array<int, 2>>;

// Straight into the output picture.
class PictureSink final : public BlockSink {
  public:
    explicit PictureSink(const MutableImageView& out)
        : out_(out),
          yuv_(traits(out.format()).family == PixelFamily::yuv),
          streamed_(is_streamed(out)) {}
    ~PictureSink() override { publish_stores(); }
    PictureSink(const PictureSink&) = delete;
    PictureSink& operator=(const PictureSink&) = delete;

    bool accept_strips() override {
        strips_ = true;
        return true;
    }
    void take(const BlockPair& blocks, const PixelRange& range) override {
        if (yuv_) {
            store_yuv(blocks, range, out_);
            return;
        }
        store_rgb(blocks.upper, range, out_);
        prefetch_next(range);
        if (range.y + 1 < out_.height()) {
            const PixelRange below{range.x, range.y + 1, range.count};
            store_rgb(blocks.lower, below, out_);
            prefetch_next(below);
        }
    }
    void take(const DeepBlock& block, const PixelRange& range) override {
        store_rgb16(block, range, out_);
    }

  private:
    // The next block goes right of this one: have its lines at hand by then.
    void prefetch_next(const PixelRange& range) const {
        if (streamed_ || strips_) return;
        const auto width = static_cast<std::size_t>(out_.width());
        const std::size_t stride = out_.stride_bytes();
        const std::size_t end = stride * static_cast<std::size_t>(range.x + range.count) / width;
        const std::size_t bytes = stride * static_cast<std::size_t>(range.count) / width;
        for (std::size_t i = end; i < std::min(end + bytes, stride); i += 64) {
            __builtin_prefetch(out_.row(range.y) + i, 1);
        }
    }

    const MutableImageView& out_;
    bool yuv_;
    bool streamed_;
    bool strips_ = false;
};

std::string name(const ImageLayout& layout) {
    return std::string(traits(layout.format).name) + " " + std::to_string(layout.width) + "x" +
           std::to_string(layout.height);
}

// Rows must hold their samples, and planes lie within the buffer: views are checked against
// size_bytes only, and a caller may have filled in the rest by hand.
Result<> check_layout(const ImageLayout& layout) {
    const ImageLayout tight = PX_TRY(image_layout(layout.format, layout.width, layout.height));
    for (std::size_t plane = 0; plane < traits(layout.format).planes; ++plane) {
        const std::size_t stride = layout.stride_bytes[plane];
        const auto rows = static_cast<std::size_t>(tight.rows[plane]);
        const bool inside = stride >= tight.stride_bytes[plane] && stride < (1ULL << 32) &&
                            layout.offset_bytes[plane] <= layout.size_bytes &&
                            rows * stride <= layout.size_bytes - layout.offset_bytes[plane];
        const bool aligned =
            (stride | layout.offset_bytes[plane]) %
                (traits(layout.format).bits > 8 && !traits(layout.format).packed ? 2 : 1) ==
            0;
        if (!inside || !aligned) {
            return fail(Errc::invalid_argument, "a layout of " + name(layout) + " whose plane " +
                                                    std::to_string(plane) +
                                                    " does not hold its rows");
        }
    }
    return {};
}

Result<> check_settings(const Settings& settings) {
    if (auto gains = white_gains(settings.manual_gains); !gains) {
        return fail(Errc::invalid_argument, "manual gains that are not positive numbers");
    }
    if (!(std::abs(settings.exposure_ev) <= 8)) {
        return fail(Errc::invalid_argument,
                    "an exposure of " + std::to_string(settings.exposure_ev) + " EV",
                    "it must be within -8 to 8");
    }
    if (!(settings.sharpen >= 0 && settings.sharpen <= 2)) {
        return fail(Errc::invalid_argument, "a sharpening of " + std::to_string(settings.sharpen),
                    "it must be within 0 to 2");
    }
    if (const int passes = settings.false_color_suppression;
        passes < 0 || passes > ChromaMedian::kMaxPasses) {
        return fail(Errc::invalid_argument,
                    "a false colour suppression of " + std::to_string(passes) + " passes",
                    "it must be within 0 to 3");
    }
    return {};
}

Demosaic chosen(const Settings& settings, const ImageLayout& raw, const ImageLayout& out) {
    if (settings.demosaic != Demosaic::automatic) return settings.demosaic;
    const bool small = 2 * out.width <= raw.width && 2 * out.height <= raw.height;
    switch (settings.quality) {
        case Quality::preview:
            return small ? Demosaic::superpixel : Demosaic::bilinear;
        case Quality::balanced:
            return Demosaic::mhc;
        case Quality::best:
            return Demosaic::rcd;
    }
    return Demosaic::mhc;
}

}  // namespace

struct Developer::State {
    Settings settings;
    ImageLayout raw;
    ImageLayout out;
    Demosaic demosaic = Demosaic::mhc;
    Tone tone = Tone::srgb;  // Of the two below.
    TonePowers powers;
    std::vector<std::uint16_t> deep_tone;

    ShadingMap shading;
    Defects given_defects;   // As the last frame's RawInfo had them …
    Defects sorted_defects;  // … and as the plan wants them.
    std::vector<std::uint16_t> gray_scratch;

    std::mutex mutex;
    std::vector<std::unique_ptr<Band>> idle;  // Guarded by mutex: bands that no slice uses now.

    Result<> use(const Settings& wanted);
    Result<> plan_defects(const RawInfo& info);
    Result<FramePlan> plan(const ImageView& raw_frame, const RawInfo& info);
    int rows_per_slice() const;
    std::unique_ptr<Band> borrow();
    void give_back(std::unique_ptr<Band> band);
};

Result<> Developer::State::use(const Settings& wanted) {
    PX_TRY(check_settings(wanted));
    const Demosaic how = chosen(wanted, raw, out);
    if (tone != wanted.tone || powers.constant == 0) {
        powers = PX_TRY(fit_tone(wanted.tone));
        const bool deep = traits(out.format).bits == 16;
        deep_tone = deep ? tone_table16(wanted.tone) : std::vector<std::uint16_t>{};
        tone = wanted.tone;
    }
    settings = wanted;
    demosaic = how;
    return {};
}

Result<> Developer::State::plan_defects(const RawInfo& info) {
    if (info.defects == given_defects) return {};
    if (info.defects.size() > kMaxDefects) {
        return fail(Errc::corrupt, "a list of " + std::to_string(info.defects.size()) +
                                       " defects; at most 65536 can be repaired");
    }
    for (const auto& [x, y] : info.defects) {
        if (x < 0 || y < 0 || x >= raw.width || y >= raw.height) {
            return fail(Errc::corrupt, "a defect at " + std::to_string(x) + ", " +
                                           std::to_string(y) + ", outside " + name(raw));
        }
    }
    given_defects = info.defects;
    sorted_defects = info.defects;
    std::ranges::sort(sorted_defects, {}, [](const auto& at) { return std::pair(at[1], at[0]); });
    return {};
}

Result<FramePlan> Developer::State::plan(const ImageView& raw_frame, const RawInfo& info) {
    FramePlan plan;
    plan.order = traits(raw.format).order;
    plan.levels = PX_TRY(plan_levels(raw, info));
    PX_TRY(plan_defects(info));
    plan.repair = settings.correct_defects;
    plan.defects = &sorted_defects;
    if (settings.correct_shading && info.shading) {
        PX_TRY(shading.set(*info.shading, raw.width, raw.height));
        plan.shading = &shading;
    }
    std::optional<std::array<float, 3>> neutral = known_neutral(settings, info);
    if (!neutral) {
        const bool edges = settings.white_balance == WhiteBalance::gray_edge;
        neutral = edges ? gray_edge_neutral(raw_frame, plan.levels, gray_scratch)
                        : gray_world_neutral(raw_frame, plan.levels, gray_scratch);
    }
    plan.finish.tone = powers;
    PX_TRY(plan_color(
        {settings, info, *neutral, plan.shading != nullptr ? shading.largest() : 1.0F}, plan));
    return plan;
}

// Of the picture: what so many rows of the mosaic become, but an even number.
int Developer::State::rows_per_slice() const {
    const int beyond = 2 * ((settings.false_color_suppression + 1) & ~1);
    const int rows = demosaic == Demosaic::rcd ? RcdBand::kRows - beyond : kRowsPerSlice;
    const int scaled = static_cast<int>(std::int64_t{rows} * out.height / raw.height);
    return std::max(2, scaled & ~1);
}

std::unique_ptr<Band> Developer::State::borrow() {
    {
        const std::scoped_lock lock(mutex);
        if (!idle.empty()) {
            std::unique_ptr<Band> band = std::move(idle.back());
            idle.pop_back();
            return band;
        }
    }
    return std::make_unique<Band>(raw);
}

void Developer::State::give_back(std::unique_ptr<Band> band) {
    const std::scoped_lock lock(mutex);
    idle.push_back(std::move(band));
}

Developer::Developer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Developer::Developer(Developer&&) noexcept = default;
Developer& Developer::operator=(Developer&&) noexcept = default;
Developer::~Developer() = default;

Result<Developer> Developer::create(const Settings& settings, const ImageLayout& raw,
                                    const ImageLayout& out) {
    if (traits(raw.format).family != PixelFamily::bayer) {
        return fail(Errc::invalid_argument, "a raw frame of " + name(raw) + " is no mosaic");
    }
    if (raw.width < 2 || raw.height < 2) {
        return fail(Errc::invalid_argument, "a mosaic of " + name(raw) + " is less than 2x2");
    }
    if (!can_store(out.format)) {
        return fail(Errc::unsupported, "pictures cannot be developed into " + name(out),
                    "RGB, BGR, RGBA, BGRA, RGBx, BGRx, RGBA64_LE, NV12, NV21, I420 and YV12 can");
    }
    PX_TRY(check_layout(raw));
    PX_TRY(check_layout(out));
    auto state = std::make_unique<State>();
    state->raw = raw;
    state->out = out;
    PX_TRY(state->use(settings));
    return Developer(std::move(state));
}

Result<Development> Developer::develop(const ImageView& raw, const RawInfo& info,
                                       const MutableImageView& out, const Slices& slices) {
    State& state = *state_;
    if (raw.layout != state.raw || out.layout != state.out) {
        return fail(Errc::invalid_argument, "a frame of " + name(raw.layout) + " into " +
                                                name(out.layout) + " where " + name(state.raw) +
                                                " into " + name(state.out) + " was agreed on");
    }
    if (raw.bytes.size() < raw.layout.size_bytes || out.bytes.size() < out.layout.size_bytes) {
        return fail(Errc::invalid_argument, "a frame with fewer bytes than its layout says");
    }
    const FramePlan plan = PX_TRY(state.plan(raw, info));
    const BandJob job{plan,
                      raw,
                      state.demosaic,
                      state.deep_tone,
                      state.settings.sharpen,
                      state.settings.false_color_suppression,
                      {out.width(), out.height()}};
    const int height = out.height();
    const int rows = slices ? state.rows_per_slice() : height;
    const auto body = [&](int slice) {
        std::unique_ptr<Band> band = state.borrow();
        PictureSink sink(out);
        band->develop(job, slice * rows, std::min(height, (slice + 1) * rows), sink);
        state.give_back(std::move(band));
    };
    const int count = (height + rows - 1) / rows;
    if (slices) {
        slices(count, std::cref(body));  // By reference: it is too large for a function to hold.
    } else {
        body(0);
    }
    return plan.development;
}

Result<> Developer::set_settings(const Settings& settings) { return state_->use(settings); }

const Settings& Developer::settings() const { return state_->settings; }

}  // namespace parallax::isp
