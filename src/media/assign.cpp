#include "media/assign.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "base/check.h"
#include "media/join_tree.h"

namespace parallax {
namespace {

constexpr std::size_t kNone = static_cast<std::size_t>(-1);

class Assigner {
  public:
    explicit Assigner(const AssignProblem& problem)
        : problem_(problem),
          settled_(problem.choices.size(), kNone),
          pairs_at_(problem.choices.size()) {
        for (std::size_t v = 0; v < settled_.size(); ++v) {
            if (problem.choices[v].size() == 1) settled_[v] = 0;
        }
        for (std::size_t p = 0; p < problem.pairs.size(); ++p) {
            PX_CHECK(problem.pairs[p].a != problem.pairs[p].b);
            pairs_at_[problem.pairs[p].a].push_back(p);
            pairs_at_[problem.pairs[p].b].push_back(p);
        }
    }

    std::expected<Assignment, AssignFailure> run(bool only_whether) {
        for (const auto& choices : problem_.choices) {
            if (choices.empty()) return std::unexpected(AssignFailure::impossible);
        }
        if (settled_price() >= kImpossible) return std::unexpected(AssignFailure::impossible);
        if (settle_freely()) return Assignment{0, values()};
        JoinTree tree(problem_, open());
        if (auto failure = tree.build()) return std::unexpected(*failure);
        if (auto failure = only_whether ? check_all(tree) : settle_all(tree)) {
            return std::unexpected(*failure);
        }
        return only_whether ? Assignment{} : Assignment{settled_price(), values()};
    }

  private:
    std::uint32_t value(std::size_t v) const { return problem_.choices[v][settled_[v]].value; }
    std::vector<JoinTree::Positions> open() const;
    std::vector<std::uint32_t> values() const;
    Price settled_price() const;
    bool settle_freely();
    std::optional<std::size_t> free_choice(std::size_t v) const;
    std::optional<AssignFailure> check_all(JoinTree& tree) const;
    std::optional<AssignFailure> settle_all(JoinTree& tree);
    std::optional<AssignFailure> ask(JoinTree& tree, std::size_t v, bool takes_any) const;

    const AssignProblem& problem_;
    std::vector<std::size_t> settled_;  // The choice, or kNone.
    std::vector<std::vector<std::size_t>> pairs_at_;
};

std::vector<JoinTree::Positions> Assigner::open() const {
    std::vector<JoinTree::Positions> open;
    for (const auto& choices : problem_.choices) {
        open.emplace_back(choices.size());
        std::iota(open.back().begin(), open.back().end(), std::size_t{0});
    }
    return open;
}

std::vector<std::uint32_t> Assigner::values() const {
    std::vector<std::uint32_t> values;
    values.reserve(settled_.size());
    for (std::size_t v = 0; v < settled_.size(); ++v) values.push_back(value(v));
    return values;
}

Price Assigner::settled_price() const {
    Price sum = 0;
    for (const AssignProblem::Pair& pair : problem_.pairs) {
        if (settled_[pair.a] == kNone || settled_[pair.b] == kNone) continue;
        sum = add_prices(sum, problem_.prices(pair).at(value(pair.a), value(pair.b)));
    }
    return sum;
}

// Each in its turn takes what it likes best of what costs nothing beside those before it. Where
// that ends well, nothing is cheaper, and nobody could have been served better without one before
// it being served worse: most graphs need no search.
bool Assigner::settle_freely() {
    if (settled_price() > 0) return false;
    const std::vector<std::size_t> before = settled_;
    for (std::size_t v = 0; v < settled_.size(); ++v) {
        if (settled_[v] != kNone) continue;
        const auto position = free_choice(v);
        if (!position) {
            settled_ = before;
            return false;
        }
        settled_[v] = *position;
    }
    return true;
}

// Nothing where two are liked as much: which of them is for the search to say.
std::optional<std::size_t> Assigner::free_choice(std::size_t v) const {
    const auto& choices = problem_.choices[v];
    const auto is_free = [&](std::uint32_t own) {
        return std::ranges::all_of(pairs_at_[v], [&](std::size_t p) {
            const AssignProblem::Pair& pair = problem_.pairs[p];
            const std::size_t other = pair.a == v ? pair.b : pair.a;
            if (settled_[other] == kNone) return true;
            const PriceTable& prices = problem_.prices(pair);
            return (pair.a == v ? prices.at(own, value(other)) : prices.at(value(other), own)) == 0;
        });
    };
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < choices.size(); ++i) {
        if (best && choices[i].rank != choices[*best].rank) return best;
        if (!is_free(choices[i].value)) continue;
        if (best) return std::nullopt;
        best = i;
    }
    return best;
}

std::optional<AssignFailure> Assigner::check_all(JoinTree& tree) const {
    for (const std::size_t v : tree.roots()) {
        const auto prices = tree.least(v);
        if (!prices) return AssignFailure::too_many_steps;
        if (*std::ranges::min_element(*prices) >= kImpossible) return AssignFailure::impossible;
    }
    return std::nullopt;
}

// First those that prefer something, each in its turn; what is still open then is all the same to
// everybody, so that each takes the first that there is.
std::optional<AssignFailure> Assigner::settle_all(JoinTree& tree) {
    if (auto failure = check_all(tree)) return failure;
    for (const bool takes_any : {false, true}) {
        for (std::size_t v = 0; v < settled_.size(); ++v) {
            const auto& choices = problem_.choices[v];
            if (tree.open(v).size() == 1) continue;
            if (!takes_any && choices.front().rank == choices.back().rank) continue;
            if (auto failure = ask(tree, v, takes_any)) return failure;
        }
    }
    for (std::size_t v = 0; v < settled_.size(); ++v) settled_[v] = tree.open(v).front();
    return std::nullopt;
}

// Keeps what is cheapest and, of that, what it likes best.
std::optional<AssignFailure> Assigner::ask(JoinTree& tree, std::size_t v, bool takes_any) const {
    const auto prices = tree.least(v);
    if (!prices) return AssignFailure::too_many_steps;
    const Price least = *std::ranges::min_element(*prices);
    JoinTree::Positions kept;
    for (std::size_t i = 0; i < prices->size(); ++i) {
        if ((*prices)[i] != least) continue;
        const std::size_t position = tree.open(v)[i];
        const auto rank = [&](std::size_t at) { return problem_.choices[v][at].rank; };
        if (!kept.empty() && (takes_any || rank(position) != rank(kept.front()))) break;
        kept.push_back(position);
    }
    tree.restrict(v, std::move(kept));
    return std::nullopt;
}

}  // namespace

std::expected<Assignment, AssignFailure> assign(const AssignProblem& problem) {
    return Assigner(problem).run(false);
}

std::expected<bool, AssignFailure> assignable(const AssignProblem& problem) {
    const auto found = Assigner(problem).run(true);
    if (found) return true;
    if (found.error() == AssignFailure::impossible) return false;
    return std::unexpected(found.error());
}

}  // namespace parallax
