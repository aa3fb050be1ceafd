#include "elements/io/fd.h"

#include <cerrno>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <fmt/format.h>

#include "elements/codec/file_io.h"
#include "elements/end_of_file.h"
#include "elements/frame_time.h"

namespace parallax::elements {
namespace {

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

Pads FdSrc::pads() { return {.pads = {{"src", PadDirection::src}}, .state = StateClass::opaque}; }

Result<> FdSrc::open() { return expect_open(options().fd, O_WRONLY, "reading"); }

Result<> FdSrc::configure(const Negotiated& formats) {
    const PadFormat& out = formats.out();
    pictures_ = out.image.has_value();
    frame_bytes_ =
        pictures_ ? out.image->size_bytes : static_cast<std::size_t>(options().blocksize);
    rate_ = out.framerate;
    return {};
}

std::size_t FdSrc::output_bytes(std::size_t, const Negotiated&) const { return frame_bytes_; }

Result<Flow> FdSrc::process(Context& context) {
    const bool enough =
        options().num_buffers >= 0 && frames_ >= static_cast<std::uint64_t>(options().num_buffers);
    if (enough || !context.linked()) return Flow::eos;
    const int fd = options().fd;
    while (have_bytes_ < frame_bytes_) {
        pollfd ready{.fd = fd, .events = POLLIN, .revents = 0};
        if (::poll(&ready, 1, 0) == 0) {
            if (have_bytes_ > 0 && !pictures_) break;  // A block may be short.
            context.wait_readable(fd);
            return Flow::again;
        }
        const MemoryViewMut rest = context.out().subspan(have_bytes_);  // Ours until it is full.
        const ssize_t n = ::read(fd, rest.data(), rest.size());
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
        if (n < 0) return io_trouble("read", name());
        if (n == 0) {
            if (have_bytes_ > 0 && !pictures_) break;
            return end(context);
        }
        have_bytes_ += static_cast<std::size_t>(n);
    }
    stamp(context.out_meta(), frames_++, rate_);
    context.commit(std::exchange(have_bytes_, 0));
    return Flow::more;
}

Result<Flow> FdSrc::end(Context& context) const {
    if (have_bytes_ > 0) {
        return fail(Errc::corrupt, fmt::format("{}: expected {} bytes for frame {}, found {}",
                                               name(), frame_bytes_, frames_, have_bytes_));
    }
    context.emit(end_of_file(name()));
    return Flow::eos;
}

// --- Sink

Pads FdSink::pads() {
    return {
        .pads = {{"sink", PadDirection::sink}}, .state = StateClass::opaque, .allocates = false};
}

Result<> FdSink::open() { return expect_open(options().fd, O_RDONLY, "writing"); }

Result<Flow> FdSink::process(Context& context) {
    const MemoryView bytes = context.in();
    written_bytes_ += codec::write_all(options().fd, bytes.subspan(written_bytes_));
    if (written_bytes_ < bytes.size()) {
        if (errno == EAGAIN) {
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
