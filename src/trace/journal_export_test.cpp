#include "trace/journal_export.h"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace parallax {
namespace {

JournalRecord record_of(std::string_view text) {
    return {.sequence = 7,
            .time_ns = 1'700'000'000'000'000'001,
            .kind = RecordKind::crash,
            .payload = std::as_bytes(std::span(text))};
}

TEST_CASE("journal export: a record of ours is JSON within JSON") {
    const auto line =
        journal_line(record_of(R"({"element":"i","text":"a \"b\""})"), JournalForm::jsonl);
    CHECK(line == R"({"sequence":7,"time":"2023-11-14T22:13:20.000000001Z","kind":"crash",)"
                  R"("data":{"element":"i","text":"a \"b\""}})"
                  "\n");
}

TEST_CASE("journal export: any payload gives one line of valid JSON, one row, one line of text") {
    std::vector<std::string> payloads{"",
                                      "plain",
                                      "{\"a\":1",
                                      "a\nb\r\n\"c\",d",
                                      "\x1b[31mred",
                                      std::string("\0\xff\xfe", 3),
                                      "[1,2]",
                                      "null",
                                      "\"x\""};
    for (int byte = 0; byte < 256; ++byte) payloads.emplace_back(3, static_cast<char>(byte));
    for (const std::string& payload : payloads) {
        const JournalRecord record = record_of(payload);
        const std::string json = journal_line(record, JournalForm::jsonl);
        CHECK(json.find('\n') == json.size() - 1);
        CHECK(nlohmann::json::accept(json));
        const std::string text = journal_line(record, JournalForm::text);
        CHECK(text.find('\n') == text.size() - 1);
        CHECK(text.find('\x1b') == std::string::npos);
        const std::string row = journal_line(record, JournalForm::csv);
        CHECK(std::ranges::count(row, '"') % 2 == 0);
        CHECK(row.ends_with("\"\r\n"));
    }
    CHECK(journal_line(record_of("say \"x\",\ny"), JournalForm::csv) ==
          "7,2023-11-14T22:13:20.000000001Z,crash,\"say \"\"x\"\",\ny\"\r\n");
}

TEST_CASE("journal export: times are those of RFC 3339, before 1970 too") {
    CHECK(to_rfc3339(0) == "1970-01-01T00:00:00.000000000Z");
    CHECK(to_rfc3339(-1) == "1969-12-31T23:59:59.999999999Z");
    CHECK(to_rfc3339(951'782'400'000'000'000) == "2000-02-29T00:00:00.000000000Z");
}

}  // namespace
}  // namespace parallax
