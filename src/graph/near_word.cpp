#include "graph/near_word.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

namespace parallax {
namespace {

constexpr std::size_t kMaxWordBytes = 64;  // Longer ones are nobody's slip.
constexpr std::size_t kMaxListed = 12;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit) {
    const std::size_t gap = a.size() > b.size() ? a.size() - b.size() : b.size() - a.size();
    if (gap > limit || std::max(a.size(), b.size()) > kMaxWordBytes) return limit + 1;
    if (a == b) return 0;
    using Row = std::array<std::size_t, kMaxWordBytes + 1>;
    std::array<Row, 3> rows{};  // The row before the last, the last, and this one, in turns.
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        Row& row = rows[i % 3];
        const Row& last = rows[(i + 2) % 3];
        const Row& before = rows[(i + 1) % 3];
        row[0] = i;
        std::size_t best = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const bool same = lower(a[i - 1]) == lower(b[j - 1]);
            row[j] = std::min({last[j] + 1, row[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = std::min(row[j], before[j - 2] + 1);
            }
            best = std::min(best, row[j]);
        }
        if (best > limit) return limit + 1;
    }
    // Equal but for case: near, yet not the same.
    return std::max<std::size_t>(1, rows[a.size() % 3][b.size()]);
}

std::vector<std::string> nearest_words(std::string_view word,
                                       std::span<const std::string_view> known) {
    constexpr std::size_t max_words = 3;
    const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
    std::vector<std::pair<std::size_t, std::size_t>> near;  // Distance, then place in the list.
    for (std::size_t i = 0; i < known.size(); ++i) {
        const std::size_t distance = edit_distance(word, known[i], limit);
        if (distance <= limit && distance > 0 && !known[i].empty()) near.emplace_back(distance, i);
    }
    std::ranges::sort(near);
    std::vector<std::string> words;
    for (const auto& [distance, index] : near) {
        if (words.size() < max_words) words.emplace_back(known[index]);
    }
    return words;
}

std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known) {
    const auto words = nearest_words(word, known);
    if (words.empty()) return std::nullopt;
    return *std::ranges::find(known, std::string_view(words.front()));
}

std::string suggest(std::string_view word, std::span<const std::string_view> known) {
    if (const auto near = nearest_word(word, known)) {
        return "did you mean " + std::string(*near) + "?";
    }
    if (known.empty() || known.size() > kMaxListed) return {};
    std::string list;
    for (const std::string_view each : known) {
        list.append(list.empty() ? "there are: " : ", ").append(each);
    }
    return list;
}

}  // namespace parallax
