// What a record of 256 bytes costs, by how it is kept. Budgets: a shared write and fdatasync at
// least 100 times cheaper a record than one each; unsynced, with its checksums, no dearer than
// copying the bytes into a buffer that goes out by write(2).
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/check.h"
#include "parallax/fd.h"
#include "support/bench.h"
#include "trace/crc32c.h"
#include "trace/journal.h"

namespace parallax {
namespace {

constexpr std::size_t kPayloadBytes = 256;
constexpr int kGroup = 1024;

// On the disk that holds temporary files; it goes with it.
class BenchFolder {
  public:
    BenchFolder() {
        std::string pattern = std::filesystem::temp_directory_path() / "parallax-bench-XXXXXX";
        PX_CHECK(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    BenchFolder(BenchFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
    BenchFolder& operator=(BenchFolder&&) = delete;
    ~BenchFolder() {
        std::error_code ignored;
        if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct Kept {  // The journal ends before its folder goes.
    BenchFolder folder;
    std::unique_ptr<Journal> journal;
    std::string payload = std::string(kPayloadBytes, 'x');

    explicit Kept(Journal::Sync sync) {
        auto opened = Journal::open(folder.path(), {.sync = sync, .keep_bytes = 256U << 20U});
        PX_CHECK(opened.has_value());
        journal = *std::move(opened);
    }
    // Waits for room only, so that writing goes on beside it.
    void put() { PX_CHECK(journal->put(RecordKind::note, payload).has_value()); }
};

PX_BENCH("journal/record_256B_unsynced") {
    return [kept = std::make_unique<Kept>(Journal::Sync::none)] { kept->put(); };
}

PX_BENCH("journal/record_256B_interval_100ms") {
    return [kept = std::make_unique<Kept>(Journal::Sync::interval)] { kept->put(); };
}

PX_BENCH("journal/1024_records_256B_and_fdatasync") {
    return [kept = std::make_unique<Kept>(Journal::Sync::record)] {
        for (int i = 0; i < kGroup; ++i) kept->put();
        PX_CHECK(kept->journal->flush().has_value());
    };
}

PX_BENCH("journal/record_256B_and_fdatasync") {
    return [kept = std::make_unique<Kept>(Journal::Sync::record)] {
        PX_CHECK(kept->journal->append(RecordKind::note, kept->payload).has_value());
    };
}

// --- The yardsticks.

// A file of 64 MiB after the other, as the journal's segments.
class PlainFile {
  public:
    void put(std::size_t buffer_bytes) {
        std::memcpy(buffer_.data() + used_, payload_.data(), payload_.size());
        used_ += payload_.size();
        if (used_ < buffer_bytes) return;
        if (!fd_ || written_ >= kFileBytes) next_file();
        PX_CHECK(::write(fd_.get(), buffer_.data(), used_) == static_cast<ssize_t>(used_));
        written_ += used_;
        used_ = 0;
    }
    void sync() const { PX_CHECK(::fdatasync(fd_.get()) == 0); }

  private:
    static constexpr std::size_t kFileBytes = std::size_t{64} << 20U;
    void next_file() {
        const std::string path = folder_.path() + "/plain";
        ::unlink(path.c_str());
        fd_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        PX_CHECK(static_cast<bool>(fd_));
        written_ = 0;
    }

    BenchFolder folder_;
    UniqueFd fd_;
    std::string payload_ = std::string(kPayloadBytes, 'x');
    std::vector<char> buffer_ = std::vector<char>(std::size_t{128} << 10U);
    std::size_t used_ = 0;
    std::size_t written_ = 0;
};

PX_BENCH("journal/plain_write_256B_buffered_64K") {
    return [file = std::make_unique<PlainFile>()] { file->put(std::size_t{64} << 10U); };
}

PX_BENCH("journal/plain_write_256B_and_fdatasync") {
    return [file = std::make_unique<PlainFile>()] {
        file->put(kPayloadBytes);
        file->sync();
    };
}

PX_BENCH("journal/crc32c_256B") {
    return [bytes = std::vector<std::byte>(kPayloadBytes)] { bench::keep(crc32c(bytes)); };
}

PX_BENCH("journal/crc32c_256B_by_tables") {
    return
        [bytes = std::vector<std::byte>(kPayloadBytes)] { bench::keep(crc32c_by_tables(bytes)); };
}

}  // namespace
}  // namespace parallax
