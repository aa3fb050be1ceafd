// parallax journal: looks at what `parallax-launch --journal` has written, also while it does.
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/commands.h"
#include "base/one_line.h"
#include "graph/near_word.h"
#include "trace/journal_export.h"
#include "trace/journal_reader.h"

namespace parallax::app {
namespace {

constexpr std::size_t kChunkBytes = std::size_t{64} << 10U;
constexpr std::size_t kDefaultLines = 10;
constexpr std::array<std::string_view, 4> kVerbs{"cat", "tail", "verify", "export"};

class Look {
  public:
    Look(const Command& command, const Options& options, std::string folder)
        : command_(command), options_(options), folder_(std::move(folder)) {}

    int run(std::string_view verb) {
        auto opened = JournalReader::open(folder_);
        if (!opened) return refuse(opened.error());
        reader_ = *std::move(opened);
        const auto form = options_.get("format").value_or(verb == "export" ? "jsonl" : "text");
        form_ = form == "csv"     ? JournalForm::csv
                : form == "jsonl" ? JournalForm::jsonl
                                  : JournalForm::text;
        if (verb == "tail") return tail();
        if (const auto names = list_segments(folder_); names && names->empty()) {
            return refuse({Errc::io, folder_ + " holds no journal",
                           "parallax-launch --journal FOLDER writes one"});
        }
        return verb == "verify" ? verify() : cat();
    }

  private:
    int refuse(const Error& error) const {
        print_error(command_.program, to_string(error), error.hint);
        return kExitError;
    }

    // All there is now, in pieces of one write each.
    int cat() {
        text_ = journal_heading(form_);
        for (;;) {
            const auto record = reader_->next();
            if (!record) return refuse(record.error());
            if (*record) text_ += journal_line(**record, form_);
            if (!*record || text_.size() >= kChunkBytes) {
                if (const int printed = print(command_.program, text_); printed != kExitOk) {
                    return printed;
                }
                text_.clear();
            }
            if (!*record) break;
        }
        warn();
        return kExitOk;
    }

    int tail() {
        std::size_t lines = kDefaultLines;
        if (const auto text = options_.get("lines")) {
            const char* end = text->data() + text->size();
            if (std::from_chars(text->data(), end, lines).ptr != end || text->empty()) {
                print_error(command_.program, "--lines: " + *text + " is no number");
                return kExitUsage;
            }
        }
        const bool follow = options_.has("follow");
        if (follow) {
            if (Result<> following = reader_->follow(); !following)
                return refuse(following.error());
        }
        std::deque<std::string> last;
        for (;;) {
            const auto record = reader_->next();
            if (!record) return refuse(record.error());
            if (!*record) break;
            last.push_back(journal_line(**record, form_));
            if (last.size() > lines) last.pop_front();
        }
        text_ = journal_heading(form_);
        for (const std::string& line : last) text_ += line;
        const int printed = print(command_.program, text_);
        return printed == kExitOk && follow ? cat_on() : printed;
    }

    int cat_on() {
        for (;;) {
            const auto record = reader_->next();
            if (!record) return refuse(record.error());
            if (*record) {
                const int printed = print(command_.program, journal_line(**record, form_));
                if (printed != kExitOk) return printed;
            } else if (Result<> news = reader_->wait(std::chrono::seconds(1)); !news) {
                return refuse(news.error());
            }
        }
    }

    // What is not as it should be, where it does not keep others from being read.
    void warn() const {
        for (const std::string& line : findings()) {
            say(fmt::format("{}: warning: {}\n", command_.program, one_line(line)));
        }
    }

