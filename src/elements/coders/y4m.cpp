#include "elements/coders/y4m.h"

#include <algorithm>
#include <array>
#include <limits>

#include <fmt/format.h>

#include "elements/codec/y4m.h"
#include "elements/end_of_file.h"
#include "elements/frame_time.h"
#include "elements/source_name.h"

namespace parallax::elements {
namespace {

constexpr std::size_t kMaxLineBytes = 1024;
constexpr std::string_view kFrameLine = "FRAME\n";

// 4:2:0 is planar in the file; with us it may be any of four.
FileFormats y4m_formats() {
    using enum PixelFormat;
    return {"application/x-yuv4mpeg",
            {{i420, "I420"},
             {nv12, "I420"},
             {yv12, "I420"},
             {nv21, "I420"},
             {y42b, "Y42B"},
             {y444, "Y444"},
             {gray8, "GRAY8"}}};
}

Caps across(const Pad& from, const Caps& caps) {
    const FileFormats formats = y4m_formats();
    const bool from_file = formats.files().structures().front().media_type() ==
                           from.caps.structures().front().media_type();
    return from_file ? formats.to_pictures(caps) : formats.to_files(caps);
}

int as_int(std::int64_t n) {
    return static_cast<int>(std::clamp<std::int64_t>(n, 0, std::numeric_limits<int>::max()));
}

PixelFormat in_file(PixelFormat format) {
    using enum PixelFormat;
    return format == nv12 || format == yv12 || format == nv21 ? i420 : format;
}

}  // namespace

// --- Encoder

Pads Y4mEnc::pads() {
    const FileFormats formats = y4m_formats();
    return {.pads = {{"sink", PadDirection::sink, formats.pictures()},
                     {"src", PadDirection::src, formats.files()}},
            .relation = Relation::transform,
            .state = StateClass::inline_state};
}

Caps Y4mEnc::transform(const Pad& from, const Caps& caps, const Pad&) const {
    return across(from, caps);
}

Result<> Y4mEnc::configure(const Negotiated& formats) {
    const ImageLayout& layout = *formats.in().image;
    const Fraction rate = formats.in().framerate;
    const std::string header = PX_TRY(codec::y4m_header(
        {.picture = {.format = layout.format, .width = layout.width, .height = layout.height},
         .rate_numerator = as_int(rate.num()),
         .rate_denominator = rate.num() == 0 ? 0 : as_int(rate.den())}));
    if (header_sent_ && header != header_) {
        return fail(Errc::unsupported, "the format changes, but a Y4M stream has only one",
                    "put videoscale and a filter with width and height before it");
    }
    header_ = header;
    return {};
}

std::size_t Y4mEnc::output_bytes(std::size_t, const Negotiated& formats) const {
    return header_.size() + codec::y4m_frame_bytes(*formats.in().image);
}

Result<Flow> Y4mEnc::process(Context& context) {
    const MemoryViewMut out = context.out();
    if (out.empty()) return Flow::more;  // Not linked.
    std::size_t used_bytes = 0;
    if (!header_sent_) {
        std::ranges::copy(std::as_bytes(std::span(header_)), out.begin());
        used_bytes = header_.size();
        header_sent_ = true;
    }
    used_bytes += PX_TRY(codec::y4m_encode_frame(context.in_image(), out.subspan(used_bytes)));
    context.out_meta().flags |= frame_flag::piece;
    return context.commit(used_bytes);
}

void Y4mEnc::save(InlineState& state) const { state[0] = header_sent_ ? 1 : 0; }

Result<> Y4mEnc::restore(const InlineState& state) {
    header_sent_ = state[0] != 0;
    return {};
}

// --- Decoder

Pads Y4mDec::pads() {
    const FileFormats formats = y4m_formats();
    return {.pads = {{"sink", PadDirection::sink, formats.files()},
                     {"src", PadDirection::src, formats.pictures()}},
            .relation = Relation::transform,
            .state = StateClass::opaque};  // Pieces of a frame wait until it is whole.
}

Caps Y4mDec::transform(const Pad& from, const Caps& caps, const Pad&) const {
    return across(from, caps);
}

Result<> Y4mDec::configure(const Negotiated& formats) {
    linked_ = formats.out().image.has_value();
    if (!linked_) return {};
    agreed_ = *formats.out().image;
    rate_ = formats.out().framerate;
    samples_bytes_ = codec::y4m_frame_bytes(agreed_) - kFrameLine.size();
    return {};
}

// Moves input to pending_ until that holds a line, and after a FRAME line its samples.
Result<bool> Y4mDec::gather(MemoryView& rest) {
    const auto move = [&](std::size_t bytes) {
        pending_.insert(pending_.end(), rest.begin(),
                        rest.begin() + static_cast<std::ptrdiff_t>(bytes));
        rest = rest.subspan(bytes);
    };
    if (!line_bytes_) {
        const auto end = std::ranges::find(rest, std::byte{'\n'});
        const bool found = end != rest.end();
        move(static_cast<std::size_t>(end - rest.begin()) + (found ? 1 : 0));
        if (pending_.size() > kMaxLineBytes) {
            return fail(Errc::corrupt,
                        fmt::format("y4m: expected a line, found {} bytes without its end",
                                    pending_.size()));
        }
        if (!found) return false;
        line_bytes_ = pending_.size();
    }
    const std::size_t wanted = *line_bytes_ + (header_seen_ ? samples_bytes_ : 0);
    move(std::min(wanted - pending_.size(), rest.size()));
    return pending_.size() == wanted;
}

Result<> Y4mDec::check_header() {
    const codec::Y4mStream stream = PX_TRY(codec::y4m_probe(pending_));
    const codec::PictureInfo& found = stream.picture;
    header_seen_ = true;
    if (found.width == agreed_.width && found.height == agreed_.height &&
        found.format == in_file(agreed_.format)) {
        return {};
    }
    return fail(Errc::corrupt,
                fmt::format("y4m: expected {} as agreed, found {}",
                            codec::describe(agreed_.format, agreed_.width, agreed_.height),
                            codec::describe(found.format, found.width, found.height)),
                fmt::format("say before y4mdec: application/x-yuv4mpeg,format={},width={},"
                            "height={}",
                            traits(found.format).name, found.width, found.height));
}

Result<> Y4mDec::emit(Context& context) {
    (void)PX_TRY(codec::y4m_decode_frame(pending_, context.out_image()));
    stamp(context.out_meta(), frames_++, rate_);
    context.commit(agreed_.size_bytes);
    return {};
}

Result<Flow> Y4mDec::process(Context& context) {
    if (!linked_) return Flow::more;
    const MemoryView in = context.in();
    MemoryView rest = in.subspan(taken_bytes_);
    for (;;) {
        Result<bool> whole = gather(rest);
        if (!whole) return at_source(context.in_meta(), whole.error());
        taken_bytes_ = rest.empty() ? 0 : in.size() - rest.size();
        if (!*whole) return Flow::more;
        const bool frame = header_seen_;
        const Result<> done = frame ? emit(context) : check_header();
        if (!done) return at_source(context.in_meta(), done.error());
        pending_.clear();
        line_bytes_.reset();
        if (rest.empty()) return Flow::more;
        if (frame) return Flow::again;  // One frame a call; the rest of the input waits.
    }
}

Result<> Y4mDec::expect_complete() const {
    if (!header_seen_) {
        return fail(Errc::corrupt, fmt::format("y4m: expected a header, found {} bytes without one",
                                               pending_.size()));
    }
    if (pending_.empty()) return {};
    return fail(
        Errc::corrupt,
        fmt::format("y4m: frame {} is cut short: expected {} bytes, found {}", frames_,
                    line_bytes_.value_or(kFrameLine.size()) + samples_bytes_, pending_.size()));
}

// A file that ends inside a frame is damaged; a stream that somebody stopped is not.
Result<bool> Y4mDec::event(Context&, const Event& event) {
    if (!is_end_of_file(event)) return false;
    Result<> complete = linked_ ? expect_complete() : Result<>();
    PX_TRY(std::move(complete).context(end_of_file_name(event)));
    header_seen_ = false;  // Another file may follow.
    return true;
}

Result<Flow> Y4mDec::drain(Context& context) {
    if (linked_ && header_seen_ && !pending_.empty()) {
        context.post(Severity::warning, "the stream ends inside a frame, which is left out");
    }
    return Flow::eos;
}

}  // namespace parallax::elements
