// Journals for tests: written, read back, and their files as bytes.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "support/temp_folder.h"
#include "support/unwrap.h"
#include "trace/journal.h"
#include "trace/journal_reader.h"

namespace parallax::testing {

struct ReadBack {
    std::vector<std::uint64_t> numbers;
    std::vector<std::string> texts;
    std::vector<JournalDamage> damages;
    std::uint64_t missing = 0;
    std::uint64_t lost = 0;
    std::uint64_t torn_bytes = 0;
};

inline ReadBack read_back(const std::string& folder) {
    JournalReader reader = unwrap(JournalReader::open(folder));
    ReadBack back;
    while (const auto record = unwrap(reader.next())) {
        back.numbers.push_back(record->sequence);
        back.texts.emplace_back(record->text());
    }
    back.damages = reader.damages();
    back.missing = reader.missing();
    back.lost = reader.lost();
    back.torn_bytes = reader.torn_bytes();
    return back;
}

inline void write_journal(const std::string& folder, const std::vector<std::string>& texts,
                          Journal::Options options = {.sync = Journal::Sync::none}) {
    const auto journal = unwrap(Journal::open(folder, options));
    for (const std::string& text : texts) REQUIRE(journal->append(RecordKind::note, text));
}

// Of all sizes modulo 8, none at all among them.
inline std::vector<std::string> some_texts(std::size_t count) {
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < count; ++i) {
        texts.push_back(std::string(i * 5 % 23, static_cast<char>('a' + i % 26)));
    }
    return texts;
}

inline std::vector<std::string> segment_paths(const std::string& folder) {
    std::vector<std::string> paths;
    for (const SegmentName& name : unwrap(list_segments(folder))) {
        paths.push_back(folder + "/" + to_string(name));
    }
    return paths;
}

inline std::string bytes_of_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void put_file(const std::string& path, std::string_view bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace parallax::testing
