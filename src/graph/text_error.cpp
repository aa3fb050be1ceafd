#include "graph/text_error.h"

#include <algorithm>
#include <array>
#include <utility>

namespace parallax {
namespace {

constexpr std::size_t kMaxShownColumns = 100;
constexpr std::size_t kShownBefore = 50;

bool is_continuation(char c) { return (c & 0xC0) == 0x80; }

// One string for each character; control characters and tabs become spaces.
std::vector<std::string> characters(std::string_view line) {
    std::vector<std::string> all;
    for (const char c : line) {
        const auto code = static_cast<unsigned char>(c);
        if (is_continuation(c) && !all.empty()) {
            // U+0080 to U+009F: some terminals take U+009B for what Escape [ is.
            const bool control = all.back() == "\xc2" && code < 0xa0;
            all.back() = control ? " " : all.back() + c;
        } else {
            all.emplace_back(1, code < 0x20 || code == 0x7f ? ' ' : c);
        }
    }
    return all;
}

std::size_t count_characters(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

}  // namespace

std::string_view to_string(TextFault fault) {
    static constexpr std::array<std::string_view, 9> kNames{
        "empty",    "syntax", "no-such-element", "no-such-property", "bad-value",
        "bad-caps", "link",   "unresolved-ref",  "duplicate-name"};
    return kNames.at(static_cast<std::size_t>(fault));
}

void sort_errors(std::vector<TextError>& errors, std::size_t limit) {
    // By place, then as found. (std::stable_sort of libstdc++ 12 is deprecated inside, says clang.)
    std::vector<std::pair<std::size_t, std::size_t>> order;
    for (std::size_t i = 0; i < errors.size(); ++i) order.emplace_back(errors[i].place.offset, i);
    std::ranges::sort(order);
    const bool more = order.size() > limit;
    if (more) order.resize(limit);
    std::vector<TextError> sorted;
    for (const auto& [offset, index] : order) sorted.push_back(std::move(errors[index]));
    if (more) sorted.back().hint = "there are more mistakes behind this one";
    errors = std::move(sorted);
}

std::string render(std::string_view text, const TextPlace& place) {
    const std::size_t offset = std::min(place.offset, text.size());
    const std::size_t before = text.substr(0, offset).rfind('\n');
    const std::size_t start = before == std::string_view::npos ? 0 : before + 1;
    const std::size_t end = std::min(text.find('\n', offset), text.size());
    // Only the neighbourhood is looked at, however long the line is.
    const std::size_t window = kMaxShownColumns * 4;
    const std::size_t from = offset - std::min(offset - start, window);
    const auto left = characters(text.substr(from, offset - from));
    const auto right = characters(text.substr(offset, std::min(end - offset, window)));

    std::string line;
    std::string caret;
    const bool cut_left = left.size() > kShownBefore || from > start;
    for (std::size_t i = left.size() - std::min(left.size(), kShownBefore); i < left.size(); ++i) {
        line += left[i];
    }
    if (cut_left) line = "…" + line;
    caret.assign(std::min(left.size(), kShownBefore) + (cut_left ? 1 : 0), ' ');
    const std::size_t room = kMaxShownColumns - std::min(left.size(), kShownBefore);
    const std::size_t shown = std::min(right.size(), room);
    for (std::size_t i = 0; i < shown; ++i) line += right[i];
    if (shown < right.size() || offset + window < end) line += "…";
    const std::size_t length = std::min(place.length, end - offset);
    const std::size_t width = std::min(shown, count_characters(text.substr(offset, length)));
    caret += '^';
    if (width > 1) caret.append(width - 1, '~');
    return line + "\n" + caret + "\n";
}

TextPlace PlaceFinder::at(std::size_t offset, std::size_t length) {
    offset = std::min(offset, text_.size());
    if (offset < last_.offset) last_ = {};
    for (; last_.offset < offset; ++last_.offset) {
        const char c = text_[last_.offset];
        if (c == '\n') {
            ++last_.line;
            last_.column = 1;
        } else if (!is_continuation(c)) {
            ++last_.column;
        }
    }
    last_.length = std::min(length, text_.size() - offset);
    return last_;
}

}  // namespace parallax
