#include "app/caps_solve.h"

#include <string>

#include <doctest/doctest.h>

namespace parallax::app {
namespace {

std::string solve(std::string_view text) {
    const auto answer = solve_json(text);
    return answer ? *answer : "error: " + answer.error().message;
}

bool says(std::string_view text, std::string_view part) {
    return solve(text).find(part) != std::string::npos;
}

TEST_CASE("caps solve: what is given up says which limit it met") {
    // Each converter feeds all after it.
    constexpr int count = 24;
    std::string formats;
    std::string converters;
    for (int i = 0; i < 8; ++i) {
        const std::string format = "\"v,f=" + std::to_string(i) + "\"";
        formats += (i == 0 ? "" : ",") + format;
        converters += std::string(i == 0 ? "" : ",") + "{\"from\":" + format + R"(,"to":"v,f=)" +
                      std::to_string((i + 1) % 8) + R"(","cost":3})";
    }
    std::string nodes = R"({"name":"a","kind":"source","formats":["v,f=0"]})";
    std::string links = R"(["a","c0"],["c23","z"])";
    for (int i = 0; i < count; ++i) {
        const std::string name = "\"c" + std::to_string(i) + "\"";
        nodes += ",{\"name\":" + name + R"(,"kind":"convert","formats":[)" + formats + "]}";
        for (int j = i + 1; j < count; ++j) {
            links += ",[" + name + ",\"c" + std::to_string(j) + "\"]";
        }
    }
    nodes += R"(,{"name":"z","kind":"sink","formats":["v,f=1"]})";
    const auto answer = solve_json("{\"nodes\":[" + nodes + "],\"links\":[" + links +
                                   "],\"converters\":[" + converters + "]}");
    REQUIRE_FALSE(answer);
    CHECK(answer.error().code == Errc::gave_up);
    CHECK(answer.error().message.find("tables of more than 262144 prices") != std::string::npos);
}

TEST_CASE("caps solve: a tee is served by converters on the branch that needs them, step by step") {
    CHECK(solve(R"({"nodes":[
        {"name":"cam","kind":"source","formats":["v,f=NV12","v,f=RGB"]},
        {"name":"t","kind":"pass","formats":["ANY"]},
        {"name":"enc","kind":"sink","formats":["v,f=RGB"]},
        {"name":"net","kind":"sink","formats":["v,f=NV12"]}],
      "links":[["cam","t"],["t","enc"],["t","net"]],
      "converters":[{"from":"v,f=NV12","to":"v,f=I420","cost":1},
                    {"from":"v,f=I420","to":"v,f=RGB","cost":2},
                    {"from":"v,f=RGB","to":"v,f=NV12","cost":7}]})") ==
          R"({"sat":true,"cost":3,"nodes":{"cam":{"out":"v,f=NV12"},)"
          R"("t":{"in":"v,f=NV12","out":"v,f=NV12"},"enc":{"in":"v,f=RGB"},)"
          R"("net":{"in":"v,f=NV12"}},"inserted":[)"
          R"({"link":["t","enc"],"from":"v,f=NV12","to":"v,f=I420"},)"
          R"({"link":["t","enc"],"from":"v,f=I420","to":"v,f=RGB"}],"conflict":[]})");
}

TEST_CASE("caps solve: a node that converts costs 1, and of equal plans the source's wish wins") {
    constexpr std::string_view kChain = R"({"nodes":[
        {"name":"a","kind":"source","formats":["v,f=A","v,f=B"]},
        {"name":"c","kind":"convert","formats":["v,f=A","v,f=B","v,f=C"]},
        {"name":"z","kind":"sink","formats":["v,f=C"]}],"links":[["a","c"],["c","z"]]})";
    CHECK(says(kChain, R"("cost":1)"));
    CHECK(says(kChain, R"("c":{"in":"v,f=A","out":"v,f=C"})"));
}

TEST_CASE("caps solve: what cannot be is told by the fewest names, and a circle by its nodes") {
    CHECK(says(R"({"nodes":[
        {"name":"a","kind":"source","formats":["v,f=A"]},
        {"name":"p","kind":"pass","formats":["ANY"]},
        {"name":"z","kind":"sink","formats":["v,f=B"]}],"links":[["a","p"],["p","z"]]})",
               R"("sat":false,"cost":null,"nodes":{},"inserted":[],"conflict":["a","z"])"));
    CHECK(says(R"({"nodes":[{"name":"p","kind":"pass","formats":["ANY"]},
                            {"name":"q","kind":"pass","formats":["ANY"]}],
                   "links":[["p","q"],["q","p"]]})",
               R"("conflict":["p","q"])"));
    CHECK(says(R"({"nodes":[{"name":"n","kind":"source","formats":[]}]})", R"("conflict":["n"])"));
    CHECK(solve(R"({"nodes":[]})") ==
          R"({"sat":true,"cost":0,"nodes":{},"inserted":[],"conflict":[]})");
}

TEST_CASE("caps solve: a layout that one end does not mention is taken, and said") {
    CHECK(
        says(R"({"nodes":[
        {"name":"cam","kind":"source",
         "formats":["video/x-raw(memory:DMABuf),format=NV12,drm-modifier={tiled,linear}"]},
        {"name":"enc","kind":"sink","formats":["video/x-raw(memory:DMABuf),format=NV12"]}],
      "links":[["cam","enc"]]})",
             R"("notes":[{"link":["cam","enc"],"text":"drm-modifier linear: enc mentions none,)"));
}

