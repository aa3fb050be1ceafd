#include "elements/io/fd.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "elements/codec/file_io.h"
#include "elements/end_of_file.h"
#include "elements/frame_time.h"
#include "elements/io/media_type.h"

namespace parallax::elements {
namespace {

constexpr std::size_t kHeaderBytes = 1024;  // Of a Y4M stream, at most.
constexpr std::size_t kStepBytes = std::size_t{1} << 16;
constexpr std::size_t kMaxPictureBytes = std::size_t{2} << 30;
constexpr std::int64_t kRetryNs = 1'000'000;  // For a reader that does not keep up.

// The descriptor is open and may be used this way.
Result<> expect_open(int fd, int refused_mode, std::string_view use) {
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0) {
        return fail(Errc::io, fmt::format("fd {} is not open", fd), "fd=0 is standard input");
    }
    if ((flags & O_ACCMODE) == refused_mode) {
        return fail(Errc::io, fmt::format("fd {} is not open for {}", fd, use));
    }
    return {};
}

// The trouble is the descriptor's, not the system's. Reads errno first thing.
Failure io_trouble(std::string_view call, const std::string& where) {
    Error error = fail_errno(call).error();
    error.code = Errc::io;
    error.context.push_back(where);
    return Failure(std::move(error));
}

}  // namespace

// --- Source

Pads FdSrc::pads() {
    return {.pads = {{"src", PadDirection::src}}, .state = StateClass::opaque, .local = true};
}

Result<> FdSrc::open() { return expect_open(options().fd, O_WRONLY, "reading"); }

Result<> FdSrc::configure(const Negotiated& formats) {
    agreed_ = formats.out();
    kind_ = agreed_.image                       ? Kind::pictures
            : is_picture_file(agreed_.caps)     ? Kind::picture_file
            : agreed_.caps.media_type() == kY4m ? Kind::y4m
                                                : Kind::blocks;
    frame_bytes_ = static_cast<std::size_t>(options().blocksize);
    if (kind_ == Kind::pictures) frame_bytes_ = agreed_.image->size_bytes;
    if (kind_ == Kind::picture_file) frame_bytes_ = std::max<std::size_t>(ahead_.size(), 1);
    return {};
}

std::size_t FdSrc::output_bytes(std::size_t, const Negotiated&) const { return frame_bytes_; }

Result<FdSrc::Count> FdSrc::read_fd(MemoryViewMut out) const {
    for (;;) {
        pollfd ready{.fd = options().fd, .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, 0) == 0) return std::nullopt;
        const ssize_t n = ::read(options().fd, out.data(), out.size());
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR && errno != EAGAIN) return io_trouble("read", name());
    }
}

Result<FdSrc::Count> FdSrc::read_some(MemoryViewMut out) {
    const std::size_t left = ahead_.size() - ahead_used_;
    if (left == 0) return read_fd(out);
    const std::size_t n = std::min(left, out.size());
    std::copy_n(ahead_.begin() + static_cast<std::ptrdiff_t>(ahead_used_), n, out.begin());
    ahead_used_ += n;
    return n;
}

// Reads what tells size and format: a Y4M header, or the whole of a picture's file. False: not all
// of it is there yet.
Result<bool> FdSrc::look_ahead() {
    const std::size_t step_bytes = kind_ == Kind::y4m ? kHeaderBytes : kStepBytes;
    for (;;) {
        const bool header_there = std::ranges::find(ahead_, std::byte{'\n'}) != ahead_.end() ||
                                  ahead_.size() >= kHeaderBytes;
        if (kind_ == Kind::y4m && header_there) return true;
        const std::size_t before = ahead_.size();
        if (before > kMaxPictureBytes) {
            return fail(Errc::quota_exceeded, name() + ": a picture of more than 2 GiB");
        }
        ahead_.resize(before + step_bytes);
        const Count n = PX_TRY(read_fd(std::span(ahead_).subspan(before)));
        ahead_.resize(before + n.value_or(0));
        if (!n) return false;
        if (*n == 0) return true;
    }
}

bool FdSrc::must_agree_anew() {
    const auto type = media_type_of(ahead_);
    if (type) offered_ = Caps(*type);
    // The frame of a picture's file is as large as the file, which is known only now.
    return kind_ == Kind::picture_file || (type && !says_all_of(agreed_.caps, *type));
}

Result<Flow> FdSrc::process(Context& context) {
    const bool enough =
        options().num_buffers >= 0 && frames_ >= static_cast<std::uint64_t>(options().num_buffers);
    if (enough || !context.linked()) return Flow::eos;
    if (!looked_ && (kind_ == Kind::picture_file || kind_ == Kind::y4m)) {
        if (!PX_TRY(look_ahead())) {
            context.wait_readable(options().fd);
            return Flow::again;
        }
        looked_ = true;
        if (must_agree_anew()) return Flow::reconfigure;
    }
    return fill_frame(context);
}

Result<Flow> FdSrc::fill_frame(Context& context) {
    const bool may_be_short = kind_ == Kind::blocks || kind_ == Kind::y4m;
    while (have_bytes_ < frame_bytes_) {
        // The slot is ours until it is committed, also while we wait.
        const Count n = PX_TRY(read_some(context.out().subspan(have_bytes_)));
        const bool short_block = may_be_short && have_bytes_ > 0;
        if (!n && !short_block) {
            context.wait_readable(options().fd);
            return Flow::again;
        }
        if (n && *n == 0 && !short_block) return end(context);
        if (!n || *n == 0) break;
        have_bytes_ += *n;
    }
    const Fraction unknown;
    stamp(context.out_meta(), frames_++, agreed_.caps.get_fraction("framerate").value_or(unknown));
    if (may_be_short) context.out_meta().flags |= frame_flag::piece;
    context.commit(std::exchange(have_bytes_, 0));
    return Flow::more;
}

Result<Flow> FdSrc::end(Context& context) const {
    if (have_bytes_ > 0) {
        return fail(Errc::corrupt, fmt::format("{}: expected {} bytes for frame {}, found {}",
                                               name(), frame_bytes_, frames_, have_bytes_));
    }
    if (kind_ == Kind::picture_file && frames_ == 0) {
        return fail(Errc::corrupt, name() + ": expected a picture, found 0 bytes");
    }
    context.emit(end_of_file(name()));
    return Flow::eos;
}

// --- Sink

Pads FdSink::pads() {
    return {.pads = {{"sink", PadDirection::sink}},
            .state = StateClass::opaque,
            .local = true,
            .allocates = false};
}

Result<> FdSink::open() { return expect_open(options().fd, O_RDONLY, "writing"); }

Result<Flow> FdSink::process(Context& context) {
    const MemoryView bytes = context.in();
    written_bytes_ += codec::write_all(options().fd, bytes.subspan(written_bytes_));
    if (written_bytes_ < bytes.size()) {
        if (errno == EAGAIN) {
            if (written_bytes_ > 0) context.must_finish();
            context.wait_until(context.running_time_ns() + kRetryNs);
            return Flow::again;
        }
        return io_trouble("write", fmt::format("fd {}: wrote {} of {} bytes", options().fd,
                                               written_bytes_, bytes.size()));
    }
    written_bytes_ = 0;
    return Flow::more;
}

}  // namespace parallax::elements
