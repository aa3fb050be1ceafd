#include "trace/journal_export.h"

#include <array>
#include <ctime>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "base/one_line.h"

namespace parallax {
namespace {

using Json = nlohmann::ordered_json;

std::string dumped(const Json& json) {
    return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// RFC 4180: quotes are doubled. Bytes that are no UTF-8 are replaced, as in JSON.
std::string csv_cell(std::string_view text) {
    std::string cell = "\"";
    for (const char c : text) {
        if (c == '"') cell += '"';
        cell += c;
    }
    return cell + "\"";
}

Json json_of(const JournalRecord& record) {
    Json json{{"sequence", record.sequence},
              {"time", to_rfc3339(record.time_ns)},
              {"kind", to_string(record.kind)}};
    Json data = Json::parse(record.text(), nullptr, false);
    if (data.is_discarded()) {
        json["text"] = record.text();
    } else {
        json["data"] = std::move(data);
    }
    return json;
}

}  // namespace

std::string to_rfc3339(std::int64_t time_ns) {
    constexpr std::int64_t kSecond = 1'000'000'000;
    std::int64_t second = time_ns / kSecond;
    std::int64_t rest = time_ns % kSecond;
    if (rest < 0) {
        rest += kSecond;
        --second;
    }
    const std::time_t time = second;
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:09}Z", parts.tm_year + 1900,
                       parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                       rest);
}

std::string journal_heading(JournalForm form) {
    return form == JournalForm::csv ? "sequence,time,kind,data\r\n" : "";
}

std::string journal_line(const JournalRecord& record, JournalForm form) {
    const Json json = json_of(record);
    if (form == JournalForm::jsonl) return dumped(json) + "\n";
    const std::string data =
        json.contains("data") ? dumped(json["data"]) : json["text"].get<std::string>();
    if (form == JournalForm::csv) {
        return fmt::format("{},{},{},{}\r\n", record.sequence, to_rfc3339(record.time_ns),
                           to_string(record.kind), csv_cell(data));
    }
    return one_line(fmt::format("{:>6}  {}  {:<15}  {}", record.sequence,
                                to_rfc3339(record.time_ns), to_string(record.kind), data)) +
           "\n";
}

}  // namespace parallax
