#include "elements/io/multi_file_src.h"

#include <algorithm>
#include <cerrno>

#include <unistd.h>

#include <fmt/format.h>

#include "base/hash.h"
#include "elements/codec/headerless.h"
#include "elements/end_of_file.h"
#include "elements/frame_time.h"
#include "elements/io/file_pattern.h"
#include "elements/io/media_type.h"
#include "elements/orientation.h"
#include "elements/source_name.h"

namespace parallax::elements {

Pads MultiFileSrc::pads() {
    return {.pads = {{"src", PadDirection::src}}, .state = StateClass::inline_state};
}

Result<> MultiFileSrc::open() {
    PX_TRY(list_files());
    const auto file = PX_TRY(codec::InputFile::open(next_file().path));
    return note_type(PX_TRY(read_media_type(file)), file.path());
}

Result<> MultiFileSrc::add_file(const std::string& path) {
    const auto file = PX_TRY(codec::InputFile::open(path));
    files_.push_back({path, file.size_bytes()});
    return {};
}

// All of them now, since the largest decides how much memory a frame needs.
Result<> MultiFileSrc::list_files() {
    const MultiFileSrcOptions& o = options();
    const FilePattern pattern = PX_TRY(FilePattern::parse(o.location.path));
    if (!pattern.numbered()) {
        for (const std::string& path : PX_TRY(codec::expand_glob(pattern.name(0)))) {
            PX_TRY(add_file(path));
        }
        return {};
    }
    const std::int64_t first = std::max(o.index, o.start_index);
    if (o.stop_index >= 0 && o.stop_index < first) {
        return fail(Errc::invalid_argument,
                    fmt::format("stop-index={} is below the first index", o.stop_index));
    }
    const std::int64_t lowest = o.loop ? o.start_index : first;
    for (std::int64_t i = lowest; o.stop_index < 0 || i <= o.stop_index; ++i) {
        const std::string path = pattern.name(i);
        const bool must_be = o.stop_index >= 0 || i <= first;
        if (!must_be && ::access(path.c_str(), F_OK) != 0) break;
        PX_TRY(add_file(path));
    }
    next_ = static_cast<std::uint64_t>(first - lowest);
    return {};
}

// The user's caps, filled in by what the file tells. The two must not contradict.
Result<> MultiFileSrc::note_type(const std::optional<Structure>& type, const std::string& path) {
    offered_ = options().caps.is_any() ? offered_caps(type) : options().caps;
    if (!type || options().caps.is_any()) return {};
    Caps both = intersect(options().caps, offered_caps(type));
    if (both.is_empty()) {
        return fail(Errc::corrupt, fmt::format("{}: expected {}, found {}", path,
                                               to_string(options().caps), to_string(*type)));
    }
    offered_ = std::move(both);
    return {};
}

Caps MultiFileSrc::pad_caps(const Pad&) const { return offered_; }

Result<> MultiFileSrc::configure(const Negotiated& formats) {
    agreed_ = formats.out();
    agreed_orientation_ = orientation_in(agreed_.caps);
    rate_ = agreed_.caps.get_fraction("framerate").value_or(Fraction(0, 1));
    return {};
}

std::size_t MultiFileSrc::output_bytes(std::size_t, const Negotiated&) const {
    if (agreed_.image) return agreed_.image->size_bytes;
    const auto largest = std::ranges::max_element(files_, {}, &File::size_bytes);
    return static_cast<std::size_t>(std::max<std::uint64_t>(largest->size_bytes, 1));
}

Result<Flow> MultiFileSrc::process(Context& context) {
    const MultiFileSrcOptions& o = options();
    const bool enough = o.num_buffers >= 0 && frames_ >= static_cast<std::uint64_t>(o.num_buffers);
    if (enough || (!o.loop && next_ >= files_.size())) return Flow::eos;
    const auto file = PX_TRY(codec::InputFile::open(next_file().path));
    const std::uint64_t size_bytes = file.size_bytes();
    const MemoryViewMut out = context.out();
    if (!out.empty()) {
        if (agreed_.image && size_bytes != agreed_.image->size_bytes) {
            Result<std::uint64_t> pictures = codec::headerless_pictures(*agreed_.image, size_bytes);
            const auto count = PX_TRY(std::move(pictures).context(file.path()));
            return fail(Errc::corrupt,
                        fmt::format("{}: expected one picture, found {}", file.path(), count),
                        "filesrc reads files of several pictures");
        }
        if (size_bytes > out.size()) {
            return fail(Errc::corrupt, fmt::format("{}: expected at most {} bytes, found {}: it "
                                                   "has grown",
                                                   file.path(), out.size(), size_bytes));
        }
        const MemoryViewMut bytes = out.first(static_cast<std::size_t>(size_bytes));
        PX_TRY(file.read_at(0, bytes));
        const bool y4m = agreed_.caps.media_type() == kY4m;
        const bool tells = y4m || is_picture_file(agreed_.caps);
        const auto type = tells ? media_type_of(bytes) : std::nullopt;
        const bool turned = type && orientation_in(*type) != agreed_orientation_;
        if (type && (turned || !says_all_of(agreed_.caps, *type))) {
            PX_TRY(note_type(type, file.path()));
            return Flow::reconfigure;
        }
        stamp(context.out_meta(), frames_, rate_);
        PX_TRY(set_source_name(context.out_meta(), file.path()));
        if (y4m) context.out_meta().flags |= frame_flag::piece;  // Of a stream that goes on.
        context.commit(bytes.size());
        if (y4m) context.emit(end_of_file(file.path()));
    }
    ++next_;
    ++frames_;
    return Flow::more;
}

namespace {
std::uint64_t mark_of(const std::string& path) { return hash64(path); }
}  // namespace

void MultiFileSrc::save(InlineState& state) const {
    const std::uint64_t last = frames_ == 0 ? 0 : mark_of(files_[(next_ - 1) % files_.size()].path);
    state = {next_, frames_, last};
}

// The files were listed anew: the last one that was taken must be where it was.
Result<> MultiFileSrc::restore(const InlineState& state) {
    next_ = state[0];
    frames_ = state[1];
    if (frames_ == 0) return {};
    const bool same = next_ > 0 && (options().loop || next_ <= files_.size()) &&
                      mark_of(files_[(next_ - 1) % files_.size()].path) == state[2];
    if (!same) {
        return fail(Errc::io, options().location.path + ": other files match than at the start",
                    "leave them alone while they are read");
    }
    if (!options().loop && next_ >= files_.size()) return {};
    const auto file = PX_TRY(codec::InputFile::open(next_file().path));
    return note_type(PX_TRY(read_media_type(file)), file.path());
}

}  // namespace parallax::elements
