#include "media/assign.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"

namespace parallax {
namespace {

// Bounds on one table and on all work; no graph that people draw comes near.
constexpr std::size_t kMostEntries = std::size_t{1} << 18U;
constexpr std::uint64_t kMostSteps = std::uint64_t{1} << 27U;
constexpr std::size_t kNone = std::numeric_limits<std::size_t>::max();

// A function of a few variables, by the positions of their choices; the first counts fastest.
struct Table {
    std::vector<std::size_t> scope;
    std::vector<Price> prices;
};

class Assigner {
  public:
    explicit Assigner(const AssignProblem& problem)
        : problem_(problem),
          open_(problem.choices.size()),
          settled_(problem.choices.size(), kNone),
          asked_(problem.choices.size(), false),
          pairs_at_(problem.choices.size()),
          tables_at_(problem.choices.size()),
          neighbours_(problem.choices.size()),
          bucket_of_(problem.choices.size()) {
        for (std::size_t v = 0; v < open_.size(); ++v) {
            open_[v].resize(problem.choices[v].size());
            std::iota(open_[v].begin(), open_[v].end(), std::size_t{0});
            if (open_[v].size() == 1) settled_[v] = 0;
        }
        for (std::size_t p = 0; p < problem.pairs.size(); ++p) {
            PX_CHECK(problem.pairs[p].a != problem.pairs[p].b);
            pairs_at_[problem.pairs[p].a].push_back(p);
            pairs_at_[problem.pairs[p].b].push_back(p);
        }
    }

    std::expected<Assignment, AssignFailure> run(bool only_whether) {
        for (const auto& choices : open_) {
            if (choices.empty()) return std::unexpected(AssignFailure::impossible);
        }
        if (settled_price() >= kImpossible) return std::unexpected(AssignFailure::impossible);
        if (settle_freely()) return Assignment{0, values()};
        std::vector<std::vector<std::size_t>> parts = parts_of(all_open());
        while (!parts.empty()) {
            const std::vector<std::size_t> part = std::move(parts.back());
            parts.pop_back();
            if (auto failure = settle_some(part)) return std::unexpected(*failure);
            if (only_whether) continue;
            std::vector<std::size_t> rest;
            for (const std::size_t v : part) {
                if (settled_[v] == kNone) rest.push_back(v);
            }
            for (auto& each : parts_of(rest)) parts.push_back(std::move(each));
        }
        if (only_whether) return Assignment{};
        return Assignment{settled_price(), values()};
    }

  private:
    std::size_t size(std::size_t v) const { return settled_[v] == kNone ? open_[v].size() : 1; }
    std::size_t choice(std::size_t v, std::size_t position) const {
        return settled_[v] == kNone ? open_[v][position] : settled_[v];
    }
    std::uint32_t value(std::size_t v, std::size_t position) const {
        return problem_.choices[v][choice(v, position)].value;
    }
    std::uint32_t rank(std::size_t v, std::size_t position) const {
        return problem_.choices[v][choice(v, position)].rank;
    }

    bool has_preference(std::size_t v) const { return rank(v, 0) != rank(v, size(v) - 1); }

    std::vector<std::size_t> all_open() const;
    std::vector<std::uint32_t> values() const;
    Price settled_price() const;
    bool settle_freely();
    std::optional<std::size_t> free_choice(std::size_t v) const;
    std::vector<std::vector<std::size_t>> parts_of(const std::vector<std::size_t>& variables) const;
    std::optional<AssignFailure> settle_some(const std::vector<std::size_t>& part);
    std::vector<Price> unary(std::size_t v) const;
    Table table_of(const AssignProblem::Pair& pair) const;
    void gather_tables(const std::vector<std::size_t>& part);
    std::optional<AssignFailure> eliminate(std::size_t v);
    bool restrict_first(std::size_t first, const std::vector<Price>& prices, bool whoever);
    void decode(std::size_t first);
    std::uint64_t bucket_entries(std::size_t v) const;

