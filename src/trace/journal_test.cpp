#include "trace/journal.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <functional>
#include <map>
#include <random>
#include <thread>

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/journals.h"

namespace parallax {
namespace {

using testing::bytes_of_file;
using testing::read_back;
using testing::ReadBack;
using testing::segment_paths;
using testing::write_journal;

constexpr int kSkipped = 77;

// In a process of its own, for what would change this one: its exit code, or −signal.
int in_child(const std::function<int()>& body) {
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) ::_exit(body());
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

TEST_CASE("journal: records of many threads are kept, each thread's in its order") {
    const TempFolder folder;
    constexpr int kThreads = 6;
    constexpr int kEach = 60;
    std::uint64_t commits = 0;
    {
        const auto journal = unwrap(Journal::open(folder.path(), {}));
        {
            std::vector<std::jthread> threads;
            for (int t = 0; t < kThreads; ++t) {
                threads.emplace_back([&, t] {
                    for (int i = 0; i < kEach; ++i) {
                        const std::string text = std::to_string(t) + ":" + std::to_string(i);
                        (void)journal->append(RecordKind::note, text);
                    }
                });
            }
        }
        const Journal::Stats stats = journal->stats();
        CHECK(stats.records == kThreads * kEach);
        CHECK(stats.lost == 0);
        commits = stats.commits;
    }
    CHECK(commits < kThreads * kEach);  // They shared.
    std::map<std::string, int> next;
    for (const std::string& text : read_back(folder.path()).texts) {
        const std::size_t colon = text.find(':');
        REQUIRE(std::stoi(text.substr(colon + 1)) == next[text.substr(0, colon)]++);
    }
    CHECK(next.size() == kThreads);
}

TEST_CASE("journal: it goes on where it ended, with every policy") {
    const TempFolder folder;
    std::uint64_t number = 0;
    for (const auto sync : {Journal::Sync::record, Journal::Sync::interval, Journal::Sync::none}) {
        for (int life = 0; life < 3; ++life) {
            const auto journal = unwrap(Journal::open(folder.path(), {.sync = sync}));
            CHECK(unwrap(journal->append(RecordKind::note, "x")) == ++number);
            CHECK(journal->offer(RecordKind::note, "y"));
            ++number;
            if (life == 0) CHECK(journal->flush());
        }
    }
    const ReadBack back = read_back(folder.path());
    CHECK(back.numbers.size() == number);
    CHECK(back.missing == 0);
}

TEST_CASE("journal: what does not fit into the queue is refused, counted and told") {
    const TempFolder folder;
    std::uint64_t refused = 0;
    std::uint64_t taken = 0;
    {
        const auto journal = unwrap(Journal::open(
            folder.path(), {.sync = Journal::Sync::record, .queue_bytes = std::size_t{8} << 10U}));
        const std::string large(3000, 'x');
        // Its thread must write and sync between any two of three.
        while (refused < 3) journal->offer(RecordKind::note, large) ? ++taken : ++refused;
        CHECK(journal->flush());
        CHECK(journal->stats().overflow == refused);
        CHECK(!journal->append(RecordKind::note, std::string(std::size_t{8} << 10U, 'x')));
        CHECK(journal->append(RecordKind::note, "goes on"));
    }
    const ReadBack back = read_back(folder.path());
    CHECK(back.lost == refused);
    CHECK(back.missing == 0);
    CHECK(std::ranges::count(back.texts, std::string(3000, 'x')) ==
          static_cast<std::ptrdiff_t>(taken));
}

TEST_CASE("journal: the oldest segments go when there is too much, never the last records") {
    const TempFolder folder;
    const auto journal =
        unwrap(Journal::open(folder.path(), {.sync = Journal::Sync::none, .keep_bytes = 40'000}));
    for (int i = 1; i <= 2000; ++i) {
        REQUIRE(journal->append(RecordKind::note, std::string(100, 'x')));
        if (i % 100 != 0) continue;
        std::size_t bytes = 0;
        for (const std::string& path : segment_paths(folder.path())) {
            bytes += bytes_of_file(path).size();
        }
        CHECK(bytes <= 40'000);
    }
    const ReadBack back = read_back(folder.path());
    CHECK(back.numbers.back() == 2000);
    CHECK(back.numbers.size() >= 40'000 / 136 / 2);
    CHECK(back.missing == 0);
}

TEST_CASE("journal: segments whose records are all too old go with the next one") {
    const TempFolder folder;
    write_journal(folder.path(), testing::some_texts(100),
                  {.sync = Journal::Sync::none, .segment_bytes = 500});
    REQUIRE(segment_paths(folder.path()).size() > 4);
    write_journal(folder.path(), {"new"},
                  {.sync = Journal::Sync::none, .keep_age = std::chrono::nanoseconds(4)});
    write_journal(folder.path(), {"newer"},
                  {.sync = Journal::Sync::none, .keep_age = std::chrono::nanoseconds(4)});
    CHECK(segment_paths(folder.path()).size() <= 2);
    CHECK(read_back(folder.path()).texts.back() == "newer");
}

// Fills what holds `folder`, and then makes room: `full` and `room` do so.
int full_and_room(const std::string& folder, const std::function<void()>& room) {
    auto opened = Journal::open(folder, {.sync = Journal::Sync::none});
    if (!opened) return 1;
    Journal& journal = **opened;
    const std::string text(1000, 'x');
    std::uint64_t kept = 0;
    std::optional<Error> error;
    for (int i = 0; i < 2000 && !error; ++i) {
        const auto number = journal.append(RecordKind::note, text);
        if (number) kept = *number;
        if (!number) error = number.error();
    }
    if (!error) return 2;
    const std::string what = to_string(*error);
    if (!what.contains("No space left") && !what.contains("File too large")) return 3;
    if (journal.append(RecordKind::note, text)) return 4;
    if (read_back(folder).numbers.back() < kept) return 5;  // What there was is there.
    room();
    if (!journal.append(RecordKind::note, "after")) return 6;
    if (journal.stats().error) return 7;
    const ReadBack back = read_back(folder);
    if (back.texts.back() != "after" || back.missing != 0 || !back.damages.empty()) return 8;
    return back.lost == 2 ? 0 : 9;  // And the loss is told.
}

TEST_CASE("journal: a full file system costs what comes then, and nothing else") {
    const TempFolder folder;
    const int outcome = in_child([&] {
        const std::string& path = folder.path();
        if (::unshare(CLONE_NEWNS) != 0) return kSkipped;
        if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return kSkipped;
        if (::mount("none", path.c_str(), "tmpfs", 0, "size=128k") != 0) return kSkipped;
        testing::put_file(folder.file("ballast"), std::string(30'000, 'b'));
        return full_and_room(folder.path(),
                             [&] { std::filesystem::remove(folder.file("ballast")); });
    });
    if (outcome == kSkipped) {
        MESSAGE("skipped, may not mount a file system");
        return;
    }
    CHECK(outcome == 0);
}

TEST_CASE("journal: a limit of the file size costs what comes then, and nothing else") {
    const TempFolder folder;
    CHECK(in_child([&] {
              std::signal(SIGXFSZ, SIG_IGN);
              rlimit limit{};
              ::getrlimit(RLIMIT_FSIZE, &limit);
              const rlim_t before = std::exchange(limit.rlim_cur, 50'000);
              ::setrlimit(RLIMIT_FSIZE, &limit);
              return full_and_room(folder.path(), [&] {
                  limit.rlim_cur = before;
                  ::setrlimit(RLIMIT_FSIZE, &limit);
              });
          }) == 0);
}

TEST_CASE("journal: a writer killed at any instant loses nothing that it was told is kept") {
    const TempFolder folder;
    std::minstd_rand engine(5);
    const auto random = [&] { return static_cast<unsigned>(engine()); };
    std::uint64_t told = 0;
    for (int life = 0; life < 40; ++life) {
        std::array<int, 2> ends{};
        REQUIRE(::pipe(ends.data()) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0) {
            const auto sync = life % 2 == 0 ? Journal::Sync::record : Journal::Sync::none;
            auto journal = Journal::open(folder.path(), {.sync = sync, .segment_bytes = 5000});
            if (!journal) ::_exit(1);
            for (;;) {
                for (int i = 0; i < life; ++i) (*journal)->offer(RecordKind::note, "beside");
                auto number = (*journal)->append(RecordKind::note, std::string(100, 'k'));
                if (!number || ::write(ends[1], &*number, sizeof *number) < 0) ::_exit(2);
            }
        }
        ::close(ends[1]);
        std::uint64_t number = 0;
        // After some records, and then at any moment.
        for (unsigned i = random() % 20; i-- > 0;) {
            REQUIRE(::read(ends[0], &number, sizeof number) == sizeof number);
        }
        for (unsigned spin = random() % 200'000; spin-- > 0;) asm volatile("");
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        std::uint64_t last = 0;
        while (::read(ends[0], &last, sizeof last) == sizeof last) number = last;
        ::close(ends[0]);
        told = std::max(told, number);

        const ReadBack back = read_back(folder.path());
        REQUIRE(back.missing == 0);
        REQUIRE(back.damages.empty());
        REQUIRE((told == 0 || back.numbers.back() >= told));
    }
    CHECK(told > 0);
    const ReadBack back = read_back(folder.path());
    for (std::size_t i = 0; i < back.numbers.size(); ++i) REQUIRE(back.numbers[i] == i + 1);
}

}  // namespace
}  // namespace parallax
