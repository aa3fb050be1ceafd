#include "parallax/graph.h"

#include <algorithm>

#include <fnmatch.h>

#include "base/check.h"

namespace parallax {

std::size_t Graph::add(std::string factory, Properties properties) {
    return add(std::move(factory), std::move(properties), Position{});
}

std::size_t Graph::add(std::string factory, Properties properties, Position position) {
    Node node{.name = {}, .factory = std::move(factory), .properties = {}, .position = position};
    for (auto& [key, value] : properties) {
        if (key == "name")
            node.name = std::move(value);
        else if (key == "isolate")
            node.isolate = std::move(value);
        else if (key == "sandbox")
            node.sandbox = std::move(value);
        else if (key == "group")
            node.group = std::move(value);
        else
            node.properties.emplace_back(std::move(key), std::move(value));
    }
    if (node.name.empty()) {
        // Counted by factory, in order of appearance, whether the earlier ones have names or not.
        const auto earlier = std::ranges::count(nodes_, node.factory, &Node::factory);
        node.name = node.factory + std::to_string(earlier);
    }
    nodes_.push_back(std::move(node));
    return nodes_.size() - 1;
}

std::size_t Graph::add_filter(const Caps& caps) {
    return add("capsfilter", {{"caps", to_string(caps)}});
}

void Graph::isolate_added(std::vector<std::string> patterns, std::string how) {
    added_rules_.emplace_back(std::move(patterns), std::move(how));
}

std::string Graph::isolation_of_added(std::string_view name, std::string_view factory) const {
    std::string how = "no";
    for (const auto& [patterns, said] : added_rules_) {
        if (fits_any(patterns, name, factory)) how = said;
    }
    return how;
}

bool Graph::may_isolate() const {
    return std::ranges::any_of(nodes_, [](const Node& node) { return node.isolate != "no"; }) ||
           std::ranges::any_of(added_rules_, [](const auto& rule) { return rule.second != "no"; });
}

bool fits_any(const std::vector<std::string>& patterns, std::string_view name,
              std::string_view factory) {
    if (patterns.empty()) return true;
    return std::ranges::any_of(patterns, [&](const std::string& pattern) {
        return ::fnmatch(pattern.c_str(), std::string(name).c_str(), 0) == 0 ||
               ::fnmatch(pattern.c_str(), std::string(factory).c_str(), 0) == 0;
    });
}

void Graph::link(std::size_t from, std::size_t to) {
    link({.from = from, .from_pad = {}, .to = to, .to_pad = {}});
}

void Graph::link(Link link) {
    PX_CHECK(link.from < nodes_.size() && link.to < nodes_.size());
    links_.push_back(std::move(link));
}

const Graph::Node* Graph::find(std::string_view name) const {
    const auto found = std::ranges::find(nodes_, name, &Node::name);
    return found == nodes_.end() ? nullptr : &*found;
}

}  // namespace parallax
