#include "elements/codec/file_io.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <optional>
#include <system_error>

#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace parallax::codec {
namespace {

constexpr int kPatienceMs = 10'000;  // For the reader of a pipe to take more.

// Whatever the kernel says about a file is file trouble, also "permission denied": the remedy is at
// the file, not in the machine's policy. Reads errno first thing.
Failure file_trouble(std::string_view path, std::string_view doing) {
    const int saved = errno;
    std::string hint;
    if (saved == ENOSPC || saved == EDQUOT) hint = "free some space, or write elsewhere";
    if (saved == EACCES || saved == EPERM || saved == EROFS) {
        hint = "check who may use this file and its folder";
    }
    return fail(Errc::io,
                fmt::format("{}: {}: {}", path, doing, std::generic_category().message(saved)),
                std::move(hint));
}

std::string_view kind_of_file(const struct stat& st) {
    if (S_ISDIR(st.st_mode)) return "a folder";
    if (S_ISFIFO(st.st_mode)) return "a pipe";
    if (S_ISSOCK(st.st_mode)) return "a socket";
    return "a device";
}

// A reader that went away is an error to report, not a signal to die of. Only this thread's own
// signal is held back, and only while it lives; the program's handling of it is left alone.
class PipeShield {
  public:
    PipeShield() {
        sigset_t pending{};
        ::sigpending(&pending);
        was_pending_ = sigismember(&pending, SIGPIPE) == 1;
        sigemptyset(&pipe_);
        sigaddset(&pipe_, SIGPIPE);
        ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
    }
    PipeShield(const PipeShield&) = delete;
    PipeShield& operator=(const PipeShield&) = delete;
    ~PipeShield() {
        const int saved = errno;
        const timespec at_once{};
        if (!was_pending_ && saved == EPIPE) ::sigtimedwait(&pipe_, nullptr, &at_once);
        ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
        errno = saved;
    }

  private:
    bool was_pending_ = false;
    sigset_t pipe_{};
    sigset_t before_{};
};

// The descriptor that a path such as /dev/stdout stands for. Opening such a path again would begin
// at the start of a redirected file, and fails for sockets.
std::optional<int> inherited_descriptor(std::string_view path) {
    if (path == "/dev/stdout") return STDOUT_FILENO;
    if (path == "/dev/stderr") return STDERR_FILENO;
    for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
        if (!path.starts_with(folder)) continue;
        const std::string_view digits = path.substr(folder.size());
        int fd = -1;
        const auto [end, error] = std::from_chars(digits.begin(), digits.end(), fd);
        if (error == std::errc{} && end == digits.end()) return fd;
    }
    return std::nullopt;
}

// The path with links followed, if there is something there; else the path as it is.
std::string resolved(const std::string& path) {
    const std::unique_ptr<char, void (*)(void*)> real(::realpath(path.c_str(), nullptr), std::free);
    return real ? std::string(real.get()) : path;
}

struct Split {
    std::string folder, name;
};
Split split(const std::string& path) {
    const auto slash = path.rfind('/');
    if (slash == std::string::npos) return {"", path};
    return {path.substr(0, slash + 1), path.substr(slash + 1)};
}

std::size_t write_plain(int fd, std::span<const std::byte> bytes) {
    errno = 0;
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t n = ::write(fd, bytes.data() + done, bytes.size() - done);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) break;
        done += static_cast<std::size_t>(n);
    }
    return done;
}

// The hidden name beside `target`.
std::string name_beside(const std::string& target, std::uint64_t nonce) {
    const auto [folder, name] = split(target);
    constexpr std::size_t name_part = 200;  // With the rest it stays below NAME_MAX.
    return fmt::format("{}.{}.{:016x}.part", folder, name.substr(0, name_part), nonce);
}

bool is_plain_file(int fd) {
    struct stat st{};
    return ::fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1;
}

std::uint64_t inode_of(int fd) {
    struct stat st{};
    return ::fstat(fd, &st) == 0 ? st.st_ino : 0;
}

// Whether the name still leads to the file that is open.
bool leads_to(const std::string& path, int fd) {
    struct stat named{};
    struct stat opened{};
    return ::lstat(path.c_str(), &named) == 0 && ::fstat(fd, &opened) == 0 &&
           named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

}  // namespace