    const AssignProblem& problem_;
    std::vector<std::vector<std::size_t>> open_;  // Choices still possible, best first.
    std::vector<std::size_t> settled_;            // The choice, or kNone.
    std::vector<bool> asked_;  // It had its say; what it leaves open is for later ones.
    std::vector<std::vector<std::size_t>> pairs_at_;
    std::uint64_t steps_ = 0;

    // --- Of one elimination.
    std::vector<Table> tables_;
    std::vector<std::vector<std::size_t>> tables_at_;  // Live tables, by variable.
    std::vector<std::set<std::size_t>> neighbours_;
    struct Bucket {
        std::vector<std::size_t> scope;
        std::vector<std::uint32_t> best;  // Position of v's cheapest choice …
        std::vector<bool> tied;           // … and whether another is as cheap.
    };
    std::vector<Bucket> bucket_of_;
    std::vector<std::size_t> eliminated_;
};

std::vector<std::size_t> Assigner::all_open() const {
    std::vector<std::size_t> open;
    for (std::size_t v = 0; v < settled_.size(); ++v) {
        if (settled_[v] == kNone) open.push_back(v);
    }
    return open;
}

std::vector<std::uint32_t> Assigner::values() const {
    std::vector<std::uint32_t> values;
    values.reserve(settled_.size());
    for (std::size_t v = 0; v < settled_.size(); ++v) values.push_back(value(v, 0));
    return values;
}

Price Assigner::settled_price() const {
    Price sum = 0;
    for (const AssignProblem::Pair& pair : problem_.pairs) {
        if (settled_[pair.a] == kNone || settled_[pair.b] == kNone) continue;
        sum = add_prices(sum, problem_.prices(pair).at(value(pair.a, 0), value(pair.b, 0)));
    }
    return sum;
}

// Settled variables tell nothing across, so what is left falls into parts.
std::vector<std::vector<std::size_t>> Assigner::parts_of(
    const std::vector<std::size_t>& variables) const {
    std::vector<bool> waiting(settled_.size(), false);
    for (const std::size_t v : variables) waiting[v] = true;
    std::vector<std::vector<std::size_t>> parts;
    for (const std::size_t start : variables) {
        if (!waiting[start]) continue;
        std::vector<std::size_t> part{start};
        waiting[start] = false;
        for (std::size_t i = 0; i < part.size(); ++i) {
            for (const std::size_t p : pairs_at_[part[i]]) {
                const AssignProblem::Pair& pair = problem_.pairs[p];
                const std::size_t other = pair.a == part[i] ? pair.b : pair.a;
                if (!waiting[other]) continue;
                waiting[other] = false;
                part.push_back(other);
            }
        }
        std::ranges::sort(part);
        parts.push_back(std::move(part));
    }
    return parts;
}

// What settled neighbours make each choice cost.
std::vector<Price> Assigner::unary(std::size_t v) const {
    std::vector<Price> prices(size(v), 0);
    for (const std::size_t p : pairs_at_[v]) {
        const AssignProblem::Pair& pair = problem_.pairs[p];
        const std::size_t other = pair.a == v ? pair.b : pair.a;
        if (settled_[other] == kNone) continue;
        const std::uint32_t fixed = value(other, 0);
        for (std::size_t i = 0; i < prices.size(); ++i) {
            const Price price = pair.a == v ? problem_.prices(pair).at(value(v, i), fixed)
                                            : problem_.prices(pair).at(fixed, value(v, i));
            prices[i] = add_prices(prices[i], price);
        }
    }
    return prices;
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
        settled_[v] = choice(v, *position);
    }
    return true;
}

// Nothing where two are liked as much: which of them is for the search to say.
std::optional<std::size_t> Assigner::free_choice(std::size_t v) const {
    const std::vector<Price> prices = unary(v);
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < prices.size(); ++i) {
        if (prices[i] > 0) continue;
        if (best) return rank(v, i) == rank(v, *best) ? std::nullopt : best;
        best = i;
    }
    return best;
}

