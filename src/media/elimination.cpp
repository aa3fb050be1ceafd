#include "media/elimination.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace parallax {
namespace {

class Eliminator {
  public:
    Eliminator(std::size_t variables, const std::vector<Elimination::Edge>& edges)
        : edge_to_(variables) {
        for (const Elimination::Edge& edge : edges) connect(edge.a, edge.b);
        for (std::size_t v = 0; v < variables; ++v) waiting_.insert({edge_to_[v].size(), v});
    }

    Elimination run() && {
        while (!waiting_.empty() && waiting_.begin()->first <= 2) {
            const std::size_t v = waiting_.begin()->second;
            waiting_.erase(waiting_.begin());
            step(v);
        }
        for (const auto& [degree, v] : waiting_) result_.core.push_back(v);
        std::ranges::sort(result_.core);
        for (const std::size_t v : result_.core) {
            for (const auto& [other, edge] : edge_to_[v]) {
                if (v < other) result_.core_edges.push_back(edge);
            }
        }
        return std::move(result_);
    }

  private:
    std::size_t connect(std::size_t a, std::size_t b) {
        const auto [place, is_new] = edge_to_[a].try_emplace(b, result_.edges.size());
        if (!is_new) return place->second;
        edge_to_[b].emplace(a, place->second);
        result_.edges.push_back({std::min(a, b), std::max(a, b)});
        return place->second;
    }

    void step(std::size_t v) {
        Elimination::Step step{.variable = v, .count = edge_to_[v].size()};
        std::array<std::size_t, 2> others{};
        std::size_t i = 0;
        for (const auto& [other, edge] : edge_to_[v]) {
            others.at(i) = other;
            step.edges.at(i) = edge;
            ++i;
        }
        for (std::size_t n = 0; n < step.count; ++n) {
            waiting_.erase({edge_to_[others.at(n)].size(), others.at(n)});
            edge_to_[others.at(n)].erase(v);
        }
        if (step.count == 2) step.joined = connect(others[0], others[1]);
        for (std::size_t n = 0; n < step.count; ++n) {
            waiting_.insert({edge_to_[others.at(n)].size(), others.at(n)});
        }
        result_.steps.push_back(step);
    }

    std::vector<std::map<std::size_t, std::size_t>> edge_to_;  // Of each, by neighbour.
    std::set<std::pair<std::size_t, std::size_t>> waiting_;    // By how many neighbours are left.
    Elimination result_;
};

}  // namespace

Elimination eliminate(std::size_t variables, const std::vector<Elimination::Edge>& edges) {
    return Eliminator(variables, edges).run();
}

}  // namespace parallax
