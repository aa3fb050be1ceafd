// nearest_word: the known word that somebody probably meant.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace parallax {

// Optimal string alignment distance (Damerau 1964: insert, delete, replace, swap two neighbours),
// or `limit + 1` as soon as it is known to be above the limit. Words that differ only in case are
// at distance 1.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The nearest of the known words, the first of several; nothing when none is near enough to be a
// slip of the fingers: a third of the letters, at least one.
std::optional<std::string_view> nearest_word(std::string_view word,
                                             std::span<const std::string_view> known);

// Up to three, the nearest first.
std::vector<std::string> nearest_words(std::string_view word,
                                       std::span<const std::string_view> known);

// "did you mean fakesrc?", or what there is: "there are: src, sink", or empty.
std::string suggest(std::string_view word, std::span<const std::string_view> known);

}  // namespace parallax
