// Elimination: in which order the variables of a graph can be done away with, so that each tells
// what it allows to one neighbour or two. Chains, trees, and what comes together again behind a tee
// vanish to the last; what is left of other graphs is the core.
//
// Threads: a pure function.
#pragma once

#include <array>
#include <cstddef>
#include <vector>

namespace parallax {

struct Elimination {
    struct Edge {
        std::size_t a = 0;  // Less than b.
        std::size_t b = 0;
    };
    struct Step {
        std::size_t variable = 0;
        std::size_t count = 0;               // Of neighbours that are left: none, one or two …
        std::array<std::size_t, 2> edges{};  // … and the edges to them.
        std::size_t joined = 0;              // With two: the edge between them.
    };
    std::vector<Edge> edges;  // The given ones first, then those between neighbours.
    std::vector<Step> steps;
    std::vector<std::size_t> core;        // Variables, each with three neighbours or more …
    std::vector<std::size_t> core_edges;  // … and the edges between them.
};

// Each pair of variables has one edge at most.
Elimination eliminate(std::size_t variables, const std::vector<Elimination::Edge>& edges);

}  // namespace parallax
