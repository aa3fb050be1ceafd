#include "media/remedy.h"

#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include "support/unwrap.h"

namespace parallax {
namespace {

Caps caps(std::string_view text) { return unwrap(parse_caps(text)); }

// An encoder whose profile says what it gives, and a player that takes one of them.
NegotiationProblem encoder_and_player() {
    NegotiationProblem p;
    p.nodes.push_back({.name = "enc", .pads = {{"src", PadSide::src, caps("v,profile=high")}}});
    p.nodes.push_back(
        {.name = "player", .pads = {{"sink", PadSide::sink, caps("v,profile={base,main}")}}});
    p.links.push_back({.from = 0, .from_pad = 0, .to = 1, .to_pad = 0});
    return p;
}

std::vector<PropertyChange> profiles(std::size_t node) {
    std::vector<PropertyChange> all;
    if (node != 0) return all;
    for (const std::string word : {"extended", "main", "base"}) {
        all.push_back(
            {.text = "set profile=" + word + " of enc", .pads = {caps("v,profile=" + word)}});
    }
    return all;
}

Conflict explained(const NegotiationProblem& problem) {
    auto solved = negotiate(problem);
    REQUIRE_FALSE(solved);
    return solved.error();
}

TEST_CASE("remedy: the first value of a property with which all agree is suggested") {
    const NegotiationProblem problem = encoder_and_player();
    Conflict conflict = explained(problem);
    add_remedy(problem, {}, conflict, profiles);
    CHECK(conflict.hint ==
          "nothing here makes profile {base,main} of profile high: set profile=main of enc");
}

TEST_CASE("remedy: a property that helps only there and not in the whole graph is not suggested") {
    NegotiationProblem problem = encoder_and_player();
    problem.nodes.push_back({.name = "file", .pads = {{"sink", PadSide::sink}}});
    problem.links.push_back({.from = 0, .from_pad = 0, .to = 2, .to_pad = 0});
    problem.nodes[0].relation = PadRelation::pass_through;
    Conflict conflict = explained(problem);
    // The file takes what is neither of the other's.
    problem.nodes[2].pads[0].caps = caps("v,profile=high");
    add_remedy(problem, {}, conflict, profiles);
    CHECK(conflict.hint.find("set profile") == std::string::npos);
}

TEST_CASE("remedy: who has no part in a conflict is not asked to change") {
    NegotiationProblem problem = encoder_and_player();
    problem.nodes.push_back({.name = "clock", .pads = {{"src", PadSide::src}}});
    problem.nodes.push_back({.name = "screen", .pads = {{"sink", PadSide::sink}}});
    problem.links.push_back({.from = 2, .from_pad = 0, .to = 3, .to_pad = 0});
    Conflict conflict = explained(problem);
    std::vector<std::size_t> asked;
    add_remedy(problem, {}, conflict, [&](std::size_t node) {
        asked.push_back(node);
        return std::vector<PropertyChange>{};
    });
    CHECK(asked == std::vector<std::size_t>{1, 0});
}

}  // namespace
}  // namespace parallax
