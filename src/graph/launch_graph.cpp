#include "graph/launch_graph.h"

#include <algorithm>

#include "parallax/pipeline.h"

namespace parallax {
namespace {

class Builder {
  public:
    explicit Builder(const LaunchText& launch) : launch_(launch) {}

    Graph run() {
        for (const ElementText& element : launch_.elements) {
            Graph::Properties properties;
            for (const PropertyText& property : element.properties) {
                properties.emplace_back(property.key, property.value);
            }
            properties.emplace_back("name", element.name);
            graph_.add(element.factory, std::move(properties), position(element.place));
        }
        for (const LinkText& link : launch_.links) add(link);
        return std::move(graph_);
    }

  private:
    static Graph::Position position(const TextPlace& place) {
        return {static_cast<int>(place.line), static_cast<int>(place.column)};
    }

    // a ! caps ! caps ! b: a chain of filters between the two ends.
    void add(const LinkText& link) {
        std::size_t from = link.from.element;
        std::string pad = link.from.pad;
        for (const FilterText& filter : link.filters) {
            const std::size_t next = graph_.add(
                "capsfilter", {{"caps", to_string(filter.caps)}, {"name", free_filter_name()}},
                position(filter.place));
            graph_.link({.from = from,
                         .from_pad = std::exchange(pad, {}),
                         .to = next,
                         .to_pad = {},
                         .position = position(link.place)});
            from = next;
        }
        graph_.link({.from = from,
                     .from_pad = pad,
                     .to = link.to.element,
                     .to_pad = link.to.pad,
                     .position = position(link.place)});
    }

    std::string free_filter_name() {
        for (;;) {
            std::string name = "capsfilter" + std::to_string(filters_++);
            if (graph_.find(name) == nullptr) return name;
        }
    }

    const LaunchText& launch_;
    Graph graph_;
    int filters_ = 0;
};

}  // namespace

Graph graph_of(const LaunchText& launch) { return Builder(launch).run(); }

Problem problem_of(const TextError& error) {
    return {.kind = std::string(to_string(error.fault)),
            .element = error.element,
            .text = error.text,
            .line = static_cast<int>(error.place.line),
            .column = static_cast<int>(error.place.column),
            .names = error.names,
            .hint = error.hint};
}

std::expected<Graph, std::vector<Problem>> parse_launch(std::string_view text,
                                                        const Registry& registry,
                                                        const LaunchNames& names) {
    const LaunchRead read = read_launch(text, registry, names);
    if (read.errors.empty()) return graph_of(read.launch);
    std::vector<Problem> problems;
    for (const TextError& error : read.errors) problems.push_back(problem_of(error));
    return std::unexpected(std::move(problems));
}

}  // namespace parallax
