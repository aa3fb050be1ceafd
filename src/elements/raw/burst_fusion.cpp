#include "elements/raw/burst_fusion.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "elements/raw/raw_caps.h"
#include "elements/video_format.h"
#include "parallax/video_caps.h"

namespace parallax::elements {
namespace {

constexpr int kOutBits = 16;

// The mosaics of the same order that a format can come from, or become.
std::vector<PixelFormat> alike(PixelFormat format, bool down) {
    const BayerOrder order = traits(format).order;
    std::vector<PixelFormat> formats;
    if (down) {
        if (const auto wide = bayer_format(order, kOutBits)) formats.push_back(*wide);
        return formats;
    }
    for (const PixelFormat each : all_pixel_formats()) {
        const PixelTraits& t = traits(each);
        if (t.family == PixelFamily::bayer && t.order == order) formats.push_back(each);
    }
    return formats;
}

// The formats that a value of caps holds, mapped; each once.
std::vector<PixelFormat> mapped(const Structure& shape, bool down) {
    std::vector<PixelFormat> formats;
    for (const PixelFormat each : all_pixel_formats()) {
        const PixelTraits& t = traits(each);
        if (t.family != PixelFamily::bayer) continue;
        Structure named(shape.media_type(), shape.features());
        named.set("format", std::string(t.name));
        if (!intersect(shape, named)) continue;
        for (const PixelFormat other : alike(each, down)) {
            if (std::ranges::find(formats, other) == formats.end()) formats.push_back(other);
        }
    }
    return formats;
}

// A rate of frames as one of bursts, or the other way round; nothing where it has no place for it.
std::optional<Fraction> times(const Fraction& rate, std::int64_t frames, bool down) {
    std::int64_t product = 0;
    if (__builtin_mul_overflow(down ? rate.den() : rate.num(), frames, &product)) return {};
    return down ? Fraction::make(rate.num(), product) : Fraction::make(product, rate.den());
}

std::optional<Value> rate_of(const Value& rate, std::int64_t frames, bool down) {
    constexpr std::int64_t most = INT32_MAX;  // What "any rate" ends at, and stays at.
    if (const auto* one = rate.get<Fraction>()) return times(*one, frames, down);
    if (const auto* range = rate.get<FractionRange>()) {
        const auto least = times(range->min, frames, down);
        const auto greatest =
            range->max.num() >= most ? range->max : times(range->max, frames, down);
        if (!least || !greatest) return std::nullopt;
        return FractionRange{*least, *greatest};
    }
    const auto* list = rate.get<List>();
    if (list == nullptr) return std::nullopt;
    std::vector<Value> items;
    for (const Value& item : list->items()) {
        if (auto value = rate_of(item, frames, down)) items.push_back(*std::move(value));
    }
    if (items.empty()) return std::nullopt;
    return list_of(std::move(items));
}

// How much fine structure there is: noise of one burst's frames is alike.
double sharpness_of(const isp::Plane& means) {
    const isp::Plane half = isp::halved(means);
    double sum = 0;
    for (int y = 0; y < half.height; ++y) {
        const float* const row = half.row(y);
        for (int x = 1; x < half.width; ++x) {
            const double d = static_cast<double>(row[x]) - static_cast<double>(row[x - 1]);
            sum += d * d;
        }
    }
    return sum;
}

std::string one_decimal(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f", value);
    return text.data();
}

}  // namespace

std::span<const Nick<BurstReference>> nicks(BurstReference) {
    using enum BurstReference;
    static constexpr std::array<Nick<BurstReference>, 3> kNicks{
        {{sharpest, "sharpest", "the frame with the most fine structure"},
         {first, "first", "the first"},
         {middle, "middle", "the one in the middle"}}};
    return kNicks;
}

Pads BurstFusion::pads() {
    return {
        .pads = {{"sink", PadDirection::sink, raw_caps()}, {"src", PadDirection::src, raw_caps()}},
        .relation = Relation::transform,
        .state = StateClass::opaque};
}

Caps BurstFusion::transform(const Pad&, const Caps& caps, const Pad& to) const {
    if (caps.is_any()) return to.caps;
    const bool down = to.direction == PadDirection::src;
    Caps result;
    for (const Structure& shape : caps.structures()) {
        const std::vector<PixelFormat> formats = mapped(shape, down);
        if (formats.empty()) continue;
        Structure other = shape;
        other.set("format", *video_caps(formats).structures().front().find("format"));
        other.erase("framerate");
        if (const Value* rate = shape.find("framerate")) {
            auto value = rate_of(*rate, static_cast<std::int64_t>(options().frames), down);
            if (value) other.set("framerate", *std::move(value));
        }
        result.append(std::move(other));
    }
    return intersect(result, to.caps);
}

Result<> BurstFusion::configure(const Negotiated& formats) {
    if (!formats.in().image) return fail(Errc::invalid_argument, "no raw frames come in");
    layout_ = *formats.in().image;
    return {};
}

std::uint32_t BurstFusion::keeps() const {
    return static_cast<std::uint32_t>(options().frames - 1);
}

Result<Flow> BurstFusion::process(Context& context) {
    const Meta& meta = context.in_meta();
    Shot shot{.frame = context.keep(), .info = {}};
    const std::string frame = "frame " + std::to_string(meta.sequence);
    shot.info = PX_TRY(raw_info(meta).context(frame)).value_or(RawInfo{});
    burst_.push_back(std::move(shot));
    if (burst_.size() < options().frames) return Flow::more;
    return merge(context);
}

// Frames before and after a gap are of two bursts.
Result<bool> BurstFusion::event(Context&, const Event& event) {
    if (event.type == Event::Type::flush) burst_.clear();
    return false;
}

Result<Flow> BurstFusion::drain(Context& context) {
    if (burst_.empty() || !context.linked()) return Flow::eos;
    return merge(context);
}

std::size_t BurstFusion::reference_of(const std::vector<Shot>& burst) const {
    if (options().reference == BurstReference::first) return 0;
    if (options().reference == BurstReference::middle) return burst.size() / 2;
    const auto best = std::ranges::max_element(burst, {}, &Shot::sharpness);
    return static_cast<std::size_t>(best - burst.begin());
}

Result<Flow> BurstFusion::merge(Context& context) {
    std::vector<Shot> burst = std::exchange(burst_, {});
    if (!parallel_) parallel_.emplace(Parallel::Options{"burst", options().threads});
    const isp::BurstSlices slices = [this](int count, const std::function<void(int)>& body) {
        parallel_->run(count, body);
    };
    const auto cells_of = [&](const Shot& shot) -> Result<isp::CellPlanes> {
        const ImageView raw = PX_TRY(view_image(layout_, shot.frame.bytes));
        return isp::split_cells(raw, shot.info);
    };
    if (options().reference == BurstReference::sharpest && burst.size() > 1) {
        for (Shot& shot : burst) {
            shot.sharpness = sharpness_of(isp::cell_means(PX_TRY(cells_of(shot))));
            context.tick();
        }
    }
    const std::size_t at = reference_of(burst);
    const Shot& shot = burst[at];
    isp::CellPlanes cells = PX_TRY(cells_of(shot));
    isp::NoiseModel noise;
    if (shot.info.noise_profile) {
        noise = {.scale = shot.info.noise_profile->at(0), .offset = shot.info.noise_profile->at(1)};
    } else {
        noise = isp::estimate_noise(cells);
    }
    isp::BurstMerger merger(std::move(cells), noise, slices);
    for (std::size_t i = 0; i < burst.size(); ++i) {
        if (i == at) continue;
        merger.add(PX_TRY(cells_of(burst[i])));
        context.tick();
    }
    const MutableImageView out = context.out_image();
    std::ranges::fill(out.bytes, std::byte{0});
    PX_TRY(describe(context, shot, burst.size(), merger.mean_frames()));
    const RawInfo scaled = PX_TRY(raw_info(context.out_meta())).value_or(RawInfo{});
    merger.finish(out, isp::cell_levels(scaled, out.format()));
    context.add_helper_time(parallel_->take_helper_cpu_ns());
    ++bursts_;
    merged_ += merger.mean_frames();
    return context.commit(out.bytes.size());
}

// As the reference's, with levels of 16 bits, and as much less noise as frames were averaged.
Result<> BurstFusion::describe(Context& context, const Shot& shot, std::size_t frames,
                               double merged) const {
    Meta& meta = context.out_meta();
    meta = shot.frame.meta;
    meta.sequence = bursts_;
    RawInfo info = shot.info;
    const int bits = traits(layout_.format).bits;
    const auto scale = static_cast<float>(1 << (kOutBits - bits));
    const float full = static_cast<float>((1 << bits) - 1);
    info.white_level = (info.white_level > 0 ? info.white_level : full) * scale;
    for (float& black : info.black_level) black *= scale;
    if (info.noise_profile) {
        for (float& part : *info.noise_profile) part /= static_cast<float>(merged);
    }
    PX_TRY(set_raw_info(meta, info));
    std::string parameters = changed_properties(*this);
    if (!parameters.empty()) parameters += ' ';
    parameters += "# frames=" + std::to_string(frames) + " averaged=" + one_decimal(merged);
    return append_step(meta, {.element = context.element_name(),
                              .factory = "burstfusion",
                              .version = "1",
                              .parameters = std::move(parameters)});
}

std::vector<std::pair<std::string, double>> BurstFusion::metrics() const {
    const auto bursts = static_cast<double>(bursts_);
    return {{"bursts", bursts}, {"mean_frames_averaged", bursts_ > 0 ? merged_ / bursts : 0}};
}

}  // namespace parallax::elements