// A short count on a full disk is followed by the error itself.
std::size_t write_all(int fd, std::span<const std::byte> bytes) {
    const PipeShield shield;
    return write_plain(fd, bytes);
}

Result<InputFile> InputFile::open(std::string path) {
    // O_NONBLOCK: opening a pipe nobody writes to would wait for ever.
    UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd) return file_trouble(path, "cannot open");
    struct stat st{};
    if (::fstat(fd.get(), &st) != 0) return file_trouble(path, "fstat");
    if (!S_ISREG(st.st_mode)) {
        return fail(Errc::io, fmt::format("{}: expected a file, found {}", path, kind_of_file(st)));
    }
    return InputFile(std::move(fd), std::move(path), static_cast<std::uint64_t>(st.st_size));
}

Result<> InputFile::read_at(std::uint64_t offset_bytes, std::span<std::byte> out) const {
    std::size_t done = 0;
    while (done < out.size()) {
        const ssize_t n = ::pread(fd_.get(), out.data() + done, out.size() - done,
                                  static_cast<off_t>(offset_bytes + done));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return file_trouble(path_, "cannot read");
        if (n == 0) {
            return fail(Errc::corrupt,
                        fmt::format("{}: expected {} bytes from byte {} on, found {}", path_,
                                    out.size(), offset_bytes, done));
        }
        done += static_cast<std::size_t>(n);
    }
    return {};
}

Result<std::vector<std::byte>> read_file(const std::string& path, std::uint64_t limit_bytes) {
    const InputFile file = PX_TRY(InputFile::open(path));
    if (file.size_bytes() > limit_bytes) {
        return fail(Errc::quota_exceeded, fmt::format("{}: expected at most {} bytes, found {}",
                                                      path, limit_bytes, file.size_bytes()));
    }
    std::vector<std::byte> bytes(file.size_bytes());
    PX_TRY(file.read_at(0, bytes));
    return bytes;
}

std::uint64_t AtomicFile::fresh_nonce() {
    std::uint64_t nonce = 0;
    while (nonce == 0) {
        if (::getrandom(&nonce, sizeof nonce, 0) != sizeof nonce) nonce = 0;
    }
    return nonce;
}

bool AtomicFile::is_external(const std::string& path) {
    if (inherited_descriptor(path)) return true;
    struct stat st{};
    return ::lstat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode);
}

Result<AtomicFile> AtomicFile::adopt(std::string path, const Begun& begun) {
    AtomicFile file({}, std::move(path));
    file.adopted_ = true;
    file.nonce_ = begun.nonce;
    // No link is followed: who wrote here may have put one, to a file that is not theirs.
    file.target_ = file.path_;
    file.temporary_ = name_beside(file.target_, begun.nonce);
    const int create = begun.or_new ? O_CREAT : 0;
    constexpr int flags = O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
    file.fd_ = UniqueFd(::open(file.temporary_.c_str(), flags | create, 0666));
    if (!file.fd_ && errno == ENOENT && begun.inode != 0) {
        // Who was killed may have given it its name already, and not told so.
        file.temporary_.clear();
        file.fd_ = UniqueFd(::open(file.target_.c_str(), flags));
    }
    if (!file.fd_) return file_trouble(file.path_, "cannot go on with what was begun");
    if (!is_plain_file(file.fd_.get()) ||
        (begun.inode != 0 && inode_of(file.fd_.get()) != begun.inode)) {
        return fail(Errc::io, file.path_ + ": what was begun is not there any more");
    }
    PX_TRY(file.go_on_at(begun.written_bytes));
    return file;
}

void AtomicFile::discard(const std::string& path, std::uint64_t nonce) {
    ::unlink(name_beside(path, nonce).c_str());
}

std::uint64_t AtomicFile::inode() const { return inode_of(fd_.get()); }

Result<> AtomicFile::go_on_at(std::uint64_t written_bytes) {
    struct stat st{};
    if (::fstat(fd_.get(), &st) != 0) return file_trouble(path_, "fstat");
    if (written_bytes > static_cast<std::uint64_t>(st.st_size)) {
        return fail(Errc::io, fmt::format("{}: expected {} bytes so far, found {}", path_,
                                          written_bytes, st.st_size));
    }
    const auto at = static_cast<off_t>(written_bytes);
    if (::ftruncate(fd_.get(), at) != 0) return file_trouble(path_, "ftruncate");
    if (::lseek(fd_.get(), at, SEEK_SET) != at) return file_trouble(path_, "lseek");
    written_bytes_ = written_bytes;
    return {};
}

