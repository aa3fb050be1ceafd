// InputFile, AtomicFile: files read and written whole, with errors that name file and cause.
//
// Every failure of the file itself is Errc::io (missing, unreadable, a folder, full); contents that
// are not what they should be are Errc::corrupt. Messages open with the path.
//
// Threads: an InputFile may be read by many threads; an AtomicFile belongs to one at a time.
// Lifetime: both own their descriptor. An AtomicFile dropped before commit() leaves no trace.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/fd.h"
#include "parallax/result.h"

namespace parallax::codec {

// A regular file, open for reading at any offset.
class InputFile {
  public:
    // Pipes, devices and folders are refused: they have no size to check against.
    static Result<InputFile> open(std::string path);

    const std::string& path() const { return path_; }
    std::uint64_t size_bytes() const { return size_bytes_; }

    // Fills all of `out` from `offset_bytes`; a file that ends too early is Errc::corrupt.
    Result<> read_at(std::uint64_t offset_bytes, std::span<std::byte> out) const;

  private:
    InputFile(UniqueFd fd, std::string path, std::uint64_t size_bytes)
        : fd_(std::move(fd)), path_(std::move(path)), size_bytes_(size_bytes) {}

    UniqueFd fd_;
    std::string path_;
    std::uint64_t size_bytes_ = 0;
};

// The whole file, if it has at most `limit_bytes`.
Result<std::vector<std::byte>> read_file(const std::string& path, std::uint64_t limit_bytes);

// A file that appears under its name complete, or not at all.
//
//     AtomicFile file = PX_TRY(AtomicFile::create("out.png"));
//     PX_TRY(file.write(bytes));
//     PX_TRY(file.commit());
//
// It is written beside its final place under a hidden name and then renamed over it, so that a
// reader, a full disk or a crash never meets half a picture, and an earlier file survives a failed
// attempt. What is no regular file (/dev/null, a named pipe) is written to directly, and so is what
// the program has inherited (/dev/stdout, /dev/fd/3). A symbolic link stays one: the file it points
// at is replaced.
//
// Several processes can write one file in turns: who made it tells the others its nonce, by which
// they find it again, and how much of it counts. They leave no tidying to their ends.
//
// Nothing here waits for the reader of a named pipe: without one, create() succeeds and ready()
// says no until there is one; write() then fails. write_some() takes what the pipe has room for.
class AtomicFile {
  public:
    static Result<AtomicFile> create(std::string path) {
        return create(std::move(path), fresh_nonce());
    }
    // Of a nonce that may be used for many names, but for each only once.
    static Result<AtomicFile> create(std::string path, std::uint64_t nonce);
    // A file that another process has begun, cut back to its first bytes. With `or_new`, one that
    // is not there is begun. It stays when this is dropped.
    struct Begun {
        std::uint64_t nonce = 0;
        std::uint64_t written_bytes = 0;
        std::uint64_t inode = 0;  // Then it may have its name already; 0: it has not.
        bool or_new = false;
    };
    static Result<AtomicFile> adopt(std::string path, const Begun& begun);
    // Takes away what somebody began and nobody will complete, if it is there.
    static void discard(const std::string& path, std::uint64_t nonce);
    static std::uint64_t fresh_nonce();  // Never 0.
    // Whether the path names something that only a process with the same descriptors and the same
    // view of the file system can write: no plain file, or a link.
    static bool is_external(const std::string& path);
    AtomicFile(AtomicFile&& other) noexcept;
    AtomicFile& operator=(AtomicFile other) noexcept;
    ~AtomicFile();

    const std::string& path() const { return path_; }
    std::uint64_t written_bytes() const { return written_bytes_; }
    // 0: what is written to directly has no other name.
    std::uint64_t nonce() const { return temporary_.empty() ? 0 : nonce_; }
    std::uint64_t inode() const;
    // Another process has written so much: goes on after it, and drops the rest.
    Result<> go_on_at(std::uint64_t written_bytes);

    // False: a named pipe that nobody reads yet. Asks anew each time.
    Result<bool> ready();
    // Appends all of it, or fails, saying how much found room.
    Result<> write(std::span<const std::byte> bytes);
    // Puts other bytes in place of the first ones, as many as there are of both. What is written to
    // directly, a pipe or device, stays as it is.
    Result<> rewrite_start(std::span<const std::byte> bytes);
    // Appends what finds room now; less than all of it only for pipes and the like.
    Result<std::size_t> write_some(std::span<const std::byte> bytes);

    struct CommitOptions {
        bool sync = false;
    };  // Also survive a power cut: slow.
    Result<> commit(const CommitOptions& options);
    Result<> commit() { return commit({}); }
    // All is written; another process gives it its name.
    Result<> close();

  private:
    AtomicFile(UniqueFd fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

    UniqueFd fd_;
    std::string path_;         // As the caller named it, for messages.
    std::string target_;       // Where it goes, links followed.
    std::string temporary_;    // Where it is until then; empty when written directly or done.
    std::uint64_t nonce_ = 0;  // In its name until then.
    std::uint64_t written_bytes_ = 0;
    bool adopted_ = false;
    bool unread_ = false;  // A named pipe without a reader so far: there is no descriptor.
};

// write(2) until all is out. Returns how much went out; less than all of it leaves the reason in
// errno, which for a pipe without reader is EPIPE: the signal is not raised.
std::size_t write_all(int fd, std::span<const std::byte> bytes);

// write() of one whole picture, then commit().
Result<> write_file(const std::string& path, std::span<const std::byte> bytes);

// The files that match, sorted by byte value; a pattern without wildcards stands for itself. None
// is Errc::io, as for a file that is not there.
Result<std::vector<std::string>> expand_glob(const std::string& pattern);

}  // namespace parallax::codec
