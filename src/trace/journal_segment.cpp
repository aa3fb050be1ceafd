#include "trace/journal_segment.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <limits>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace parallax {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{256} << 10U;

Failure io_failure(std::string_view call) {
    Failure failure = fail_errno(call);
    failure.error().code = Errc::io;  // Trouble with a file, also where it may not be read.
    return failure;
}

// As much as there is, up to the end of the file.
Result<std::size_t> read_at(int fd, std::uint64_t offset, std::span<std::byte> out) {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t got =
            ::pread(fd, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return io_failure("pread");
        if (got == 0) break;
        done += static_cast<std::size_t>(got);
    }
    return done;
}

}  // namespace

Result<SegmentReader> SegmentReader::open(const std::string& folder, const SegmentName& name) {
    const std::string path = folder + "/" + to_string(name);
    // A pipe of that name must not make us wait.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) {
        Failure failure = io_failure(path);
        if (errno == ENOENT) failure.error().code = Errc::not_found;
        return failure;
    }
    struct stat status{};
    if (::fstat(fd.get(), &status) != 0) return io_failure(path);
    if (!S_ISREG(status.st_mode)) return fail(Errc::io, path + ": this is no regular file");
    return SegmentReader(std::move(fd), name);
}

Result<std::optional<JournalRecord>> SegmentReader::next(bool complete) {
    if (offset_ == 0 && !PX_TRY(read_head(complete))) return std::nullopt;
    for (;;) {
        ParsedRecord parsed = PX_TRY(parse_here());
        if (parsed.what == ParsedRecord::What::record) {
            offset_ += parsed.bytes;
            next_sequence_ = parsed.record.sequence + 1;
            torn_bytes_ = 0;
            return parsed.record;
        }
        if (parsed.what == ParsedRecord::What::incomplete) {
            const std::uint64_t left = PX_TRY(size_bytes()) - offset_;
            (void)PX_TRY(at_end(left, complete));
            return std::nullopt;
        }
        if (!PX_TRY(step_over(parsed, complete))) return std::nullopt;
    }
}

// False: it is not there yet. A damaged one is told, and does no harm: the name says it all.
Result<bool> SegmentReader::read_head(bool complete) {
    const auto bytes = PX_TRY(fetch(kSegmentHeadBytes));
    if (bytes.size() < kSegmentHeadBytes) return at_end(bytes.size(), complete);
    if (Result<std::int64_t> head = parse_segment_head(bytes, name_); !head) {
        damaged(0, kSegmentHeadBytes, head.error().message);
    }
    offset_ = kSegmentHeadBytes;
    next_sequence_ = name_.first;
    return true;
}

// What stands at offset_, with as many bytes as it says that it has.
Result<ParsedRecord> SegmentReader::parse_here() {
    ParsedRecord parsed;
    for (std::size_t wanted = kRecordHeadBytes;;) {
        const auto bytes = PX_TRY(fetch(wanted));
        parsed = parse_record(bytes, name_.salt);
        if (parsed.what != ParsedRecord::What::incomplete || bytes.size() < wanted) return parsed;
        wanted = parsed.bytes;
    }
}

// To what follows damage; false: nothing does, so that it is the end.
Result<bool> SegmentReader::step_over(const ParsedRecord& bad, bool complete) {
    const bool payload = bad.what == ParsedRecord::What::bad_payload;
    const std::uint64_t behind = offset_ + (payload ? bad.bytes : 8);
    std::optional<std::uint64_t> found = PX_TRY(find_head(behind));
    const std::uint64_t size = PX_TRY(size_bytes());
    if (!found && payload && complete && behind <= size) found = behind;
    if (!found) return at_end(size - std::min(size, offset_), complete);
    // Between the two there may be more damage, which then counts as one.
    damaged(offset_, *found - offset_,
            payload ? "a record's payload is damaged" : "a record's head is damaged");
    offset_ = *found;
    return true;
}

// Heads stand at multiples of 8, and one is known by its own sum and by its number, which goes on.
Result<std::optional<std::uint64_t>> SegmentReader::find_head(std::uint64_t from) const {
    std::vector<std::byte> chunk(kChunkBytes);
    for (;;) {
        const std::size_t got = PX_TRY(read_at(fd_.get(), from, chunk));
        std::size_t at = 0;
        for (; at + kRecordHeadBytes <= got; at += 8) {
            const auto head = std::span(chunk).subspan(at, kRecordHeadBytes);
            const ParsedRecord parsed = parse_record(head, name_.salt);
            const bool is_head = parsed.what != ParsedRecord::What::bad_head;
            if (is_head && parsed.record.sequence >= next_sequence_) return from + at;
        }
        if (got < chunk.size()) return std::nullopt;
        from += at;
    }
}

// At least so many bytes from offset_ on, unless the file ends before.
Result<std::span<const std::byte>> SegmentReader::fetch(std::size_t bytes) {
    const std::uint64_t skip = offset_ - buffer_offset_;
    if (skip + bytes > buffer_.size()) {
        buffer_.resize(std::max(bytes, kChunkBytes));
        const Result<std::size_t> got = read_at(fd_.get(), offset_, buffer_);
        buffer_.resize(got ? *got : 0);
        buffer_offset_ = offset_;
        if (!got) return Failure(got.error());
    }
    return std::span<const std::byte>(buffer_).subspan(offset_ - buffer_offset_);
}

Result<std::uint64_t> SegmentReader::size_bytes() const {
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0) return io_failure("fstat");
    return std::max(static_cast<std::uint64_t>(status.st_size), offset_);
}

// What is there now may be cut off and written anew: none of it is kept.
Result<bool> SegmentReader::at_end(std::uint64_t torn_bytes, bool complete) {
    buffer_.clear();
    buffer_offset_ = offset_;
    torn_bytes_ = torn_bytes;
    if (complete && torn_bytes > 0) {
        damaged(offset_, torn_bytes, "the segment ends in the midst of a record");
        offset_ += torn_bytes;
        buffer_offset_ = offset_;
        torn_bytes_ = 0;
    }
    return false;
}

void SegmentReader::damaged(std::uint64_t offset, std::uint64_t bytes, std::string what) {
    damages_.push_back(
        {.segment = to_string(name_), .offset = offset, .bytes = bytes, .what = std::move(what)});
}

Result<std::vector<SegmentName>> list_segments(const std::string& folder) {
    std::error_code code;
    std::vector<SegmentName> names;
    std::filesystem::directory_iterator entries(folder, code);
    for (; !code && entries != std::filesystem::directory_iterator(); entries.increment(code)) {
        if (const auto name = parse_segment_name(entries->path().filename().string())) {
            names.push_back(*name);
        }
    }
    if (code) return fail(Errc::io, folder + ": " + code.message());
    std::ranges::sort(names);
    return names;
}

}  // namespace parallax
