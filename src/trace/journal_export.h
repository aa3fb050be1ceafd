// Records of a journal as text: a line a record, JSON lines, CSV.
//
// Payloads of ours are JSON objects; any other one is shown as text, and what is no UTF-8 in it as
// U+FFFD. Whatever a payload holds, each record is one line of text that cannot steer a terminal
// (`text`), one JSON object (`jsonl`), or one row of RFC 4180 (`csv`).
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "trace/journal_format.h"

namespace parallax {

enum class JournalForm : std::uint8_t { text, jsonl, csv };

// What stands before the first record: the columns' names, for CSV.
std::string journal_heading(JournalForm form);
// With its line's end.
std::string journal_line(const JournalRecord& record, JournalForm form);

// "2026-11-22T05:30:00.123456789Z", RFC 3339.
std::string to_rfc3339(std::int64_t time_ns);

}  // namespace parallax
