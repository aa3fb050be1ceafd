// run_line: a launch line, run to its end; for tests of elements in whole graphs.
//
//     const LineRun ran = run_line("filesrc location=" + path + " ! fakesink");
//     CHECK(ran["fakesink0"].frames_in == 3);
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/builtin.h"
#include "parallax/pipeline.h"

namespace parallax {

struct LineRun {
    RunReport report;
    std::string error;  // The first one as users read it, or empty.

    const ElementReport& operator[](std::string_view name) const {
        for (const ElementReport& element : report.elements) {
            if (element.name == name) return element;
        }
        FAIL("no element called " << std::string(name));
        return report.elements.front();
    }
    bool fails_with(std::string_view part) const { return error.find(part) != std::string::npos; }
};

inline LineRun run_line(std::string_view line) {
    Registry registry;
    add_builtin_elements(registry);
    auto graph = parse_launch(line, registry);
    if (!graph) FAIL(graph.error().front().text << " in: " << std::string(line));
    auto pipeline = Pipeline::create(*std::move(graph), registry);
    if (!pipeline) return {.report = {}, .error = pipeline.error().front().text};
    const Result<> outcome = (*pipeline)->run();
    LineRun ran{.report = (*pipeline)->report(), .error = {}};
    if (!outcome) ran.error = to_string(outcome.error());
    CHECK(ran.error.empty() == ran.report.errors.empty());
    return ran;
}

}  // namespace parallax