    std::vector<std::string> findings() const {
        std::vector<std::string> lines;
        for (const JournalDamage& damage : reader_->damages()) {
            lines.push_back(fmt::format("{}: {} bytes from {} on: {}", damage.segment, damage.bytes,
                                        damage.offset, damage.what));
        }
        if (reader_->damage_count() > reader_->damages().size()) {
            lines.push_back(fmt::format("{} damages in all", reader_->damage_count()));
        }
        if (reader_->missing() > 0) {
            lines.push_back(fmt::format("{} records are missing", reader_->missing()));
        }
        if (reader_->lost() > 0) {
            lines.push_back(
                fmt::format("{} records could not be written at the time", reader_->lost()));
        }
        return lines;
    }

    int verify() {
        std::uint64_t records = 0;
        for (;;) {
            const auto record = reader_->next();
            if (!record) return refuse(record.error());
            if (!*record) break;
            ++records;
        }
        const Result<bool> written = JournalReader::has_writer(folder_);
        if (!written) return refuse(written.error());
        // Behind the last record of one that is being written there may be a piece of the next.
        const std::uint64_t torn = *written ? 0 : reader_->torn_bytes();
        const bool whole = reader_->damage_count() == 0 && reader_->missing() == 0 && torn == 0;
        const int printed =
            print(command_.program, options_.has("json") ? verdict_json(records, torn, *written)
                                                         : verdict_text(records, torn, *written));
        if (printed != kExitOk) return printed;
        return whole ? kExitOk : kExitError;
    }

    std::string verdict_text(std::uint64_t records, std::uint64_t torn, bool live) const {
        std::string text;
        for (const std::string& line : findings()) text += one_line(line) + "\n";
        if (torn > 0) {
            text += fmt::format(
                "torn end: {} bytes of a record that was never complete; who writes next cuts it\n",
                torn);
        }
        if (records == 0) return text + "no records\n";
        return text + fmt::format("{} records, {} to {}{}\n", records, *reader_->first_sequence(),
                                  reader_->next_sequence() - 1, live ? ", being written" : "");
    }

    std::string verdict_json(std::uint64_t records, std::uint64_t torn, bool live) const {
        nlohmann::ordered_json json{{"records", records},
                                    {"first", reader_->first_sequence().value_or(0)},
                                    {"last", reader_->next_sequence() - 1},
                                    {"being_written", live},
                                    {"torn_bytes", torn},
                                    {"missing", reader_->missing()},
                                    {"lost", reader_->lost()},
                                    {"damage_count", reader_->damage_count()},
                                    {"damages", nlohmann::json::array()}};
        for (const JournalDamage& damage : reader_->damages()) {
            json["damages"].push_back({{"segment", damage.segment},
                                       {"offset", damage.offset},
                                       {"bytes", damage.bytes},
                                       {"what", damage.what}});
        }
        return json.dump(2) + "\n";
    }

    const Command& command_;
    const Options& options_;
    const std::string folder_;
    std::optional<JournalReader> reader_;
    JournalForm form_ = JournalForm::text;
    std::string text_;
};

}  // namespace

int journal_command(const Command& command, Arguments arguments, const Registry& /*registry*/) {
    const bool has_verb = !arguments.empty() && !arguments.front().starts_with("-");
    const std::string_view verb = has_verb ? arguments.front() : "";
    const Parsed parsed = parse_arguments(command, arguments.subspan(has_verb ? 1 : 0));
    if (parsed.exit_code >= 0) return parsed.exit_code;
    if (std::ranges::find(kVerbs, verb) == kVerbs.end()) {
        print_error(command.program,
                    has_verb ? fmt::format("journal cannot {}", verb) : "journal needs a verb",
                    has_verb ? suggest(verb, kVerbs) : "cat, tail, verify or export");
        return kExitUsage;
    }
    if (parsed.options.operands().size() != 1) {
        print_error(command.program, fmt::format("{} takes one folder, behind its options", verb),
                    fmt::format("parallax journal {} [options] FOLDER", verb));
        return kExitUsage;
    }
    return Look(command, parsed.options, std::string(parsed.options.operands().front())).run(verb);
}

}  // namespace parallax::app
