#include "elements/io/file_sinks.h"

#include <array>

#include <unistd.h>

#include <fmt/format.h>

#include "elements/io/output_file.h"
#include "elements/rewrite_start.h"
#include "elements/sync_wait.h"

namespace parallax::elements {
namespace {

// For the reader of a pipe: to come, or to take more.
constexpr std::int64_t kRetryNs = 2'000'000;
constexpr std::int64_t kPatienceNs = 10'000'000'000;
constexpr std::int64_t kPatienceOnceStoppedNs = 500'000'000;

Pads one_sink() {
    return {.pads = {{"sink", PadDirection::sink}},
            .state = StateClass::inline_state,
            .allocates = false};
}

}  // namespace

Pads FileSink::pads() { return one_sink(); }

Result<> FileSink::open() {
    if (!options().location.path.empty()) return {};
    return fail(Errc::io, "no location given", "set location=FILE");
}

bool FileSink::external() const { return codec::AtomicFile::is_external(options().location.path); }

Result<> FileSink::begin() {
    file_ = PX_TRY(open_output(options().location.path, codec::AtomicFile::fresh_nonce()));
    begun_here_ = true;
    return {};
}

// The element is called again with the same frame. Waiting has an end, and a near one once the run
// was told to stop.
Result<Flow> FileSink::wait_for_reader(Context& context, const char* trouble) {
    const std::int64_t now_ns = context.running_time_ns();
    if (waiting_since_ns_ < 0) waiting_since_ns_ = now_ns;
    const std::int64_t patience_ns = context.stopping() ? kPatienceOnceStoppedNs : kPatienceNs;
    if (now_ns - waiting_since_ns_ > patience_ns) {
        return fail(Errc::io, file_->path() + ": " + trouble, "start its reader first");
    }
    if (written_bytes_ > 0) context.must_finish();
    context.wait_until(now_ns + kRetryNs);
    return Flow::again;
}

Result<Flow> FileSink::process(Context& context) {
    if (options().sync && early(context)) return Flow::again;
    if (!PX_TRY(file_->ready())) return wait_for_reader(context, "nobody reads this pipe");
    const MemoryView rest = context.in().subspan(written_bytes_);
    const std::size_t done = PX_TRY(file_->write_some(rest));
    written_bytes_ += done;
    if (done > 0) waiting_since_ns_ = -1;
    if (done < rest.size()) return wait_for_reader(context, "its reader takes no more");
    written_bytes_ = 0;
    return Flow::more;
}

Result<bool> FileSink::event(Context&, const Event& event) {
    const auto bytes = rewritten_start(event);
    if (!bytes || !file_) return false;
    PX_TRY(file_->rewrite_start(*bytes));
    return true;
}

Result<> FileSink::finish(bool complete) {
    Result<> done;
    if (complete && file_) done = begun_here_ ? file_->commit() : file_->close();
    file_.reset();
    return done;
}

void FileSink::save(InlineState& state) const {
    if (file_ && file_->nonce() != 0) state = {file_->nonce(), file_->written_bytes()};
}

Result<> FileSink::restore(const InlineState& state) {
    if (file_) return file_->go_on_at(state[1]);
    file_ = PX_TRY(codec::AtomicFile::adopt(options().location.path,
                                            {.nonce = state[0], .written_bytes = state[1]}));
    return {};
}

// --- multifilesink

std::span<const Nick<NextFile>> nicks(NextFile) {
    using enum NextFile;
    static constexpr std::array<Nick<NextFile>, 3> kNicks{
        {{buffer, "buffer", "with each frame"},
         {max_size, "max-size", "with the frame that would make it larger than max-file-size"},
         {max_duration, "max-duration",
          "with the frame that begins max-file-duration after the file's first"}}};
    return kNicks;
}

Pads MultiFileSink::pads() { return one_sink(); }

Result<> MultiFileSink::open() {
    pattern_ = PX_TRY(FilePattern::parse(options().location.path));
    oldest_ = options().index;
    return {};
}

bool MultiFileSink::external() const {
    const std::string& path = options().location.path;
    const std::size_t slash = path.rfind('/');
    // A folder that is named by number could be made a link by whoever writes beside it.
    const bool folders = slash != std::string::npos && path.find('%') < slash;
    return folders || codec::AtomicFile::is_external(pattern_.name(options().index));
}

// The first file is tried at once: what cannot be written is known before anything is computed.
Result<> MultiFileSink::begin() {
    nonce_ = codec::AtomicFile::fresh_nonce();
    begun_here_ = true;
    PX_TRY(open_output(pattern_.name(options().index), nonce_));
    return {};
}

bool MultiFileSink::begins_new_file(const MemoryView& bytes, const Meta& meta) const {
    const MultiFileSinkOptions& o = options();
    if (o.next_file == NextFile::max_size) {
        return file_->written_bytes() + bytes.size() > o.max_file_size;
    }
    if (o.next_file == NextFile::buffer) return true;
    const bool timed = meta.pts_ns != kNoTimeNs && first_pts_ns_ != kNoTimeNs;
    return timed && meta.pts_ns - first_pts_ns_ >= static_cast<std::int64_t>(o.max_file_duration);
}

Result<Flow> MultiFileSink::process(Context& context) {
    if (options().sync && early(context)) return Flow::again;
    const MemoryView bytes = context.in();
    const Meta& meta = context.in_meta();
    if (file_ && begins_new_file(bytes, meta)) PX_TRY(close_file(&context));
    if (!file_) PX_TRY(open_file(meta));
    PX_TRY(file_->write(bytes));
    if (options().next_file == NextFile::buffer) PX_TRY(close_file(&context));
    return Flow::more;
}

Result<> MultiFileSink::open_file(const Meta& meta) {
    const std::string name = pattern_.name(options().index);
    file_ = begun_here_ ? PX_TRY(open_output(name, nonce_))
                        : PX_TRY(codec::AtomicFile::adopt(name, {.nonce = nonce_, .or_new = true}));
    first_pts_ns_ = meta.pts_ns;
    return {};
}

// A file of several frames gets its name only when the stream has ended well; finish() knows. Said
// here, where somebody can still be told.
Result<Flow> MultiFileSink::drain(Context& context) {
    if (file_) tell(context);
    return Flow::eos;
}

Result<> MultiFileSink::finish(bool complete) {
    if (!begun_here_) {
        Result<> done = complete && file_ ? file_->close() : Result<>();
        file_.reset();
        return done;
    }
    Result<> done = complete && file_ ? close_file(nullptr) : Result<>();
    file_.reset();
    // What a process had begun when it was killed.
    if (nonce_ != 0) codec::AtomicFile::discard(pattern_.name(options().index), nonce_);
    return done;
}

void MultiFileSink::save(InlineState& state) const {
    state = {nonce_,
             static_cast<std::uint64_t>(options().index),
             static_cast<std::uint64_t>(oldest_),
             file_ ? file_->inode() : 0,
             file_ ? file_->written_bytes() : 0,
             static_cast<std::uint64_t>(first_pts_ns_)};
}

Result<> MultiFileSink::restore(const InlineState& state) {
    nonce_ = state[0];
    options().index = static_cast<std::int64_t>(state[1]);
    oldest_ = static_cast<std::int64_t>(state[2]);
    first_pts_ns_ = static_cast<std::int64_t>(state[5]);
    file_.reset();
    if (state[3] == 0) return {};
    file_ = PX_TRY(
        codec::AtomicFile::adopt(pattern_.name(options().index),
                                 {.nonce = nonce_, .written_bytes = state[4], .inode = state[3]}));
    return {};
}

// Gives the file its name, and takes the oldest away where that makes one too many.
Result<> MultiFileSink::close_file(Context* context) {
    PX_TRY(file_->commit());
    if (context != nullptr) tell(*context);
    file_.reset();
    ++options().index;
    if (options().max_files == 0 || !pattern_.numbered()) return {};
    if (static_cast<std::uint64_t>(options().index - oldest_) > options().max_files) {
        // Somebody else may have taken it away: no matter.
        ::unlink(pattern_.name(oldest_++).c_str());
    }
    return {};
}

void MultiFileSink::tell(Context& context) const {
    if (!options().post_messages) return;
    context.post(Severity::info, fmt::format("wrote {}, index {}, {} bytes", file_->path(),
                                             options().index, file_->written_bytes()));
}

}  // namespace parallax::elements
