// parallax inspect, man and completion: what is told of the elements, in three dresses.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "support/written.h"

namespace parallax::app {
namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("inspect: the list names families and elements, as text and as JSON") {
    const Ran list = ran("inspect", {});
    CHECK(list.code == kExitOk);
    CHECK(has(list.out, "  softisp "));
    CHECK(nlohmann::json::accept(ran("inspect", {"--json"}).out));
}

TEST_CASE("inspect: one element tells its pads, properties and what it may touch") {
    const std::string text = ran("inspect", {"filesrc"}).out;
    CHECK(text.starts_with("filesrc: "));
    CHECK(has(text, "\npads\n"));
    CHECK(has(text, "  location             read-path, required\n"));
    CHECK(has(text, "  group "));
    CHECK(has(text, "  reads the file in location\n"));
    CHECK(has(ran("inspect", {"identity"}).out, "  nothing beyond its frames\n"));
    CHECK(nlohmann::json::accept(ran("inspect", {"filesrc", "--json"}).out));
}

TEST_CASE(
    "inspect: an element that is none gets the nearest name; what is not built exits with 4") {
    const Ran done = ran("inspect", {"filesrk"});
    CHECK(done.code == kExitUsage);
    CHECK(done.err ==
          "parallax-inspect: error: no element called filesrk\n"
          "hint: did you mean filesrc?\n");
    CHECK(ran("inspect", {"devices"}).code == kExitFacility);
}

TEST_CASE("man: a page for each command and element, and a list of them") {
    CHECK(ran("man", {"run"}).out.starts_with(".TH parallax\\-launch 1"));
    CHECK(has(ran("man", {"tee"}).out, ".SH DESCRIPTION"));
    CHECK(has(ran("man", {}).out, "\nfilesrc\n"));
    CHECK(ran("man", {"nosuch"}).code == kExitUsage);
}

// What can stand at the last of them.
std::string words(const std::vector<std::string_view>& line) {
    const std::string current = std::to_string(line.size() - 1);
    std::vector<std::string_view> all{"words", current};
    all.insert(all.end(), line.begin(), line.end());
    return ran("completion", all).out;
}

TEST_CASE("completion: options, elements, properties and words, as far as they are typed") {
    CHECK(words({"parallax", "c"}) == "caps\ncompletion\n");
    CHECK(words({"parallax-launch", "--dry"}) == "--dry-run=\n");
    CHECK(words({"parallax-launch", "fakesr"}) == "fakesrc\n");
    CHECK(words({"parallax-inspect", "mach"}) == "machine\n");
    CHECK(words({"parallax", "inspect", "sand"}) == "sandbox\n");
    CHECK(words({"parallax-launch", "sandb"}).empty());
    CHECK(words({"parallax-launch", "filesrc", "loc"}) == "location=\n");
    CHECK(has(words({"parallax-launch", "softisp", "quality="}), "quality=best\n"));
    CHECK(words({"parallax-launch", "zzz"}).empty());
}

TEST_CASE("completion: what an option and a first operand can be, of each command") {
    CHECK(words({"parallax-launch", "--format="}) ==
          "--format=dot\n--format=json\n--format=text\n");
    CHECK(words({"parallax-launch", "--on-crash=d"}) == "--on-crash=drop\n");
    CHECK(words({"parallax-launch", "--sandbox="}).empty());  // A file: the shell's own.
    CHECK(words({"parallax", "journal", "--format="}) ==
          "--format=csv\n--format=jsonl\n--format=text\n");
    CHECK(words({"parallax", "journal", ""}) == "cat\nexport\ntail\nverify\n");
    CHECK(words({"parallax", "journal", "--json", "v"}) == "verify\n");
    CHECK(words({"parallax", "journal", "cat", ""}).empty());
    CHECK(words({"parallax", "completion", "f"}) == "fish\n");
    CHECK(words({"parallax-inspect", "mach"}) == "machine\n");
    CHECK(words({"parallax", "caps", "sub"}) == "subset\n");
}

TEST_CASE("completion: a script for each shell, and for no other") {
    for (const std::string_view shell : {"bash", "zsh", "fish"}) {
        CHECK(has(ran("completion", {shell}).out, "parallax completion words"));
    }
    CHECK(ran("completion", {"tcsh"}).code == kExitUsage);
}

}  // namespace
}  // namespace parallax::app
