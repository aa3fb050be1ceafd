// Graph: what the user asked for: elements, their properties, and links. Pure data.
//
//     Graph graph;
//     const auto src = graph.add("videotestsrc", {{"num-buffers", "30"}});
//     const auto enc = graph.add("pngenc");
//     graph.link(src, enc);
//
// Text makes the same thing: parse_launch (parallax/pipeline.h).
// Nothing is checked here beyond indices; Pipeline::create finds all that is wrong.
//
// Threads: a plain value.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parallax/caps.h"
#include "parallax/result.h"

namespace parallax {

class Graph {
  public:
    using Properties = std::vector<std::pair<std::string, std::string>>;  // The last one wins.

    struct Position {  // In the text it came from, from 1; 0 without one.
        int line = 0;
        int column = 0;
    };
    struct Node {
        std::string name;  // Unique; "factory0" … when the user gave none.
        std::string factory;
        Properties properties;  // Without the common ones below.
        std::string isolate = "no";
        std::string sandbox = {};
        std::string group = "default";
        Position position = {};
    };
    struct Link {
        std::size_t from = 0;       // Index of a node.
        std::string from_pad = {};  // Empty: the first that fits.
        std::size_t to = 0;
        std::string to_pad = {};
        Position position = {};
    };

    // Adds an element; the common properties name, isolate, sandbox and group are taken out of
    // `properties`. Returns its index.
    std::size_t add(std::string factory, Properties properties = {});
    std::size_t add(std::string factory, Properties properties, Position position);
    // A capsfilter between two elements.
    std::size_t add_filter(const Caps& caps);

    // "no", "process", or the name of a process that elements share.
    void isolate(std::size_t node, std::string how) { nodes_.at(node).isolate = std::move(how); }
    // The same for what negotiation will add: globs on name or factory, none for all. The last rule
    // that fits counts.
    void isolate_added(std::vector<std::string> patterns, std::string how);
    std::string isolation_of_added(std::string_view name, std::string_view factory) const;
    // Whether anything is, or may come to be, in a process of its own.
    bool may_isolate() const;

    void link(std::size_t from, std::size_t to);
    void link(Link link);

    const std::vector<Node>& nodes() const { return nodes_; }
    const std::vector<Link>& links() const { return links_; }
    const Node* find(std::string_view name) const;

  private:
    std::vector<Node> nodes_;
    std::vector<Link> links_;
    std::vector<std::pair<std::vector<std::string>, std::string>> added_rules_;
};

// Whether the name of an element, or of its factory, fits any of the globs; with none it does.
bool fits_any(const std::vector<std::string>& patterns, std::string_view name,
              std::string_view factory);

}  // namespace parallax
