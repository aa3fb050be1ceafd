#include "trace/journal_reader.h"

#include <algorithm>
#include <atomic>
#include <thread>

#include <sys/stat.h>

#include "support/journals.h"

namespace parallax {
namespace {

using testing::bytes_of_file;
using testing::put_file;
using testing::read_back;
using testing::ReadBack;
using testing::segment_paths;
using testing::some_texts;
using testing::write_journal;

// One journal of one segment, to be broken in many ways.
struct Specimen {
    TempFolder folder;
    std::vector<std::string> texts = some_texts(12);
    std::string path;
    std::string bytes;
    std::vector<std::size_t> ends;  // Of the records, in the file.

    Specimen() {
        write_journal(folder.path(), texts);
        path = segment_paths(folder.path()).at(0);
        bytes = bytes_of_file(path);
        std::size_t end = kSegmentHeadBytes;
        for (const std::string& text : texts) ends.push_back(end += record_bytes(text.size()));
        REQUIRE(end == bytes.size());
    }
    std::size_t whole_within(std::size_t size) const {
        return static_cast<std::size_t>(
            std::ranges::count_if(ends, [&](std::size_t end) { return end <= size; }));
    }
};

TEST_CASE("journal: records come back as they were written, over any number of segments") {
    const TempFolder folder;
    const std::vector<std::string> texts = some_texts(500);
    write_journal(folder.path(), texts, {.sync = Journal::Sync::none, .segment_bytes = 1000});
    CHECK(segment_paths(folder.path()).size() > 20);
    for (const std::string& path : segment_paths(folder.path())) {
        CHECK(bytes_of_file(path).size() <= 1000);
    }
    const ReadBack back = read_back(folder.path());
    CHECK(back.texts == texts);
    CHECK(back.numbers.front() == 1);
    CHECK(back.numbers.back() == 500);
    CHECK(back.missing == 0);
    CHECK(back.damages.empty());
}

TEST_CASE("journal: cut at any byte it gives the whole records, and goes on behind them") {
    const Specimen specimen;
    for (std::size_t size = 0; size <= specimen.bytes.size(); ++size) {
        put_file(specimen.path, specimen.bytes.substr(0, size));
        std::vector<std::string> wanted(
            specimen.texts.begin(),
            specimen.texts.begin() + static_cast<std::ptrdiff_t>(specimen.whole_within(size)));
        const ReadBack torn = read_back(specimen.folder.path());
        REQUIRE(torn.texts == wanted);
        REQUIRE(torn.damages.empty());
        const std::size_t whole = wanted.empty()
                                      ? (size < kSegmentHeadBytes ? 0 : kSegmentHeadBytes)
                                      : specimen.ends[wanted.size() - 1];
        REQUIRE(torn.torn_bytes == size - whole);

        write_journal(specimen.folder.path(), {"afterwards"});
        wanted.emplace_back("afterwards");
        const ReadBack mended = read_back(specimen.folder.path());
        REQUIRE(mended.texts == wanted);
        REQUIRE(mended.missing == 0);
        REQUIRE(mended.damages.empty());
        REQUIRE(mended.torn_bytes == 0);
        for (const std::string& path : segment_paths(specimen.folder.path())) {
            std::filesystem::remove(path);
        }
    }
}

TEST_CASE("journal: any flipped bit costs the record that it is in, and no other") {
    const Specimen specimen;
    for (std::size_t record = 3; record < 6; ++record) {
        const std::size_t from = specimen.ends[record - 1];
        std::vector<std::string> wanted = specimen.texts;
        wanted.erase(wanted.begin() + static_cast<std::ptrdiff_t>(record));
        for (std::size_t bit = from * 8; bit < specimen.ends[record] * 8; ++bit) {
            std::string bytes = specimen.bytes;
            bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
            put_file(specimen.path, bytes);
            const ReadBack back = read_back(specimen.folder.path());
            REQUIRE(back.texts == wanted);
            REQUIRE(back.missing == 1);
            REQUIRE(back.damages.size() == 1);
            REQUIRE(back.damages[0].offset == from);
            REQUIRE(back.damages[0].bytes == specimen.ends[record] - from);
        }
    }
}

TEST_CASE("journal: a flipped bit of the last record is never taken for a record") {
    const Specimen specimen;
    const std::size_t from = specimen.ends[specimen.ends.size() - 2];
    const std::vector<std::string> wanted(specimen.texts.begin(), specimen.texts.end() - 1);
    for (std::size_t bit = from * 8; bit < specimen.bytes.size() * 8; ++bit) {
        std::string bytes = specimen.bytes;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        put_file(specimen.path, bytes);
        const ReadBack back = read_back(specimen.folder.path());
        REQUIRE(back.texts == wanted);
        REQUIRE(back.torn_bytes == specimen.bytes.size() - from);
    }
}

TEST_CASE("journal: a flipped bit of a segment's head is told, and costs no record") {
    const Specimen specimen;
    for (std::size_t bit = 0; bit < kSegmentHeadBytes * 8; ++bit) {
        std::string bytes = specimen.bytes;
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
        put_file(specimen.path, bytes);
        const ReadBack back = read_back(specimen.folder.path());
        REQUIRE(back.texts == specimen.texts);
        REQUIRE(back.damages.size() == 1);
    }
}

TEST_CASE("journal: damage with whole records behind it is not cut when it is opened again") {
    const Specimen specimen;
    for (const std::size_t at : {specimen.ends[2] + 1, specimen.ends[2] + kRecordHeadBytes + 1}) {
        std::string bytes = specimen.bytes;
        bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
        put_file(specimen.path, bytes);
        {
            const auto journal = unwrap(Journal::open(specimen.folder.path(), {}));
            CHECK(journal->recovered().cut_bytes == 0);
            CHECK(journal->recovered().damages.size() == 1);
            CHECK(unwrap(journal->append(RecordKind::note, "on")) == 13);
        }
        const ReadBack back = read_back(specimen.folder.path());
        CHECK(back.texts.size() == 12);
        CHECK(back.texts.back() == "on");
        CHECK(back.missing == 1);
    }
}

TEST_CASE("journal: a payload that holds a piece of a journal is not taken for records") {
    const Specimen inner;
    const TempFolder folder;
    write_journal(folder.path(), {"first", inner.bytes, "last"});
    const std::string path = segment_paths(folder.path()).at(0);
    std::string bytes = bytes_of_file(path);
    const std::size_t head = kSegmentHeadBytes + record_bytes(5);
    bytes[head + 8] = static_cast<char>(bytes[head + 8] ^ 1);  // Its size.
    put_file(path, bytes);
    const ReadBack back = read_back(folder.path());
    CHECK(back.texts == std::vector<std::string>{"first", "last"});
    CHECK(back.missing == 1);
}

TEST_CASE("journal: a segment that is gone is missed, by as many records as it had") {
    const TempFolder folder;
    write_journal(folder.path(), some_texts(100),
                  {.sync = Journal::Sync::none, .segment_bytes = 500});
    const auto paths = segment_paths(folder.path());
    REQUIRE(paths.size() > 4);
    const auto names = unwrap(list_segments(folder.path()));
    std::filesystem::remove(paths[2]);
    const ReadBack back = read_back(folder.path());
    CHECK(back.missing == names[3].first - names[2].first);
    CHECK(back.texts.size() == 100 - back.missing);
    CHECK(back.damages.empty());
}

TEST_CASE("journal: what lies beside the segments is passed by, and a pipe is not waited for") {
    const TempFolder folder;
    write_journal(folder.path(), {"one"});
    put_file(folder.file("notes.txt"), "not ours");
    put_file(folder.file("00000000000000000002-0000ABCD.journal"), "not ours: capital letters");
    CHECK(read_back(folder.path()).texts == std::vector<std::string>{"one"});
    REQUIRE(::mkfifo(folder.file("00000000000000000009-00000000.journal").c_str(), 0600) == 0);
    JournalReader reader = unwrap(JournalReader::open(folder.path()));
    CHECK(reader.next().value().has_value());
    const auto next = reader.next();
    REQUIRE(!next);
    CHECK(next.error().message.contains("no regular file"));
    CHECK(!JournalReader::open(folder.file("missing")));
}

TEST_CASE("journal: many read while it is written, and each sees every record once, in order") {
    const TempFolder folder;
    constexpr std::uint64_t kRecords = 20'000;
    const auto journal = unwrap(
        Journal::open(folder.path(), {.sync = Journal::Sync::none, .segment_bytes = 20'000}));
    std::atomic<int> wrong{0};
    const auto tail = [&] {
        Result<JournalReader> reader = JournalReader::open(folder.path());
        bool well = reader.has_value() && reader->follow().has_value();
        for (std::uint64_t seen = 0; well && seen < kRecords;) {
            const auto record = reader->next();
            well = record.has_value();
            if (well && *record) {
                ++seen;
                well = (*record)->sequence == seen && (*record)->text() == std::to_string(seen);
            } else if (well) {
                well = reader->wait(std::chrono::seconds(10)).has_value();
            }
        }
        well = well && reader->damage_count() == 0 && reader->missing() == 0;
        if (!well) ++wrong;
    };
    {
        const std::vector<std::jthread> tails = [&] {
            std::vector<std::jthread> threads;
            for (int i = 0; i < 3; ++i) threads.emplace_back(tail);
            return threads;
        }();
        for (std::uint64_t i = 1; i <= kRecords; ++i) {
            REQUIRE(journal->put(RecordKind::note, std::to_string(i)));
        }
        REQUIRE(journal->flush());
    }
    CHECK(wrong == 0);
    CHECK(segment_paths(folder.path()).size() > 20);
}

TEST_CASE("journal: it is known whether somebody writes, without getting in the way") {
    const TempFolder folder;
    CHECK(!unwrap(JournalReader::has_writer(folder.path())));
    {
        const auto journal = unwrap(Journal::open(folder.path(), {}));
        CHECK(unwrap(JournalReader::has_writer(folder.path())));
        const auto second = Journal::open(folder.path(), {});
        REQUIRE(!second);
        CHECK(second.error().message.contains("another process writes"));
    }
    CHECK(!unwrap(JournalReader::has_writer(folder.path())));
    CHECK(Journal::open(folder.path(), {}));
}

}  // namespace
}  // namespace parallax
