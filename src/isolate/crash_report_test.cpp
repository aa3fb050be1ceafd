#include "isolate/crash_report.h"

#include <csignal>
#include <filesystem>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/temp_folder.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

CrashReport sample() {
    CrashReport report{.element = "blur0", .reason = "killed by SIGSYS"};
    report.exit = {.id = 3, .pid = 42, .code = 0, .signal = SIGSYS, .out_of_memory = false};
    report.crash = CrashRecord{.signal = SIGSYS,
                               .code = 1,
                               .system_call = 41,
                               .address = 0x1234,
                               .anchor = crash_anchor(),
                               .registers = std::vector<std::uint64_t>(kCrashRegisters, 7),
                               .frames = {crash_anchor() + 4, 0xdead}};
    report.sequence = 99;
    report.errors = "one\n\x1b[31mtwo\x1b[0m\n";
    return report;
}

}  // namespace

TEST_CASE("crash report: says what died of what, and where") {
    const auto json = nlohmann::json::parse(crash_json(sample()));
    CHECK(json.at("schema") == 1);
    CHECK(json.at("element") == "blur0");
    CHECK(json.at("frame_sequence") == 99);
    CHECK(json.at("crash").at("signal") == "SYS");
    CHECK(json.at("crash").at("system_call") == "socket");
    CHECK(json.at("crash").at("registers").at("rip") == "0x7");
    CHECK(json.at("crash").at("backtrace").at(0).contains("place"));
    CHECK_FALSE(json.at("crash").at("backtrace").at(1).contains("place"));
    CHECK(json.at("stderr") == "one\ntwo\n");
}

TEST_CASE("crash report: a terminal obeys nothing of what a stage printed") {
    CHECK(tame_text("\x1b]0;title\atext", 9) == "text\n");
    CHECK(tame_text("\x1b]0;title\x1b\\text", 9) == "text\n");
    CHECK(tame_text("\x1b]0;never ends\nnext", 9) == "\nnext\n");
    CHECK(tame_text("a\x1b[2Jb\x1b[1;31mc", 9) == "abc\n");
    CHECK(tame_text("a\rb\bc\x7f\0d", 9) == "abc\n");
    CHECK(tame_text("tab\tstays \xc3\xa4", 9) == "tab\tstays \xc3\xa4\n");
    CHECK(tame_text("a\xc2\x9b"
                    "31mb",
                    9) == "a31mb\n");
    CHECK(tame_text("a\xc2\x1b[m\x9b"
                    "31mb",
                    9) == "a31mb\n");  // They meet afterwards.
    CHECK(tame_text("\x1b", 9).empty());
    CHECK(tame_text("", 9).empty());
    CHECK(tame_text("1\n2\n3\n4\n", 2) == "3\n4\n");
    CHECK(tame_text(std::string(5000, 'x'), 9).size() == 401);
}

TEST_CASE("crash report: bytes that are no text still make JSON") {
    CrashReport report = sample();
    report.errors = "\xff\xfe broken";
    report.element = "\xff";
    CHECK_FALSE(nlohmann::json::parse(crash_json(report), nullptr, false).is_discarded());
}

TEST_CASE("crash report: the oldest files make room, and no name leaves the folder") {
    const TempFolder folder;
    const std::string place = folder.path() + "/crashes";
    CrashReport report = sample();
    report.element = "../../etc/x";
    for (std::uint64_t id = 0; id < 6; ++id) {
        report.exit.id = id;
        const std::string path = unwrap(write_crash_report(place, report, 3));
        CHECK(path.starts_with(place + "/crash-______etc_x-42-"));
    }
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(place)) ++count;
    CHECK(count == 3);
    CHECK_FALSE(write_crash_report(place, report, 3));  // That one is there.
}

}  // namespace parallax