Result<AtomicFile> AtomicFile::create(std::string path, std::uint64_t nonce) {
    if (const auto inherited = inherited_descriptor(path)) {
        UniqueFd fd(::fcntl(*inherited, F_DUPFD_CLOEXEC, 0));
        if (!fd) return file_trouble(path, "cannot open for writing");
        return AtomicFile(std::move(fd), std::move(path));
    }
    struct stat st{};
    const bool exists = ::stat(path.c_str(), &st) == 0;
    if (!exists && errno != ENOENT) return file_trouble(path, "cannot create");
    if (path.empty() || (!exists && path.back() == '/')) {
        return fail(Errc::io, fmt::format("{}: expected a file name", path));
    }
    if (exists && S_ISDIR(st.st_mode)) {
        return fail(Errc::io, fmt::format("{}: expected a file, found a folder", path));
    }
    if (exists && !S_ISREG(st.st_mode)) {
        AtomicFile file({}, std::move(path));
        if (S_ISFIFO(st.st_mode)) {
            file.unread_ = true;
            (void)PX_TRY(file.ready());
            return file;
        }
        file.fd_ = UniqueFd(::open(file.path_.c_str(), O_WRONLY | O_CLOEXEC));
        if (!file.fd_) return file_trouble(file.path_, "cannot open for writing");
        return file;
    }
    // A rename would replace also what its owner has write-protected; ask first.
    if (exists && ::access(path.c_str(), W_OK) != 0) return file_trouble(path, "cannot replace");
    AtomicFile file({}, std::move(path));
    file.target_ = resolved(file.path_);
    // Not mkstemp, which ignores the umask.
    std::string temporary = name_beside(file.target_, nonce);
    file.fd_ = UniqueFd(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (!file.fd_) return file_trouble(file.path_, "cannot create");
    file.temporary_ = std::move(temporary);
    file.nonce_ = nonce;
    // Failure only means other owners: the new file then has this process's defaults.
    if (exists) (void)::fchmod(file.fd_.get(), st.st_mode & 07777);
    return file;
}

// Opening a named pipe to write would wait for its reader, maybe for ever; O_NONBLOCK says ENXIO
// instead, and stays: also a reader that takes nothing more must not hold us.
Result<bool> AtomicFile::ready() {
    if (!unread_) return true;
    fd_ = UniqueFd(::open(path_.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd_ && errno == ENXIO) return false;
    if (!fd_) return file_trouble(path_, "cannot open for writing");
    unread_ = false;
    return true;
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : fd_(std::move(other.fd_)),
      path_(std::move(other.path_)),
      target_(std::move(other.target_)),
      temporary_(std::exchange(other.temporary_, {})),
      nonce_(other.nonce_),
      written_bytes_(other.written_bytes_),
      adopted_(other.adopted_),
      unread_(other.unread_) {}

AtomicFile& AtomicFile::operator=(AtomicFile other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(path_, other.path_);
    std::swap(target_, other.target_);
    std::swap(temporary_, other.temporary_);
    std::swap(nonce_, other.nonce_);
    std::swap(written_bytes_, other.written_bytes_);
    std::swap(adopted_, other.adopted_);
    std::swap(unread_, other.unread_);
    return *this;
}

AtomicFile::~AtomicFile() {
    if (!temporary_.empty() && !adopted_) ::unlink(temporary_.c_str());
}

Result<std::size_t> AtomicFile::write_some(std::span<const std::byte> bytes) {
    if (!PX_TRY(ready())) {
        return fail(Errc::io, path_ + ": nobody reads this pipe", "start its reader first");
    }
    if (!fd_) return fail(Errc::invalid_argument, path_ + ": is already complete");
    // A plain file has no reader that could go away, and a sandbox no calls to mind signals.
    const std::size_t done =
        temporary_.empty() ? write_all(fd_.get(), bytes) : write_plain(fd_.get(), bytes);
    written_bytes_ += done;
    if (done == bytes.size() || errno == EAGAIN) return done;
    return file_trouble(path_, fmt::format("wrote {} of {} bytes", written_bytes_,
                                           written_bytes_ + bytes.size() - done));
}

Result<> AtomicFile::write(std::span<const std::byte> bytes) {
    for (std::size_t done = PX_TRY(write_some(bytes)); done < bytes.size();) {
        pollfd room{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
        if (::poll(&room, 1, kPatienceMs) == 0) {
            return fail(Errc::io, path_ + ": its reader takes no more",
                        "see why the reader does not go on");
        }
        done += PX_TRY(write_some(bytes.subspan(done)));
    }
    return {};
}

Result<> AtomicFile::rewrite_start(std::span<const std::byte> bytes) {
    if (unread_) return {};  // A pipe that nobody read: nothing was written.
    if (!fd_) return fail(Errc::invalid_argument, path_ + ": is already complete");
    if (temporary_.empty()) return {};
    bytes = bytes.first(std::min<std::uint64_t>(bytes.size(), written_bytes_));
    for (std::size_t done = 0; done < bytes.size();) {
        const ssize_t n =
            ::pwrite(fd_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return file_trouble(path_, "cannot rewrite its beginning");
        done += static_cast<std::size_t>(n);
    }
    return {};
}

Result<> AtomicFile::commit(const CommitOptions& options) {
    if (unread_) return {};  // Nothing was written, and nobody waits for it.
    if (!fd_) return fail(Errc::invalid_argument, path_ + ": is already complete");
    // Devices and pipes refuse fsync with EINVAL; there is nothing to keep on them.
    if (options.sync && !temporary_.empty() && ::fsync(fd_.get()) != 0) {
        return file_trouble(path_, "fsync");
    }
    // Who could write beside it may have put something else there.
    if (!temporary_.empty() && !leads_to(temporary_, fd_.get())) {
        temporary_.clear();  // Not ours to take away.
        return fail(Errc::io, path_ + ": what was written is no longer there");
    }
    PX_TRY(close());
    if (temporary_.empty()) return {};
    if (::rename(temporary_.c_str(), target_.c_str()) != 0) {
        return file_trouble(path_, "cannot rename into place");
    }
    temporary_.clear();
    if (!options.sync) return {};
    const std::string folder = split(target_).folder;
    const UniqueFd dir(::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_CLOEXEC));
    if (!dir || ::fsync(dir.get()) != 0) return file_trouble(path_, "fsync of its folder");
    return {};
}

Result<> AtomicFile::close() {
    // Network file systems report a full disk only here.
    if (fd_ && ::close(fd_.release()) != 0 && errno != EINTR) return file_trouble(path_, "close");
    return {};
}

Result<> write_file(const std::string& path, std::span<const std::byte> bytes) {
    AtomicFile file = PX_TRY(AtomicFile::create(path));
    PX_TRY(file.write(bytes));
    return file.commit();
}

Result<std::vector<std::string>> expand_glob(const std::string& pattern) {
    if (pattern.find('\0') != std::string::npos || pattern.empty()) {
        return fail(Errc::io, "an empty file name");
    }
    if (pattern.find_first_of("*?[{~") == std::string::npos) return std::vector{pattern};
    struct stat st{};
    // A file may be called "a[1].dng".
    if (::stat(pattern.c_str(), &st) == 0) return std::vector{pattern};
    glob_t found{};
    // GLOB_ERR is left out: an unreadable folder on the way just has no matches.
    // What is unsafe in it are the user's home and the locale; nobody changes those while we run.
    constexpr int flags = GLOB_NOSORT | GLOB_BRACE | GLOB_TILDE;
    const int rc =
        ::glob(pattern.c_str(), flags, nullptr, &found);  // NOLINT(concurrency-mt-unsafe)
    std::vector<std::string> paths(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    ::globfree(&found);
    if (rc == GLOB_NOSPACE) return fail(Errc::quota_exceeded, pattern + ": too many files match");
    if (paths.empty()) return fail(Errc::io, pattern + ": no file matches");
    std::ranges::sort(paths);
    return paths;
}

}  // namespace parallax::codec
