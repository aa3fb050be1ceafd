#include "trace/journal_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <filesystem>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace parallax {
namespace {

Failure io_failure(std::string_view call) {
    Failure failure = fail_errno(call);
    Error& error = failure.error();
    if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) {
        error.hint = "records are kept again once there is room";
    }
    error.code = Errc::io;  // Trouble with a file, also where it may not be written.
    return failure;
}

Result<UniqueFd> lock_folder(const std::string& folder) {
    UniqueFd fd(::open(lock_path(folder).c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
    if (!fd) return Result<UniqueFd>(io_failure("open")).context(lock_path(folder));
    struct flock lock{};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    if (::fcntl(fd.get(), F_OFD_SETLK, &lock) == 0) return fd;
    if (errno != EAGAIN && errno != EACCES) return io_failure("fcntl");
    return fail(Errc::io, folder + ": another process writes this journal",
                "give each run a folder of its own");
}

Result<> append(int fd, std::uint64_t offset, std::span<const std::byte> bytes,
                std::uint64_t& done) {
    while (done < bytes.size()) {
        const ssize_t put = ::pwrite(fd, bytes.data() + done, bytes.size() - done,
                                     static_cast<off_t>(offset + done));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return io_failure("write");
        done += static_cast<std::uint64_t>(put);
    }
    return {};
}

// A folder just made must survive a power cut like what is written into it.
Result<> sync_parent(const std::string& folder) {
    const auto parent = std::filesystem::absolute(folder).lexically_normal();
    const auto path =
        parent.has_filename() ? parent.parent_path() : parent.parent_path().parent_path();
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd || ::fsync(fd.get()) != 0) return Result<>(io_failure("fsync")).context(path.string());
    return {};
}

}  // namespace

std::int64_t wall_clock_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

