#include "app/options.h"

#include <array>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax::app {
namespace {

constexpr std::array<OptionSpec, 6> kSpecs{{
    {.name = "report", .letter = 'r', .value = "FILE", .doc = "write a report"},
    {.name = "quiet", .letter = 'q', .doc = "say nothing"},
    {.name = "format", .value = "WORD", .doc = "how", .words = "text|json|dot"},
    {.name = "dry-run",
     .value = "STEP",
     .doc = "run nothing",
     .value_optional = true,
     .words = "parse|plan"},
    {.name = "group", .value = "NAME", .doc = "may repeat"},
    {.name = "trace", .value = "FILE", .doc = "not yet", .later = true},
}};

using Words = std::vector<std::string_view>;

Options parsed(const Words& words) { return unwrap(Options::parse(kSpecs, words)); }
std::string refused(const Words& words) {
    const auto options = Options::parse(kSpecs, words);
    return options ? "taken" : options.error().message;
}

TEST_CASE("options: a value may stand behind an equals sign or in the next word") {
    for (const Words& words :
         {Words{"--report=out"}, Words{"--report", "out"}, Words{"-r", "out"}}) {
        const Options options = parsed(words);
        CHECK(options.get("report") == "out");
        CHECK(options.operands().empty());
    }
    CHECK(parsed({"--report="}).get("report") == "");
    CHECK(parsed({"--report=a=b"}).get("report") == "a=b");
    CHECK(parsed({"--report", "--quiet"}).get("report") == "--quiet");  // It was asked for.
}

TEST_CASE("options: a value that may be left out is taken only behind an equals sign") {
    const Options bare = parsed({"--dry-run", "plan"});
    CHECK(bare.has("dry-run"));
    CHECK(bare.get("dry-run") == "");
    CHECK(bare.operands() == Words{"plan"});
    CHECK(parsed({"--dry-run=plan"}).get("dry-run") == "plan");
}

TEST_CASE("options: the first word that is none begins the operands, whatever follows it") {
    const Options options = parsed({"-q", "fakesrc", "--report", "!", "-x", "--"});
    CHECK(options.has("quiet"));
    CHECK_FALSE(options.has("report"));
    CHECK(options.operands() == Words{"fakesrc", "--report", "!", "-x", "--"});
    CHECK(parsed({"--", "--quiet"}).operands() == Words{"--quiet"});
    CHECK(parsed({"-"}).operands() == Words{"-"});
    CHECK(parsed({""}).operands() == Words{""});
    CHECK(parsed({}).operands().empty());
}

TEST_CASE("options: the last of a repeated one wins, and all are kept") {
    const Options options = parsed({"--group", "a", "--group=b", "-q", "--group", "c"});
    CHECK(options.get("group") == "c");
    CHECK(options.all("group") == std::vector<std::string>{"a", "b", "c"});
    CHECK(options.all("report").empty());
    CHECK_FALSE(options.get("report"));
}

TEST_CASE("options: what is wrong is refused with a word on what is right") {
    CHECK(refused({"--reprot=x"}) == "no option called --reprot");
    CHECK(refused({"-z"}) == "no option called -z");
    CHECK(refused({"-qq"}) == "no option called -qq");  // Letters are not joined.
    CHECK(refused({"-r=x"}) != "taken");
    CHECK(refused({"--report"}) == "--report needs a value: FILE");
    CHECK(refused({"-r"}) == "--report needs a value: FILE");
    CHECK(refused({"--quiet=yes"}) == "--quiet takes no value");
    CHECK(refused({"--format=yaml"}) == "--format=yaml is none of text|json|dot");
    CHECK(refused({"--format", "tex"}) == "--format=tex is none of text|json|dot");
    CHECK(refused({"--dry-run=run"}) == "--dry-run=run is none of parse|plan");
    const auto unknown = Options::parse(kSpecs, Words{"--reprot=x"});
    CHECK(unknown.error().hint.find("--report") != std::string::npos);
}

TEST_CASE("options: what is not built yet is named, not carried out in silence") {
    const Options options = parsed({"--trace=x", "--trace", "y"});
    CHECK(options.later() == std::vector<std::string>{"--trace", "--trace"});
    CHECK(parsed({"-q"}).later().empty());
}

TEST_CASE("options: the help has a line for each, with its letter, value and state") {
    const std::string help = help_of(kSpecs);
    CHECK(help.find("  -r, --report FILE") != std::string::npos);
    CHECK(help.find("      --dry-run[=STEP]") != std::string::npos);
    CHECK(help.find("not yet (not in this version)") != std::string::npos);
    CHECK(help_of({}).empty());
}

TEST_CASE("options: durations have a unit, or are seconds") {
    CHECK(unwrap(parse_duration("7")) == 7'000'000'000);
    CHECK(unwrap(parse_duration("1.5s")) == 1'500'000'000);
    CHECK(unwrap(parse_duration("500ms")) == 500'000'000);
    CHECK(unwrap(parse_duration("2m")) == 120'000'000'000);
    CHECK(unwrap(parse_duration("3us")) == 3000);
    CHECK(unwrap(parse_duration("0")) == 0);
    CHECK(unwrap(parse_duration("9e9")) == 9'000'000'000'000'000'000);
}

TEST_CASE("options: what is no duration is refused, with examples") {
    for (const char* bad :
         {"", "s", "-1s", "1h", "1 s", "1ss", "nan", "inf", "1e30", "ten", "9.3e9s"}) {
        CAPTURE(bad);
        const auto duration = parse_duration(bad);
        REQUIRE_FALSE(duration);
        CHECK(duration.error().hint == "write 500ms, 10s or 2m");
    }
}

}  // namespace
}  // namespace parallax::app
