// journal_peers: records kept by the journal beside the plain copy and write that it takes the
// place of, in turns, in one process; what each limit wants and whether it is reached.
//
//     journal_peers [ROUNDS] [--markdown] [--only TEXT]
//
// Files lie where temporary ones do, which should be the disk that is meant. Who puts records and
// the journal's thread want a processor each: the time of who puts is its own, wall time is until
// all is written.
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "parallax/fd.h"
#include "peers/contest.h"
#include "trace/journal.h"

namespace parallax::peers {
namespace {

constexpr std::size_t kPayloadBytes = 256;
constexpr int kRecords = 200'000;
constexpr int kGroup = 1024;
constexpr int kSynced = 10;

void check(bool right) {
    if (!right) std::abort();
}

class Folder {
  public:
    Folder() {
        std::string pattern = std::filesystem::temp_directory_path() / "parallax-peers-XXXXXX";
        check(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

struct Times {
    double own_ns;
    double wall_ns;
};

template <class Body>
Times timed(int count, Body body) {
    const std::int64_t wall = monotonic_ns();
    const std::int64_t own = thread_cpu_ns();
    body();
    return {static_cast<double>(thread_cpu_ns() - own) / count,
            static_cast<double>(monotonic_ns() - wall) / count};
}

class Ours {
  public:
    explicit Ours(Journal::Sync sync) {
        auto opened = Journal::open(folder_.path(), {.sync = sync, .keep_bytes = 256U << 20U});
        check(opened.has_value());
        journal_ = *std::move(opened);
    }
    Times put(int count) {
        return timed(count, [&] {
            for (int i = 0; i < count; ++i) {
                check(journal_->put(RecordKind::note, payload_).has_value());
            }
            check(journal_->flush().has_value());
        });
    }
    double each_synced() {
        return timed(kSynced,
                     [&] {
                         for (int i = 0; i < kSynced; ++i) {
                             check(journal_->append(RecordKind::note, payload_).has_value());
                         }
                     })
            .wall_ns;
    }

  private:
    Folder folder_;  // The journal ends before its folder goes.
    std::string payload_ = std::string(kPayloadBytes, 'x');
    std::unique_ptr<Journal> journal_;
};

// Copied into 64 KiB that go out by write(2), into a file after the other as the journal's are.
class Plain {
  public:
    Times put(int count) {
        return timed(count, [&] {
            for (int i = 0; i < count; ++i) {
                std::memcpy(buffer_.data() + used_, payload_.data(), payload_.size());
                used_ += payload_.size();
                if (used_ == buffer_.size()) write_out();
            }
            write_out();
        });
    }
    double each_synced() {
        return timed(kSynced,
                     [&] {
                         for (int i = 0; i < kSynced; ++i) {
                             std::memcpy(buffer_.data(), payload_.data(), payload_.size());
                             used_ = payload_.size();
                             write_out();
                             check(::fdatasync(fd_.get()) == 0);
                         }
                     })
            .wall_ns;
    }

  private:
    static constexpr std::size_t kFileBytes = std::size_t{64} << 20U;
    static constexpr int kFiles = 4;
    void write_out() {
        if (!fd_ || written_ >= kFileBytes) next_file();
        check(::write(fd_.get(), buffer_.data(), used_) == static_cast<ssize_t>(used_));
        written_ += used_;
        used_ = 0;
    }
    void next_file() {
        const std::string path = folder_.path() + "/" + std::to_string(number_++ % kFiles);
        ::unlink(path.c_str());
        fd_ = UniqueFd(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        check(static_cast<bool>(fd_));
        written_ = 0;
    }

    Folder folder_;
    UniqueFd fd_;
    std::string payload_ = std::string(kPayloadBytes, 'x');
    std::vector<char> buffer_ = std::vector<char>(std::size_t{64} << 10U);
    std::size_t used_ = 0;
    std::size_t written_ = 0;
    int number_ = 0;
};

}  // namespace

void hold_all(Contest& contest) {
    Ours unsynced(Journal::Sync::none);
    Ours synced(Journal::Sync::record);
    Plain plain;
    const std::vector<Limit> same{{.times = 1}};
    contest.hold("a record of 256 bytes with its sums, not synced; CPU of who puts it",
                 {{"ours", [&] { return unsynced.put(kRecords).own_ns; }},
                  {"copied, and written by 64 KiB", [&] { return plain.put(kRecords).own_ns; }}},
                 same);
    contest.hold("a record of 256 bytes with its sums, not synced; wall, until all is written",
                 {{"ours", [&] { return unsynced.put(kRecords).wall_ns; }},
                  {"copied, and written by 64 KiB", [&] { return plain.put(kRecords).wall_ns; }}},
                 same);
    contest.hold(
        "a record of 256 bytes, fdatasync after 1024; wall",
        {{"ours", [&] { return synced.put(kGroup).wall_ns; }},
         {"ours, fdatasync after each", [&] { return synced.each_synced(); }},
         {"plain, fdatasync after each", [&] { return plain.each_synced(); }, Role::aside}},
        {{.times = 100}});
}

}  // namespace parallax::peers

int main(int argc, char** argv) {
    using parallax::peers::Contest;
    Contest contest(Contest::options(argc, argv));
    parallax::peers::hold_all(contest);
    contest.finish();
    return 0;
}
