// CrashReport: what is kept of a stage's death, as one JSON file for people and tools.
//
// All of it but the element's name and the exit was written by the stage, which may be hostile: it
// is bounded, and freed of what a terminal would obey. Files are few: the oldest make room.
//
// Threads: plain values; two writers of one folder keep each its own file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "isolate/crash_page.h"
#include "isolate/zygote.h"
#include "parallax/result.h"

namespace parallax {

struct CrashReport {
    std::string element = {};
    std::string reason = {};  // "killed by SIGSEGV", "missed its deadline of 2 s".
    ChildExit exit = {};
    std::optional<CrashRecord> crash = {};       // Of its page, where that could be believed.
    std::optional<std::uint64_t> sequence = {};  // Of the frame it had at hand.
    std::string errors = {};                     // What it printed, as it came.
};

// Schema 1: docs/sandbox.md names the fields.
std::string crash_json(const CrashReport& report);

// The last lines, without escape sequences and control characters.
std::string tame_text(std::string_view text, std::size_t most_lines);

// FOLDER/crash-ELEMENT-PID-ID.json. Of such files the newest `keep` stay. Returns its path.
Result<std::string> write_crash_report(const std::string& folder, const CrashReport& report,
                                       std::size_t keep = 20);

}  // namespace parallax
