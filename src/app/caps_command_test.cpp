// parallax caps: one line for each question, and what is said of a question that is none.
#include <fstream>

#include <doctest/doctest.h>

#include "support/written.h"

namespace parallax::app {
namespace {

TEST_CASE("caps: every answer is one line") {
    CHECK(ran("caps", {"intersect", "a/b,w=[1,9]", "a/b,w=[5,20]"}).out == "a/b,w=[5,9]\n");
    CHECK(ran("caps", {"intersect", "a/b", "c/d"}).out == "EMPTY\n");
    CHECK(ran("caps", {"subset", "a/b,w=3", "a/b"}).out == "true\n");
    CHECK(ran("caps", {"equal", "a/b,w=3", "a/b"}).out == "false\n");
    CHECK(ran("caps", {"can-intersect", "ANY", "a/b"}).out == "true\n");
    CHECK(ran("caps", {"is-fixed", "a/b,w={1,2}"}).out == "false\n");
    CHECK(ran("caps", {"fixate", "a/b,w={2,1}"}).out == "a/b,w=2\n");
    CHECK(ran("caps", {"nearest", "w", "a/b,w=[1,9]", "20"}).out == "a/b,w=9\n");
    CHECK(ran("caps", {"parse", "ANY"}).out == "ANY\n");
}

TEST_CASE("caps: a mistake exits with 2 and a hint, what has no answer with 1") {
    for (const std::vector<std::string_view>& words : {std::vector<std::string_view>{},
                                                       {"parse"},
                                                       {"parse", "a/b,w=["},
                                                       {"equal", "a/b"},
                                                       {"nearest", "w", "a/b", "[1,2]"},
                                                       {"solve"},
                                                       {"solve", "a", "b"}}) {
        const Ran done = ran("caps", words);
        CHECK(done.code == kExitUsage);
        CHECK(done.out.empty());
        CHECK(done.err.starts_with("parallax-caps: error: "));
    }
    CHECK(ran("caps", {"fixate", "ANY"}).code == kExitError);
    CHECK(ran("caps", {"solve", "/none.json"}).code == kExitError);
}

TEST_CASE("caps: the hint knows every verb, solve too") {
    CHECK(ran("caps", {"sovle"}).err ==
          "parallax-caps: error: caps has no verb sovle\nhint: did you mean solve?\n");
    CHECK(ran("caps", {"x"}).err.find("parse, solve") != std::string::npos);
}

TEST_CASE("caps: --help is heard before a verb and behind it") {
    const Ran help = ran("caps", {"--help"});
    CHECK(help.code == kExitOk);
    CHECK(help.out.find("fixate A") != std::string::npos);
    for (const std::string_view verb : {"solve", "parse", "nearest"}) {
        CHECK(ran("caps", {verb, "--help"}).out == help.out);
        CHECK(ran("caps", {verb, "-h"}).code == kExitOk);
    }
}

TEST_CASE("caps: solve answers for a file, also where there is no solution") {
    const TempFolder folder;
    const std::string path = folder.file("p.json");
    std::ofstream(path) << R"({"nodes":[{"name":"a","kind":"source","formats":["x/a"]},
        {"name":"b","kind":"sink","formats":["x/b"]}],"links":[["a","b"]],"converters":[]})";
    const Ran done = ran("caps", {"solve", path});
    CHECK(done.code == kExitOk);
    CHECK(done.out.find("\"sat\"") != std::string::npos);
    CHECK(done.out.find("false") != std::string::npos);
}

}  // namespace
}  // namespace parallax::app
