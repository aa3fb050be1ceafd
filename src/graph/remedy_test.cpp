// What a conflict's hint says is done, and then it must play: a hint that does not help is worse
// than none.
#include <functional>
#include <optional>
#include <regex>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "parallax/pipeline.h"
#include "support/known_elements.h"
#include "support/unwrap.h"

namespace parallax {
namespace {

const Registry& registry() {
    static const Registry known = known_elements();
    return known;
}

Graph graph_of_line(const std::string& line) {
    auto graph = parse_launch(line, registry());
    if (!graph) FAIL(graph.error().front().text);
    return *std::move(graph);
}

// The problem of agreeing, or nothing where all agree.
std::optional<Problem> refusal_of(Graph graph) {
    auto made = Pipeline::create(std::move(graph), registry());
    if (!made) return made.error().front();
    if ((*made)->prepare()) return std::nullopt;
    return (*made)->report().errors.front();
}

// The same graph, with other caps in one filter, without it, or with something between two.
struct Edit {
    std::string node;
    std::string caps;  // Empty: the node is left out.
    std::string put = {};
    std::string before = {};
};
Graph edited(const Graph& graph, const Edit& edit) {
    Graph result;
    std::size_t gone = graph.nodes().size();
    for (std::size_t n = 0; n < graph.nodes().size(); ++n) {
        const Graph::Node& node = graph.nodes()[n];
        Graph::Properties properties = node.properties;
        properties.emplace_back("name", node.name);
        if (edit.put.empty() && node.name == edit.node) {
            if (edit.caps.empty()) gone = n;
            properties.emplace_back("caps", edit.caps.empty() ? "ANY" : edit.caps);
        }
        result.add(node.factory, properties);
    }
    CHECK((gone == graph.nodes().size() || edit.caps.empty()));
    for (const Graph::Link& link : graph.links()) {
        const bool here = !edit.put.empty() && graph.nodes()[link.from].name == edit.node &&
                          graph.nodes()[link.to].name == edit.before;
        if (!here) {
            result.link(link);
            continue;
        }
        const std::size_t added = result.add(edit.put);
        result.link({.from = link.from, .from_pad = link.from_pad, .to = added});
        result.link({.from = added, .to = link.to, .to_pad = link.to_pad});
    }
    return result;
}

std::string caps_in(const Graph& graph, const std::string& node) {
    const Graph::Node* found = graph.find(node);
    REQUIRE(found != nullptr);
    for (const auto& [key, value] : found->properties) {
        if (key == "caps") return value;
    }
    FAIL("no caps in " << node);
    return {};
}

Graph rewritten(const Graph& graph, const std::string& node,
                const std::function<void(Structure&)>& change) {
    Caps caps;
    const Caps before = unwrap(parse_caps(caps_in(graph, node)));
    for (Structure structure : before.structures()) {
        change(structure);
        caps.append(std::move(structure));
    }
    return edited(graph, {node, to_string(caps)});
}

// Does what one clause says, as a person would who reads it.
Graph obeyed(const Graph& graph, const std::string& clause) {
    std::smatch m;
    if (std::regex_match(clause, m, std::regex("put (\\S+) between (\\S+) and (\\S+)"))) {
        return edited(graph, {.node = m[2], .caps = {}, .put = m[1], .before = m[3]});
    }
    if (std::regex_match(clause, m, std::regex("write (\\S+) in (\\S+)"))) {
        const Caps said = unwrap(parse_caps("x/y," + m[1].str()));
        return rewritten(graph, m[2], [&](Structure& structure) {
            for (const Field& field : said.structures().front().fields()) {
                structure.set(field.name, field.value);
            }
        });
    }
    if (std::regex_match(clause, m, std::regex("leave \\(\\S+\\) out of (\\S+)"))) {
        return rewritten(graph, m[1], [](Structure& s) { s.set_features(Features()); });
    }
    if (std::regex_match(clause, m, std::regex("leave (\\S+) out of (\\S+)"))) {
        const Caps said = unwrap(
            parse_caps("x/y," + std::regex_replace(m[1].str() + ",", std::regex(","), "=0,")));
        return rewritten(graph, m[2], [&](Structure& structure) {
            for (const Field& field : said.structures().front().fields())
                structure.erase(field.name);
        });
    }
    if (std::regex_match(clause, m, std::regex("ask for \\(ANY\\) memory in (\\S+)"))) {
        return rewritten(graph, m[1], [](Structure& s) { s.set_features(Features::any()); });
    }
    if (std::regex_match(clause, m, std::regex("leave (\\S+) out"))) {
        return edited(graph, {.node = m[1], .caps = {}});
    }
    FAIL("nobody knows how to obey: " << clause);
    return graph;
}

// After "nothing here makes …: ".
std::string advice(const std::string& hint) {
    if (!hint.starts_with("nothing here")) return hint;
    const std::size_t colon = hint.find(": ");
    return colon == std::string::npos ? "" : hint.substr(colon + 2);
}

struct Case {
    std::string line;
    std::string advice;
    std::string field = {};
};

TEST_CASE("remedy: what a conflict suggests makes the graph agree") {
    const std::vector<Case> cases{
        {"videotestsrc ! video/x-raw,format=FOO ! fakesink", "write format=RGB in capsfilter0",
         "format"},
        {"videotestsrc ! video/x-raw,width=100000 ! fakesink", "write width=65536 in capsfilter0",
         "width"},
        {"audiotestsrc ! audio/x-raw,format=S16BE ! fakesink", "write format=S16LE in capsfilter0",
         "format"},
        {"audiotestsrc ! audio/x-raw,rate=900000 ! fakesink", "write rate=768000 in capsfilter0",
         "rate"},
        {"fakesrc ! video/x-raw(memory:GPU),format=NV12,width=16,height=16,framerate=1/1 ! pngenc "
         "! fakesink",
         "leave (memory:GPU) out of capsfilter0", "memory"},
        {"videotestsrc ! video/x-raw(memory:GPU) ! fakesink",
         "leave (memory:GPU) out of capsfilter0", "memory"},
        {"videotestsrc ! tee name=t  t. ! queue ! video/x-raw,framerate=30/1 ! fakesink  "
         "t. ! queue ! video/x-raw,framerate=25/1 ! fakesink",
         "put videorate between queue1 and capsfilter1", "framerate"},
        {"videotestsrc ! video/x-raw,pixel-aspect-ratio=1/1 ! queue ! "
         "video/x-raw,pixel-aspect-ratio=2/1 ! fakesink",
         "write pixel-aspect-ratio=1/1 in capsfilter1", "pixel-aspect-ratio"},
        {"videotestsrc ! video/x-raw,mood=1 ! queue ! video/x-raw,mood=2 ! fakesink",
         "write mood=1 in capsfilter1", "mood"},
        // Sizes are scaled, rates are not: not the size is at fault.
        {"videotestsrc ! video/x-raw,width=320,framerate=30/1 ! queue ! "
         "video/x-raw,width=160,framerate=25/1 ! fakesink",
         "put videorate between queue0 and capsfilter1", "framerate"},
        {"videotestsrc ! video/x-raw,mood=1,framerate=30/1 ! queue ! "
         "video/x-raw,mood=2,width=160,framerate=25/1 ! fakesink",
         "write mood=1,framerate=30/1 in capsfilter1"},
        {"videotestsrc ! image/png ! fakesink", "put pngenc between videotestsrc0 and capsfilter0"},
        {"videotestsrc ! audio/x-raw ! fakesink", "leave capsfilter0 out"},
        {"rawtestsrc ! video/x-raw ! fakesink", "put softisp between rawtestsrc0 and capsfilter0"},
        {"rawtestsrc ! identity ! queue ! video/x-raw,width=100 ! identity ! jpegenc ! fakesink",
         "put softisp between queue0 and capsfilter0"},
        {"videotestsrc ! video/x-raw,width=64,height=48 ! queue ! metrics name=m ! fakesink "
         "videotestsrc ! video/x-raw,width=32,height=48 ! queue ! m.reference",
         "leave width out of capsfilter1"},
        {"videotestsrc ! video/x-raw,width=10 ! videocrop left=20 ! fakesink",
         "put videoscale between capsfilter0 and videocrop0"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.line);
        const Graph graph = graph_of_line(c.line);
        const auto problem = refusal_of(graph);
        REQUIRE(problem);
        CHECK(advice(problem->hint) == c.advice);
        if (!c.field.empty()) CHECK(problem->field == c.field);
        if (advice(problem->hint).empty()) continue;
        const auto left = refusal_of(obeyed(graph, advice(problem->hint)));
        CHECK_MESSAGE(!left, left.value_or(Problem{}).text);
    }
}

TEST_CASE("remedy: where nothing helps, that is said, and no element is named") {
    const auto problem = refusal_of(graph_of_line(
        "videotestsrc ! tee name=t  t. ! queue ! pngenc ! fakesink  t. ! queue ! wavenc ! "
        "fakesink"));
    REQUIRE(problem);
    CHECK(problem->hint.starts_with("nothing here makes audio/x-raw of video/x-raw"));
    CHECK(advice(problem->hint).empty());
}

// Does all that one suggestion says, which may be two things.
Graph all_obeyed(Graph graph, const std::string& said) {
    for (std::size_t at = 0; at != std::string::npos;) {
        const std::size_t end = said.find(" and leave ", at);
        graph = obeyed(graph, said.substr(at, end - at));
        at = end == std::string::npos ? end : end + 5;
    }
    return graph;
}

TEST_CASE("remedy: over a table of graphs, whatever is suggested helps") {
    const std::vector<std::string> caps{"video/x-raw,format=FOO,width=7",
                                        "video/x-raw,framerate={25/1,24/1},height=9",
                                        "video/x-raw(memory:DMABuf),width=5",
                                        "video/x-raw(memory:GPU),format=FOO",
                                        "audio/x-raw,channels=100000",
                                        "audio/x-raw,rate=8000,format=S16BE",
                                        "image/png",
                                        "image/jpeg",
                                        "video/x-bayer,format=rggb,width=100001",
                                        "video/x-raw,width=70000; video/x-raw,width=80000"};
    int suggested = 0;
    const auto check = [&](const std::string& line) {
        CAPTURE(line);
        const auto parsed = parse_launch(line, registry());
        if (!parsed) return;
        const auto problem = refusal_of(*parsed);
        if (!problem || problem->kind != "negotiation") return;
        const std::string said = advice(problem->hint);
        if (said.empty()) return;
        CAPTURE(said);
        ++suggested;
        const auto left = refusal_of(all_obeyed(*parsed, said));
        CHECK_MESSAGE(!left, left.value_or(Problem{}).text);
    };
    const std::vector<std::string> sources{"videotestsrc", "audiotestsrc", "rawtestsrc"};
    for (std::size_t i = 0; i < caps.size(); ++i) {
        const std::string source = sources[i % 3] + " ! ";
        const std::string next = caps[(i + 1) % caps.size()];
        check(source + "queue ! " + caps[i] + " ! videocrop left=2 ! " + next + " ! fakesink");
        check(source + "queue ! " + caps[i] + " ! videoscale ! " + next + " ! fakesink");
        for (const char* const other :
             {"video/x-raw,format=RGB", "video/x-raw,width=64,framerate=30/1", "audio/x-raw",
              "video/x-raw(memory:GPU)"}) {
            check(sources[i % 2] + " ! tee name=t  t. ! queue ! " + caps[i] +
                  " ! fakesink  t. ! identity ! " + other + " ! fakesink");
        }
    }
    CHECK(suggested > 15);
}

}  // namespace
}  // namespace parallax
