// Plan: what will run: stages, channels, arenas, formats. Pure data; prints as text, JSON and dot.
//
// make_plan() places a negotiated graph: elements that can run on one thread by plain calls become
// a stage; every other link becomes a channel with a depth; every output that allocates gets an
// arena with as many slots as can be under way at once, so that an element never waits for memory
// that nobody will give back.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "exec/channel.h"
#include "graph/element_run.h"

namespace parallax {

// A link of the graph with its pads found and its format agreed.
struct PlannedLink {
    std::size_t from = 0;      // Element.
    std::size_t from_pad = 0;  // Output number.
    std::size_t to = 0;
    std::size_t to_pad = 0;  // Input number.
    Structure caps{"ANY"};
    std::size_t frame_bytes = 0;  // Largest; 0: unknown.

    // As placed.
    bool channel = false;
    std::uint32_t capacity = 0;  // Of the channel.
    std::uint32_t held = 0;      // Frames that can be out beyond it at once.
    Leaky leaky = Leaky::no;
    std::size_t from_stage = 0;  // Of the channel: stages by number, and which
    std::size_t from_word = 0;   // word of their records is its.
    std::size_t to_stage = 0;
    std::size_t to_word = 0;
};

struct PlannedStage {
    std::vector<std::size_t> elements;  // In order of flow.
    std::string group;
    std::string isolate = "no";
    bool remote() const { return isolate != "no"; }
    std::size_t inputs = 0;            // Channels into the first element,
    std::size_t channels = 0;          // and out of the last.
    std::size_t checkpoint_bytes = 0;  // Of the first element, where it lives elsewhere.
};

struct PlannedArena {
    std::size_t element = 0;
    std::size_t pad = 0;  // Output number.
    std::size_t slot_bytes = 0;
    std::uint32_t slots = 0;
};

struct Plan {
    std::vector<PlannedLink> links;
    std::vector<PlannedStage> stages;  // Upstream first.
    std::vector<PlannedArena> arenas;
};

// What placement needs to know of each element.
struct PlanInput {
    struct Node {
        const ElementRun* run = nullptr;
        std::string group;
        std::string isolate;
    };
    std::vector<Node> nodes;
    std::vector<PlannedLink> links;
};

// Fails on cycles (Errc::cycle, naming the elements) and on more pads than a stage can have.
Result<Plan> make_plan(const PlanInput& input);

// Element indices, upstream first; fails on a cycle.
Result<std::vector<std::size_t>> flow_order(std::size_t nodes,
                                            const std::vector<PlannedLink>& links,
                                            const std::vector<std::string>& names);

}  // namespace parallax
