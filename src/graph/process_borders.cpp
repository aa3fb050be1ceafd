#include "graph/process_borders.h"

#include <algorithm>

namespace parallax {
namespace {

// How those would be isolated that may be put in, each way once.
std::vector<std::string> isolations_of_added(const Graph& graph, const Converters& converters) {
    std::vector<std::string> hows;
    for (const NegotiationConverter& each : converters.entries()) {
        std::string how = graph.isolation_of_added(each.name + "-auto0", each.name);
        if (std::ranges::find(hows, how) == hows.end()) hows.push_back(std::move(how));
    }
    return hows;
}

}  // namespace

bool run_apart(const std::string& a, const std::string& b) { return a != b || a == "process"; }

std::vector<ProcessBorders> process_borders(const Graph& graph,
                                            const std::vector<PlannedLink>& links,
                                            const Converters& converters) {
    std::vector<ProcessBorders> borders(links.size());
    if (!graph.may_isolate()) return borders;
    const std::vector<std::string> added = isolations_of_added(graph, converters);
    // Several may be put in, one behind the other.
    const bool among = added.size() > 1 || std::ranges::find(added, "process") != added.end();
    for (std::size_t l = 0; l < links.size(); ++l) {
        const std::string& from = graph.nodes()[links[l].from].isolate;
        const std::string& to = graph.nodes()[links[l].to].isolate;
        const auto apart_from = [&](const std::string& end) {
            return std::ranges::any_of(added,
                                       [&](const std::string& how) { return run_apart(end, how); });
        };
        borders[l] = {.on_link = run_apart(from, to),
                      .before_converter = apart_from(from),
                      .behind_converter = among || apart_from(to)};
    }
    return borders;
}

}  // namespace parallax