Table Assigner::table_of(const AssignProblem::Pair& pair) const {
    Table table{{pair.a, pair.b}, {}};
    table.prices.reserve(size(pair.a) * size(pair.b));
    for (std::size_t j = 0; j < size(pair.b); ++j) {
        for (std::size_t i = 0; i < size(pair.a); ++i) {
            table.prices.push_back(problem_.prices(pair).at(value(pair.a, i), value(pair.b, j)));
        }
    }
    return table;
}

void Assigner::gather_tables(const std::vector<std::size_t>& part) {
    tables_.clear();
    eliminated_.clear();
    for (const std::size_t v : part) {
        tables_at_[v] = {tables_.size()};
        neighbours_[v].clear();
        tables_.push_back({{v}, unary(v)});
    }
    for (const std::size_t v : part) {
        for (const std::size_t p : pairs_at_[v]) {
            const AssignProblem::Pair& pair = problem_.pairs[p];
            if (pair.a != v || settled_[pair.b] != kNone) continue;
            Table table = table_of(pair);
            steps_ += table.prices.size();
            for (const std::size_t end : table.scope) tables_at_[end].push_back(tables_.size());
            neighbours_[pair.a].insert(pair.b);
            neighbours_[pair.b].insert(pair.a);
            tables_.push_back(std::move(table));
        }
    }
}

std::uint64_t Assigner::bucket_entries(std::size_t v) const {
    std::uint64_t entries = 1;
    for (const std::size_t other : neighbours_[v]) {
        entries *= size(other);
        if (entries > kMostEntries) break;
    }
    return entries;
}

// Sums the tables that `v` is in, keeps the cheapest choice for each case of the others.
std::optional<AssignFailure> Assigner::eliminate(std::size_t v) {
    Bucket& bucket = bucket_of_[v];
    bucket = {.scope = {neighbours_[v].begin(), neighbours_[v].end()}, .best = {}, .tied = {}};
    const std::uint64_t entries = bucket_entries(v);
    steps_ += entries * size(v) * tables_at_[v].size();
    if (entries > kMostEntries || steps_ > kMostSteps) return AssignFailure::too_large;

    // How far each table moves when one variable of the case, or v itself, takes its next choice.
    struct Walk {
        const Table* table;
        std::vector<std::size_t> strides;  // As bucket.scope, then v.
    };
    std::vector<Walk> walks;
    for (const std::size_t t : tables_at_[v]) {
        Walk walk{&tables_[t], std::vector<std::size_t>(bucket.scope.size() + 1, 0)};
        std::size_t stride = 1;
        for (const std::size_t u : walk.table->scope) {
            const auto at = std::ranges::find(bucket.scope, u) - bucket.scope.begin();
            walk.strides[static_cast<std::size_t>(at)] = stride;  // v is not found: the last.
            stride *= size(u);
        }
        walks.push_back(std::move(walk));
    }
    Table sum{bucket.scope, std::vector<Price>(entries, kImpossible)};
    bucket.best.assign(entries, 0);
    bucket.tied.assign(entries, false);
    std::vector<std::size_t> at(bucket.scope.size(), 0);
    for (std::size_t entry = 0; entry < entries; ++entry) {
        for (std::size_t i = 0; i < size(v); ++i) {
            Price price = 0;
            for (const Walk& walk : walks) {
                std::size_t index = i * walk.strides.back();
                for (std::size_t s = 0; s < at.size(); ++s) index += at[s] * walk.strides[s];
                price = add_prices(price, walk.table->prices[index]);
            }
            if (price < sum.prices[entry]) {
                sum.prices[entry] = price;
                bucket.best[entry] = static_cast<std::uint32_t>(i);
                bucket.tied[entry] = false;
            } else if (price == sum.prices[entry] && price < kImpossible) {
                bucket.tied[entry] = true;
            }
        }
        for (std::size_t s = 0; s < at.size() && ++at[s] == size(bucket.scope[s]); ++s) at[s] = 0;
    }
    for (const std::size_t u : bucket.scope) {
        std::erase_if(tables_at_[u], [&](std::size_t t) {
            return std::ranges::find(tables_[t].scope, v) != tables_[t].scope.end();
        });
        tables_at_[u].push_back(tables_.size());
        neighbours_[u].erase(v);
        for (const std::size_t w : bucket.scope) {
            if (w != u) neighbours_[u].insert(w);
        }
    }
    tables_.push_back(std::move(sum));
    eliminated_.push_back(v);
    return std::nullopt;
}