Result<JournalFiles> JournalFiles::open(const std::string& folder, const Options& options) {
    std::error_code code;
    const bool made = std::filesystem::create_directories(folder, code);
    UniqueFd fd(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return Result<JournalFiles>(io_failure("open")).context(folder);
    if (made && options.durable) PX_TRY(sync_parent(folder));
    UniqueFd lock = PX_TRY(lock_folder(folder));
    JournalFiles files(std::move(fd), std::move(lock), options);
    if (options.keep_bytes > 0) {
        // So that there is always something to delete before the limit is reached.
        files.options_.segment_bytes = std::min(options.segment_bytes, options.keep_bytes / 4);
    }
    PX_TRY(files.recover(folder).context(folder));
    return files;
}

Result<> JournalFiles::recover(const std::string& path) {
    for (const SegmentName& name : PX_TRY(list_segments(path))) {
        struct stat status{};
        if (::fstatat(folder_.get(), to_string(name).c_str(), &status, 0) != 0) continue;
        Segment segment{.name = name, .bytes = static_cast<std::uint64_t>(status.st_size)};
        const UniqueFd fd(
            ::openat(folder_.get(), to_string(name).c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        std::array<std::byte, kSegmentHeadBytes> head{};
        if (::pread(fd.get(), head.data(), head.size(), 0) == kSegmentHeadBytes) {
            segment.created_ns = parse_segment_head(head, name).value_or(0);
        }
        segments_.push_back(segment);
    }
    while (!segments_.empty() && !PX_TRY(recover_last(path))) segments_.pop_back();
    if (!segments_.empty()) return {};
    if (::getrandom(&salt_, sizeof salt_, 0) != sizeof salt_) return fail_errno("getrandom");
    return {};
}

// Cuts its torn end and goes on there. False: not even its head is whole, and it is deleted.
Result<bool> JournalFiles::recover_last(const std::string& path) {
    Segment& last = segments_.back();
    const std::string name = to_string(last.name);
    SegmentReader reader = PX_TRY(SegmentReader::open(path, last.name));
    next_ = last.name.first;
    while (const auto record = PX_TRY(reader.next(false))) {
        next_ = std::max(next_, record->sequence + 1);
    }
    if (reader.end_bytes() == 0) {
        if (::unlinkat(folder_.get(), name.c_str(), 0) != 0) return io_failure("unlink");
        return false;
    }
    UniqueFd fd(::openat(folder_.get(), name.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd) return Result<bool>(io_failure("open")).context(name);
    if (reader.torn_bytes() > 0) {
        if (::ftruncate(fd.get(), static_cast<off_t>(reader.end_bytes())) != 0 ||
            (options_.durable && ::fdatasync(fd.get()) != 0)) {
            return Result<bool>(io_failure("ftruncate")).context(name);
        }
    }
    recovered_ = {.cut_bytes = reader.torn_bytes(), .damages = reader.take_damages()};
    salt_ = last.name.salt;
    last.bytes = reader.end_bytes();
    fd_ = std::move(fd);
    return true;
}

JournalFiles::Written JournalFiles::write(std::span<const std::byte> records) {
    Written written;
    if (Result<> out = write_out(records, written); !out) written.error = std::move(out).error();
    return written;
}

Result<> JournalFiles::write_out(std::span<const std::byte> records, Written& written) {
    while (!records.empty()) {
        const PeekedRecord first = peek_record(records);
        if (needs_segment(first)) PX_TRY(begin_segment(first.sequence));
        const std::span<const std::byte> part = records.first(fitting(records));
        PX_TRY(put(part, written).context(to_string(segments_.back().name)));
        records = records.subspan(part.size());
    }
    return {};
}

std::uint64_t JournalFiles::room() const {
    const std::uint64_t used = segments_.empty() ? 0 : segments_.back().bytes;
    return options_.segment_bytes - std::min(used, options_.segment_bytes);
}

bool JournalFiles::needs_segment(const PeekedRecord& record) const {
    if (!fd_) return true;
    const Segment& last = segments_.back();
    const bool empty = last.bytes == kSegmentHeadBytes;
    // So that the records of a slow run grow old enough to go, too.
    return !empty && (record.bytes > room() || is_older(last.created_ns, options_.keep_age / 4));
}

// How many bytes of whole records still go into this segment: one in any case.
std::size_t JournalFiles::fitting(std::span<const std::byte> records) const {
    if (records.size() <= room()) return records.size();
    std::size_t bytes = peek_record(records).bytes;
    while (bytes < records.size()) {
        const std::size_t next = bytes + peek_record(records.subspan(bytes)).bytes;
        if (next > room()) break;
        bytes = next;
    }
    return bytes;
}

Result<> JournalFiles::put(std::span<const std::byte> records, Written& written) {
    Segment& segment = segments_.back();
    std::uint64_t done = 0;
    Result<> out = append(fd_.get(), segment.bytes, records, done);
    std::uint64_t whole = 0;
    while (whole < done) {
        const PeekedRecord record = peek_record(records.subspan(whole));
        if (whole + record.bytes > done) break;
        whole += record.bytes;
        next_ = record.sequence + 1;
        ++written.records;
    }
    segment.bytes += whole;
    // Else the next record would stand behind a piece of this one.
    if (whole < done && ::ftruncate(fd_.get(), static_cast<off_t>(segment.bytes)) != 0) {
        fd_ = UniqueFd();
    }
    return out;
}

Result<> JournalFiles::begin_segment(std::uint64_t first) {
    if (fd_ && options_.durable) PX_TRY(sync());
    const SegmentName name{.first = first, .salt = salt_};
    // One that is there already was begun in vain: its first number would be that of this record.
    if (!segments_.empty() && segments_.back().name == name) segments_.pop_back();
    fd_ = UniqueFd(::openat(folder_.get(), to_string(name).c_str(),
                            O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
    if (!fd_) return Result<>(io_failure("open")).context(to_string(name));
    if (Result<> made = write_head(name); !made) {
        fd_ = UniqueFd();
        ::unlinkat(folder_.get(), to_string(name).c_str(), 0);
        return made;
    }
    retire();
    return {};
}

Result<> JournalFiles::write_head(const SegmentName& name) {
    std::array<std::byte, kSegmentHeadBytes> head{};
    const std::int64_t now_ns = wall_clock_ns();
    write_segment_head(name, now_ns, head);
    std::uint64_t done = 0;
    PX_TRY(append(fd_.get(), 0, head, done));
    // Its name must survive before a record in it is said to.
    if (options_.durable && ::fsync(folder_.get()) != 0) return io_failure("fsync");
    segments_.push_back({.name = name, .created_ns = now_ns, .bytes = kSegmentHeadBytes});
    return {};
}

Result<> JournalFiles::sync() {
    if (!fd_) return {};
    if (::fdatasync(fd_.get()) == 0) return {};
    Failure failure = io_failure("fdatasync");
    fd_ = UniqueFd();
    return failure;
}

// The oldest go, until what is left and a full segment keep the limits.
void JournalFiles::retire() {
    std::uint64_t total = options_.segment_bytes;
    for (const Segment& segment : segments_) total += segment.bytes;
    std::size_t gone = 0;
    while (gone + 1 < segments_.size()) {
        // All records of one are older than the next one is.
        const bool too_much = options_.keep_bytes > 0 && total > options_.keep_bytes;
        if (!too_much && !is_older(segments_[gone + 1].created_ns, options_.keep_age)) break;
        // One that cannot be deleted is tried again with the next segment.
        const std::string name = to_string(segments_[gone].name);
        if (::unlinkat(folder_.get(), name.c_str(), 0) != 0 && errno != ENOENT) break;
        total -= segments_[gone].bytes;
        ++gone;
    }
    segments_.erase(segments_.begin(), segments_.begin() + static_cast<std::ptrdiff_t>(gone));
}

bool JournalFiles::is_older(std::int64_t time_ns, std::chrono::nanoseconds age) {
    return age.count() > 0 && time_ns < wall_clock_ns() - age.count();
}

}  // namespace parallax
