#include "elements/io/file_src.h"

#include <algorithm>
#include <utility>

#include "elements/codec/headerless.h"
#include "elements/end_of_file.h"
#include "elements/frame_time.h"
#include "elements/io/media_type.h"
#include "elements/source_name.h"

namespace parallax::elements {

Pads FileSrc::pads() {
    return {.pads = {{"src", PadDirection::src}}, .state = StateClass::inline_state};
}

Result<> FileSrc::open() {
    const std::string& path = options().location.path;
    if (path.empty()) return fail(Errc::io, "no location given", "set location=FILE");
    file_ = PX_TRY(codec::InputFile::open(path));
    type_ = PX_TRY(read_media_type(*file_));
    return {};
}

Caps FileSrc::pad_caps(const Pad&) const { return offered_caps(type_); }

Result<> FileSrc::configure(const Negotiated& formats) {
    const PadFormat& out = formats.out();
    rate_ = out.framerate;
    pieces_ = !is_picture_file(out.caps) && !out.image;
    frame_bytes_ = static_cast<std::uint64_t>(options().blocksize);
    if (is_picture_file(out.caps)) {
        frame_bytes_ = file_->size_bytes();
        if (frame_bytes_ == 0) {
            return fail(Errc::corrupt, file_->path() + ": expected a picture, found 0 bytes");
        }
        rate_ = out.caps.get_fraction("framerate").value_or(Fraction(0, 1));
    } else if (out.image) {
        Result<std::uint64_t> pictures =
            codec::headerless_pictures(*out.image, file_->size_bytes());
        (void)PX_TRY(std::move(pictures).context(file_->path()));
        frame_bytes_ = out.image->size_bytes;
    }
    return {};
}

std::size_t FileSrc::output_bytes(std::size_t, const Negotiated&) const {
    return static_cast<std::size_t>(frame_bytes_);
}

Result<Flow> FileSrc::process(Context& context) {
    const std::uint64_t left_bytes = file_->size_bytes() - position_bytes_;
    const bool enough =
        options().num_buffers >= 0 && frames_ >= static_cast<std::uint64_t>(options().num_buffers);
    if (left_bytes == 0 && !enough && !std::exchange(end_told_, true)) {
        context.emit(end_of_file(file_->path()));
    }
    if (left_bytes == 0 || enough) return Flow::eos;
    const auto bytes = static_cast<std::size_t>(std::min(left_bytes, frame_bytes_));
    PX_TRY(file_->read_at(position_bytes_, context.out().first(bytes)));
    position_bytes_ += bytes;
    stamp(context.out_meta(), frames_++, rate_);
    PX_TRY(set_source_name(context.out_meta(), file_->path()));
    if (pieces_) context.out_meta().flags |= frame_flag::piece;
    return context.commit(bytes);
}

void FileSrc::save(InlineState& state) const {
    state = {position_bytes_, frames_, end_told_ ? 1U : 0U};
}

Result<> FileSrc::restore(const InlineState& state) {
    if (state[0] > file_->size_bytes()) {
        return fail(Errc::io, file_->path() + ": has become shorter while it was read");
    }
    position_bytes_ = state[0];
    frames_ = state[1];
    end_told_ = state[2] != 0;
    return {};
}

}  // namespace parallax::elements
