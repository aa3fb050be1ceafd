#include "elements/io/raw_src.h"

#include <fmt/format.h>

#include "elements/codec/file_io.h"
#include "elements/frame_time.h"
#include "elements/orientation.h"
#include "elements/source_name.h"
#include "parallax/video_caps.h"

namespace parallax::elements {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{2} << 30;

}  // namespace

Pads RawSrc::pads() {
    const std::array formats{
        PixelFormat::rggb10le, PixelFormat::grbg10le, PixelFormat::gbrg10le, PixelFormat::bggr10le,
        PixelFormat::rggb12le, PixelFormat::grbg12le, PixelFormat::gbrg12le, PixelFormat::bggr12le,
        PixelFormat::rggb14le, PixelFormat::grbg14le, PixelFormat::gbrg14le, PixelFormat::bggr14le,
        PixelFormat::rggb16le, PixelFormat::grbg16le, PixelFormat::gbrg16le, PixelFormat::bggr16le};
    return {.pads = {{"src", PadDirection::src, video_caps(formats)}},
            .state = StateClass::inline_state};
}

Result<> RawSrc::open() {
    if (options().framerate.num() < 0) {
        return fail(Errc::invalid_argument, "framerate is negative");
    }
    if (options().location.path.empty()) {
        return fail(Errc::io, "no location given", "set location=FILE");
    }
    paths_ = PX_TRY(codec::expand_glob(options().location.path));
    return load();
}

// Reads the next file as far as its shape.
Result<> RawSrc::load() {
    std::vector<std::byte> bytes = PX_TRY(codec::read_file(path(), kMaxFileBytes));
    const Hash128 hash = hash128(bytes);
    Result<codec::RawFile> file = codec::RawFile::open(std::move(bytes));
    if (!file) return Failure(std::move(std::move(file).context(path())).error());
    shape_ = file->shape();
    orientation_ = file->info().orientation;
    loaded_.emplace(std::move(*file), hash);
    return {};
}

Caps RawSrc::pad_caps(const Pad& pad) const {
    const auto layout = image_layout(shape_.format, shape_.width, shape_.height);
    if (!layout) return pad.caps;
    Structure caps = caps_of(*layout, options().framerate).structures().front();
    note_orientation_in(caps, orientation_);
    return caps;
}

Result<> RawSrc::configure(const Negotiated& formats) {
    agreed_ = formats.out().image;
    agreed_orientation_ = orientation_in(formats.out().caps);
    return {};
}

Result<Flow> RawSrc::process(Context& context) {
    const RawSrcOptions& o = options();
    const bool enough = o.num_buffers >= 0 && next_ >= static_cast<std::uint64_t>(o.num_buffers);
    if (enough || (!o.loop && next_ >= paths_.size())) return Flow::eos;
    if (!loaded_) PX_TRY(load());
    if (!context.linked()) {
        loaded_.reset();
        ++next_;
        return Flow::more;
    }
    const bool same = agreed_ && agreed_->format == shape_.format &&
                      agreed_->width == shape_.width && agreed_->height == shape_.height &&
                      agreed_orientation_ == orientation_;
    if (!same) return Flow::reconfigure;
    const MutableImageView out = context.out_image();
    const RawInfo info = PX_TRY(loaded_->file.unpack(out).context(path()));
    PX_TRY(describe(context, info));
    if (shape_.linear) {
        context.post(Severity::info,
                     path() + ": was demosaiced before it was stored; one colour a pixel is used");
    }
    loaded_.reset();
    ++next_;
    return context.commit(out.layout.size_bytes);
}

// All that travels beside the samples.
Result<> RawSrc::describe(Context& context, const RawInfo& info) const {
    Meta& meta = context.out_meta();
    stamp(meta, next_, options().framerate);
    if (options().framerate.num() == 0) meta.flags |= frame_flag::still;
    PX_TRY(set_raw_info(meta, info));
    PX_TRY(set_source_name(meta, path()));
    const Hash128& hash = loaded_->hash;
    return set_provenance(meta, {.input_hash = {hash.low, hash.high},
                                 .chain = {{.element = context.element_name(),
                                            .factory = "rawsrc",
                                            .parameters = "location=" + path()}}});
}

void RawSrc::save(InlineState& state) const { state[0] = next_; }

Result<> RawSrc::restore(const InlineState& state) {
    if (!options().loop && state[0] > paths_.size()) {
        return fail(Errc::io, options().location.path + ": fewer files match than at the start",
                    "leave them alone while they are read");
    }
    next_ = state[0];
    loaded_.reset();
    // Its shape is what pads are asked for next.
    return next_ < paths_.size() || options().loop ? load() : Result<>{};
}

}  // namespace parallax::elements