// Keeps what is cheapest and, of that, what it likes best. False when nothing is possible.
bool Assigner::restrict_first(std::size_t first, const std::vector<Price>& prices, bool whoever) {
    const Price least = *std::ranges::min_element(prices);
    if (least >= kImpossible) return false;
    std::vector<std::size_t> kept;
    std::uint32_t best = 0;
    for (std::size_t i = 0; i < prices.size(); ++i) {
        if (prices[i] != least) continue;
        if (kept.empty()) best = rank(first, i);
        // When nobody left in its part prefers anything, its first choice it is.
        if (!kept.empty() && (rank(first, i) != best || whoever)) continue;
        kept.push_back(choice(first, i));
    }
    if (kept.size() == 1) settled_[first] = kept.front();
    open_[first] = std::move(kept);
    asked_[first] = true;
    return true;
}

// What follows from the first without any choice left is settled too.
void Assigner::decode(std::size_t first) {
    if (settled_[first] == kNone) return;
    for (auto v = eliminated_.rbegin(); v != eliminated_.rend(); ++v) {
        const Bucket& bucket = bucket_of_[*v];
        std::size_t entry = 0;
        std::size_t stride = 1;
        bool known = true;
        for (const std::size_t u : bucket.scope) {
            if (settled_[u] == kNone) {
                known = false;
                break;
            }
            const auto position = std::ranges::find(open_[u], settled_[u]) - open_[u].begin();
            entry += static_cast<std::size_t>(position) * stride;
            stride *= open_[u].size();
        }
        if (known && !bucket.tied[entry]) settled_[*v] = open_[*v][bucket.best[entry]];
    }
}

std::optional<AssignFailure> Assigner::settle_some(const std::vector<std::size_t>& part) {
    gather_tables(part);
    const auto unasked = std::ranges::find_if(
        part, [this](std::size_t v) { return !asked_[v] && has_preference(v); });
    const std::size_t first = unasked == part.end() ? part.front() : *unasked;
    using Waiting = std::pair<std::uint64_t, std::size_t>;
    std::set<Waiting> waiting;
    for (const std::size_t v : part) {
        if (v != first) waiting.insert({bucket_entries(v), v});
    }
    while (!waiting.empty()) {
        const std::size_t v = waiting.begin()->second;
        std::vector<std::size_t> touched;
        for (const std::size_t u : neighbours_[v]) {
            if (waiting.erase({bucket_entries(u), u}) != 0) touched.push_back(u);
        }
        waiting.erase({bucket_entries(v), v});
        if (auto failure = eliminate(v)) return failure;
        for (const std::size_t u : touched) waiting.insert({bucket_entries(u), u});
    }
    std::vector<Price> prices(size(first), 0);
    for (const std::size_t t : tables_at_[first]) {
        for (std::size_t i = 0; i < prices.size(); ++i) {
            prices[i] = add_prices(prices[i], tables_[t].prices[i]);
        }
    }
    const std::vector<std::size_t> before = open_[first];
    if (!restrict_first(first, prices, unasked == part.end())) return AssignFailure::impossible;
    // Buckets count positions as they were when they were made.
    std::vector<std::size_t> kept = std::exchange(open_[first], before);
    decode(first);
    open_[first] = std::move(kept);
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