TEST_CASE("caps solve: what no other process can map is copied, and why is said; else refused") {
    constexpr std::string_view kNodes = R"({"nodes":[
        {"name":"cam","kind":"source","formats":["video/x-raw(memory:Heap),format=NV12"]},
        {"name":"view","kind":"sink","formats":["video/x-raw(ANY),format=NV12"]}],
      "links":[{"from":"cam","to":"view","crosses_process":true}])";
    const std::string copied =
        std::string(kNodes) + R"(,"copies":[{"from":"memory:Heap","to":"memory:MemFd","cost":3}]})";
    CHECK(says(copied, R"("cost":3)"));
    CHECK(says(copied, R"("view":{"in":"video/x-raw,format=NV12"})"));
    CHECK(says(copied,
               "copied from memory:Heap to memory:MemFd by copy-Heap-to-MemFd: cam and "
               "view run in two processes, which cannot share memory:Heap"));
    const std::string alone = std::string(kNodes) + "}";
    CHECK(says(alone, R"("conflict":["cam"],"reason":"no-common-memory")"));
    CHECK(says(alone, "cam has no memory that another process can map"));
}

TEST_CASE("caps solve: memory that is given up between two processes is named") {
    const auto solved = [](const std::string& crosses) {
        return solve(R"({"nodes":[
        {"name":"cam","kind":"source",
         "formats":["video/x-raw(memory:GPU),format=NV12","video/x-raw,format=NV12"]},
        {"name":"view","kind":"sink","formats":["video/x-raw(ANY),format=NV12"]}],
      "links":[{"from":"cam","to":"view","crosses_process":)" +
                     crosses + "}]}");
    };
    CHECK(solved("false") ==
          R"({"sat":true,"cost":0,"nodes":{"cam":{"out":"video/x-raw(memory:GPU),format=NV12"},)"
          R"("view":{"in":"video/x-raw(memory:GPU),format=NV12"}},"inserted":[],"conflict":[]})");
    CHECK(solved("true") ==
          R"({"sat":true,"cost":0,"nodes":{"cam":{"out":"video/x-raw,format=NV12"},)"
          R"("view":{"in":"video/x-raw,format=NV12"}},"inserted":[],"conflict":[],)"
          R"("notes":[{"link":["cam","view"],"text":"memory:MemFd: cam and view run in two )"
          R"(processes, which cannot share memory:GPU"}]})");
    CHECK(solved("3") == "error: links[0]: true or false is wanted");
}

TEST_CASE("caps solve: a copy between memories that are none is refused with its place") {
    CHECK(says(R"({"nodes":[],"copies":[{"from":"GPU","to":"memory:MemFd","cost":1}]})",
               R"(copies[0].from: "GPU" is none of memory:MemFd, memory:Heap)"));
    CHECK(says(R"({"nodes":[],"copies":[{"from":"memory:GPU","to":"memory:MemFd"}]})",
               R"(copies[0]: "cost" is missing)"));
}

TEST_CASE("caps solve: converters chain as far as they go, past many that lead elsewhere") {
    std::string text = R"({"nodes":[{"name":"a","kind":"source","formats":["v,f=0"]},
        {"name":"z","kind":"sink","formats":["v,f=20"]}],"links":[["a","z"]],"converters":[)";
    for (int i = 0; i < 20; ++i) {
        const auto edge = [&](int from, int to, int cost) {
            text += "{\"from\":\"v,f=" + std::to_string(from) +
                    "\",\"to\":\"v,f=" + std::to_string(to) +
                    "\",\"cost\":" + std::to_string(cost) + "},";
        };
        edge(i, i + 1, 1);
        for (int other = 0; other < i; ++other) edge(i, other, 1);
    }
    text.back() = ']';
    CHECK(says(text + "}", R"("sat":true,"cost":20)"));
}

TEST_CASE("caps solve: what is no problem is refused with its place") {
    CHECK(solve("{") == "error: this is not JSON");
    CHECK(solve("[]") == "error: the problem: an object is wanted");
    CHECK(solve("{}") == "error: the problem: \"nodes\" is missing");
    CHECK(says(R"({"nodes":[{"name":"a","kind":"sauce","formats":[]}]})",
               "nodes[0].kind: \"sauce\""));
    CHECK(says(R"({"nodes":[{"name":"a","kind":"source","formats":["v,f="]}]})",
               "nodes[0].formats: \"v,f=\": column"));
    CHECK(says(R"({"nodes":[{"name":"a","kind":"pass","formats":["ANY"]},
                            {"name":"a","kind":"pass","formats":["ANY"]}]})",
               "nodes[1]: a second node is called \"a\""));
    CHECK(says(R"({"nodes":[],"links":[["a","b"]]})", "links[0]: no node is called \"a\""));
    CHECK(says(R"({"nodes":[],"converters":[{"from":"v","to":"v","cost":-1}]})",
               "converters[0].cost: a whole number"));
}

}  // namespace
}  // namespace parallax::app
