#include <limits>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "parallax/report.h"

namespace parallax {
namespace {

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

}  // namespace
}  // namespace parallax
