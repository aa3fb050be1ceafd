#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "parallax/report.h"

namespace parallax {
namespace {

using Json = nlohmann::json;

// A parsed document, or null and a failed test.
Json read(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    CHECK_FALSE(json.is_discarded());
    CHECK(text.ends_with("\n"));
    return json;
}

TEST_CASE("report: a problem is one line that says where, what, and what to do") {
    CHECK(to_string(Problem{.kind = "syntax",
                            .text = "no element called fakesnik",
                            .line = 1,
                            .column = 9,
                            .hint = "did you mean fakesink?"}) ==
          "1:9: no element called fakesnik (did you mean fakesink?)");
    CHECK(to_string(Problem{.kind = "io", .element = "src", .text = "no such file"}) ==
          "src: no such file");
    CHECK(to_string(Problem{.kind = "io", .element = "src", .text = "src: no such file"}) ==
          "src: no such file");
}

TEST_CASE("report: its JSON is JSON whatever is in it") {
    RunReport report;
    report.elements.emplace_back().metrics = {{"psnr_db", std::numeric_limits<double>::infinity()}};
    report.errors.push_back({.kind = "io", .text = "\xff\"\n"});
    const auto json = nlohmann::json::parse(to_json(report), nullptr, false);
    REQUIRE(!json.is_discarded());
    CHECK(json["schema"] == 1);
    CHECK(json["elements"][0]["metrics"]["psnr_db"].is_null());
    CHECK(json["errors"][0]["class"] == "io");
}

TEST_CASE("report: a report has every field that the contract names, even when nothing happened") {
    const Json json = read(to_json(RunReport{}));
    CHECK(json["schema"] == 1);
    CHECK(json["status"] == "eos");
    for (const char* field :
         {"wall_s", "cpu_s", "peak_rss_bytes", "negotiation_us", "first_frame_ms"}) {
        CHECK(json[field] == 0);
    }
    for (const char* list : {"elements", "links", "converters", "events", "errors"}) {
        CHECK(json[list] == Json::array());
    }
}

TEST_CASE("report: an element's report keeps its numbers, and metrics only where there are some") {
    RunReport report;
    report.elements.push_back({.name = "a",
                               .factory = "fakesrc",
                               .pid = 42,
                               .group = "default",
                               .frames_in = ~std::uint64_t{0},
                               .frames_out = 7,
                               .dropped = 3,
                               .busy_s = 0.25,
                               .latency_us = {.p50 = 1, .p90 = 2, .p99 = 3, .p999 = 4, .max = 5},
                               .metrics = {}});
    report.elements.push_back(
        {.name = "b",
         .factory = "metrics",
         .group = "default",
         .latency_us = {},
         .metrics = {{"psnr_db", std::numeric_limits<double>::infinity()}, {"ssim", 1.0}}});
    const Json json = read(to_json(report));
    const Json& a = json["elements"][0];
    CHECK(a["frames_in"] == ~std::uint64_t{0});
    CHECK(a["latency_us"]["p999"] == 4);
    CHECK_FALSE(a.contains("metrics"));
    const Json& b = json["elements"][1];
    CHECK(b["metrics"]["ssim"] == 1.0);
    CHECK(b["metrics"]["psnr_db"].is_null());  // JSON has no infinity; equal pictures have one.
}

TEST_CASE("report: text that is no UTF-8, or full of quotes, still makes a document") {
    RunReport report;
    report.errors.push_back({.kind = "io",
                             .element = "filesrc0",
                             .text = "\xff\xfe is \"no\" file\n\\",
                             .names = {"a\tb"},
                             .hint = std::string("nul\0l", 5)});
    report.events.push_back({.t_ms = 1.5, .element = "\x80", .kind = "message", .text = ""});
    const Json json = read(to_json(report));
    CHECK(json["errors"][0]["text"] == "\uFFFD\uFFFD is \"no\" file\n\\");
    CHECK(json["errors"][0]["hint"] == std::string("nul\0l", 5));
    CHECK(json["errors"][0]["names"] == Json::array({"a\tb"}));
    CHECK(json["events"][0]["element"] == "\uFFFD");
}

TEST_CASE("report: a reason stands only with errors that have one") {
    std::vector<Problem> errors(2);
    errors[0] = {.kind = "negotiation", .text = "no", .reason = "no-common-format"};
    errors[1] = {.kind = "syntax", .text = "no", .line = 3, .column = 9};
    const Json json = read(to_json(PlanReport{}, errors));
    CHECK(json["errors"][0]["class"] == "negotiation");
    CHECK(json["errors"][0]["reason"] == "no-common-format");
    CHECK_FALSE(json["errors"][1].contains("reason"));
    CHECK(json["errors"][1]["line"] == 3);
    CHECK(json["errors"][1]["column"] == 9);
}

TEST_CASE("report: a plan keeps the types of properties") {
    PlanReport plan;
    plan.elements.push_back({.name = "a",
                             .factory = "x",
                             .properties = {{"yes", true},
                                            {"count", std::int64_t{-3}},
                                            {"big", ~std::uint64_t{0}},
                                            {"share", 0.5},
                                            {"text", std::string("5")}}});
    plan.links.push_back({.from = "a.src", .to = "b.sink", .caps = "ANY", .memory = "MemFd"});
    plan.filters.push_back({.name = "f", .caps = "video/x-raw"});
    plan.stages.push_back({.group = "default", .elements = {"a", "b"}});
    plan.arenas.push_back({.element = "a", .pad = "a.src", .slot_bytes = 4096, .slots = 3});
    const Json json = read(to_json(plan));
    CHECK(json["elements"][0]["properties"] == Json({{"yes", true},
                                                     {"count", -3},
                                                     {"big", ~std::uint64_t{0}},
                                                     {"share", 0.5},
                                                     {"text", "5"}}));
    CHECK(json["links"][0]["capacity"] == 0);
    CHECK(json["filters"][0]["caps"] == "video/x-raw");
    CHECK(json["stages"][0]["elements"] == Json::array({"a", "b"}));
    CHECK(json["arenas"][0]["slots"] == 3);
    CHECK(json["sandbox"] == Json::array());
    CHECK(json["errors"] == Json::array());
}

}  // namespace
}  // namespace parallax
