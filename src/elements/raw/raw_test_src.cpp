#include "elements/raw/raw_test_src.h"

#include <mutex>
#include <string>
#include <utility>

#include "elements/raw/raw_caps.h"
#include "elements/video_format.h"
#include "parallax/video_caps.h"

namespace parallax::elements {
namespace {

constexpr int kRowsPerSlice = 32;

// 1024x768 unless somebody asks for something else.
Caps usually(const Structure& any_size) {
    Structure usual = any_size;
    usual.set("width", 1024);
    usual.set("height", 768);
    Caps caps(std::move(usual));
    caps.append(any_size);
    return caps;
}

Structure mosaic() { return raw_caps().structures().front(); }

Structure linear_picture() {
    Structure picture = video_caps({PixelFormat::rgba64le}).structures().front();
    for (const std::string_view side : {"width", "height"}) {
        picture.set(side, *mosaic().find(side));
    }
    picture.set(kColorimetry, kLinearColorimetry);
    return picture;
}

// The same sizes and rates in another format.
Structure reshaped(const Structure& shape, const Structure& format) {
    Structure result = format;
    for (const std::string_view field : {"width", "height", "framerate"}) {
        if (const Value* value = shape.find(field)) result.set(field, *value);
    }
    return result;
}

}  // namespace

Pads RawTestSrc::pads() {
    return {.pads = {{"src", PadDirection::src, usually(mosaic())},
                     {"clean", PadDirection::src, usually(mosaic()), true},
                     {"truth", PadDirection::src, usually(linear_picture()), true}},
            .relation = Relation::transform,
            .state = StateClass::inline_state};
}

Caps RawTestSrc::transform(const Pad& from, const Caps& caps, const Pad& to) const {
    if ((from.name == "truth") == (to.name == "truth")) return caps;
    const Structure format = to.name == "truth" ? linear_picture() : mosaic();
    Caps result;
    for (const Structure& shape : caps.structures()) result.append(reshaped(shape, format));
    return result;
}

Result<> RawTestSrc::configure(const Negotiated& formats) {
    const PadFormat& format = formats.out(src).linked     ? formats.out(src)
                              : formats.out(clean).linked ? formats.out(clean)
                                                          : formats.out(truth);
    if (!format.image) return {};  // No output is linked: a plan can be made, but not played.
    const RawTestSrcOptions& o = options();
    sim::SimulatorOptions wanted{.width = format.image->width,
                                 .height = format.image->height,
                                 .seed = o.seed,
                                 .gain = o.gain,
                                 .shake_px = o.shake,
                                 .exposure_ev = o.exposure_ev,
                                 .illuminant_k = o.illuminant,
                                 .motion = o.motion,
                                 .shading = o.shading,
                                 .defects_per_megapixel = o.defects_per_megapixel};
    const PixelTraits& pixels = traits(format.image->format);
    if (pixels.family == PixelFamily::bayer) {
        wanted.order = pixels.order;
        wanted.bits = pixels.bits;
        wanted.packed = pixels.packed;
    }
    framerate_ = format.framerate;
    parameters_ = changed_properties(*this);
    if (camera_ && camera_->options() == wanted) return {};
    camera_ = PX_TRY(sim::Simulator::create(wanted));
    return {};
}

Result<Flow> RawTestSrc::process(Context& context) {
    const RawTestSrcOptions& o = options();
    if (!camera_) return fail(Errc::invalid_argument, "no output is linked");
    if (o.num_buffers >= 0 && frames_ >= o.num_buffers) return Flow::eos;
    const FrameTimes times = frame_times(frames_, framerate_);
    if (o.is_live && context.running_time_ns() < times.pts_ns) {
        context.wait_until(times.pts_ns);
        return Flow::again;
    }
    PX_TRY(render(context).context("frame " + std::to_string(frames_)));
    for (const std::size_t pad : {src, clean, truth}) {
        if (!context.linked(pad)) continue;
        Meta& meta = context.out_meta(pad);
        meta.pts_ns = times.pts_ns;
        meta.duration_ns = times.duration_ns;
        PX_TRY(describe_frame(context, pad));
        context.commit(context.out(pad).size(), pad);
    }
    ++frames_;
    return Flow::more;
}

// What a camera would tell of the frame, and how it came to be.
Result<> RawTestSrc::describe_frame(Context& context, std::size_t pad) const {
    const RawTestSrcOptions& o = options();
    Meta& meta = context.out_meta(pad);
    if (pad != truth) {
        PX_TRY(set_raw_info(meta, camera_->info(static_cast<std::uint64_t>(frames_))));
    }
    PX_TRY(set_provenance(meta, {.seed = o.seed}));
    return append_step(meta, {.element = context.element_name(),
                              .factory = "rawtestsrc",
                              .version = "1",
                              .parameters = parameters_});
}

Result<> RawTestSrc::render(Context& context) {
    if (!parallel_) parallel_.emplace(Parallel::Options{"camera", options().threads});
    sim::Simulator::Outputs outputs;
    if (context.linked(src)) outputs.src = context.out_image(src);
    if (context.linked(clean)) outputs.clean = context.out_image(clean);
    if (context.linked(truth)) outputs.truth = context.out_image(truth);

    std::mutex mutex;
    Result<> outcome;  // Guarded by mutex: the first failure.
    const int height = camera_->options().height;
    parallel_->run((height + kRowsPerSlice - 1) / kRowsPerSlice, [&](int slice) {
        sim::Simulator::Outputs part = outputs;
        part.first_row = slice * kRowsPerSlice;
        part.rows = kRowsPerSlice;
        Result<> rendered = camera_->render(static_cast<std::uint64_t>(frames_), part);
        const std::scoped_lock lock(mutex);
        if (!rendered && outcome) outcome = std::move(rendered);
    });
    context.add_helper_time(parallel_->take_helper_cpu_ns());
    return outcome;
}

void RawTestSrc::save(InlineState& state) const { state[0] = static_cast<std::uint64_t>(frames_); }

Result<> RawTestSrc::restore(const InlineState& state) {
    frames_ = static_cast<std::int64_t>(state[0]);
    return {};
}

}  // namespace parallax::elements
