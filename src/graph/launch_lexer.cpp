#include "graph/launch_lexer.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace parallax {
namespace {

bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}
bool starts_identifier(char c) { return is_alnum(c) || c == '_'; }
bool in_identifier(char c) { return starts_identifier(c) || c == '-' || c == '%' || c == ':'; }

bool says_caps(std::string_view text) {
    return text.contains('/') || text == "ANY" || text == "EMPTY" || text == "NONE";
}

}  // namespace

// Between tokens a backslash before a space or at the end of a line means nothing, as in a shell.
void LaunchLexer::skip_space() {
    while (!at_end()) {
        const bool escaped = peek() == '\\' && (is_space(peek(1)) || at_ + 1 == text_.size());
        if (!is_space(peek()) && !escaped) return;
        at_ = std::min(at_ + (escaped ? 2 : 1), text_.size());
    }
}

std::string_view LaunchLexer::identifier() {
    const std::size_t start = at_;
    if (!at_end() && starts_identifier(peek())) {
        while (!at_end() && in_identifier(peek())) ++at_;
    }
    return text_.substr(start, at_ - start);
}

// Does `key=` stand at `from`, without a space in between?
bool LaunchLexer::is_assignment(std::size_t from) const {
    if (from >= text_.size() || !starts_identifier(text_[from])) return false;
    while (from < text_.size() && in_identifier(text_[from])) ++from;
    return from < text_.size() && text_[from] == '=';
}

void LaunchLexer::error(TextFault fault, std::string message, TextPlace place, std::string hint) {
    errors_.push_back({.fault = fault,
                       .text = std::move(message),
                       .place = place,
                       .element = {},
                       .names = {},
                       .hint = std::move(hint)});
}

LaunchToken LaunchLexer::token(Kind kind, std::size_t start, std::string text) {
    return {.kind = kind, .text = std::move(text), .place = places_.at(start, at_ - start)};
}

LaunchToken LaunchLexer::junk(std::size_t start, std::string message, std::string hint) {
    LaunchToken bad = token(Kind::junk, start, {});
    error(TextFault::syntax, std::move(message), bad.place, std::move(hint));
    return bad;
}

LaunchToken LaunchLexer::next(bool after_link) {
    skip_space();
    const std::size_t start = at_;
    if (at_end()) return token(Kind::end, start, {});
    const char c = peek();
    if (c == '!') {
        ++at_;
        return token(Kind::link, start, "!");
    }
    if (c == '"' || c == '\'') return quoted_word(after_link);
    if (c == '.' && starts_identifier(peek(1))) return reference(start, {});
    if (starts_identifier(c)) return word_or_more(after_link);
    return stray();
}

LaunchToken LaunchLexer::word_or_more(bool after_link) {
    const std::size_t start = at_;
    const std::string name(identifier());
    if (text_.substr(at_).starts_with("//") && name.ends_with(':')) {
        while (!at_end() && !is_space(peek())) ++at_;
        return junk(start, "an address is not an element",
                    "name an element that opens it, such as filesrc location=…");
    }
    const bool typed = peek() == '/' || peek() == '(' || peek() == ',';
    if (typed || (after_link && says_caps(name))) return bare_caps(start);
    if (peek() == '.') return reference(start, name);
    std::size_t equals = at_;
    while (equals < text_.size() && is_space(text_[equals])) ++equals;
    if (equals < text_.size() && text_[equals] == '=') {
        at_ = equals + 1;
        return assign(start, name);
    }
    return token(Kind::word, start, name);
}

LaunchToken LaunchLexer::assign(std::size_t start, std::string key) {
    const std::size_t key_size = key.size();
    const std::size_t behind = at_;
    LaunchToken made{.kind = Kind::assign, .text = std::move(key)};
    made.place = places_.at(start, key_size);
    while (!at_end() && is_space(peek())) ++at_;
    const bool apart = at_ > behind;
    const bool link = peek() == '!' && (apart || at_ + 1 == text_.size() || is_space(peek(1)));
    if (at_end() || link || (apart && is_assignment(at_))) {
        at_ = behind;
        made.place = places_.at(start, behind - start);
        error(TextFault::bad_value, "no value for " + made.text, made.place,
              "write " + made.text + "=\"\" for empty text");
        made.text.clear();
        return made;
    }
    const std::size_t value_start = at_;
    if (peek() == '"' || peek() == '\'') {
        auto [value, closed] = quoted();
        made.value = std::move(value);
        if (closed && !at_end() && !is_space(peek()) && peek() != '!') {
            const std::size_t rest = at_;
            while (!at_end() && !is_space(peek())) ++at_;
            error(TextFault::syntax, "text right behind a closing quote",
                  places_.at(rest, at_ - rest), "leave a space, or quote all of the value");
        }
    } else {
        made.value = bare_value();
    }
    made.value_place = places_.at(value_start, at_ - value_start);
    return made;
}

// Up to the next space. A double quote inside holds spaces together and stays, as caps need it.
std::string LaunchLexer::bare_value() {
    std::string value;
    while (!at_end() && !is_space(peek())) {
        if (peek() == '\\') {
            ++at_;
            if (at_end()) break;  // A trailing backslash is dropped.
        } else if (peek() == '"') {
            const std::size_t start = at_;
            const auto [inside, closed] = quoted();
            value += closed ? text_.substr(start, at_ - start) : std::string_view();
            continue;
        }
        value += text_[at_++];
    }
    return value;
}

std::pair<std::string, bool> LaunchLexer::quoted() {
    const std::size_t start = at_;
    const char quote = text_[at_++];
    std::string inside;
    while (!at_end() && peek() != quote) {
        if (peek() == '\\' && at_ + 1 < text_.size()) ++at_;
        inside += text_[at_++];
    }
    if (at_end()) {
        error(TextFault::syntax, "the quote is never closed", places_.at(start, 1),
              fmt::format("close it with {0}, or write \\{0} for the character itself", quote));
        return {std::move(inside), false};
    }
    ++at_;
    return {std::move(inside), true};
}

LaunchToken LaunchLexer::reference(std::size_t start, std::string name) {
    ++at_;  // The dot.
    const std::size_t pad_start = at_;
    std::string pad(identifier());
    if (peek() == ',' || peek() == '.' || peek() == '(') {
        const bool bin = peek() == '(';
        while (!at_end() && !is_space(peek()) && peek() != '!') ++at_;
        if (bin)
            return junk(start, "bins are not supported", "write the elements without brackets");
        return junk(start, "a reference names one element and at most one pad",
                    "write one link for each pad");
    }
    LaunchToken made = token(Kind::reference, start, std::move(name));
    made.value_place = places_.at(pad_start, pad.size());
    made.value = std::move(pad);
    return made;
}

// Up to the next `!` outside quotes. Spaces belong to it: `video/x-raw, width=5 !`.
LaunchToken LaunchLexer::bare_caps(std::size_t start) {
    at_ = start;
    std::string caps;
    std::size_t last = start;  // Behind the last byte that is no space.
    while (!at_end() && peek() != '!') {
        const std::size_t from = at_;
        if (peek() == '"') {
            const auto [inside, closed] = quoted();
            caps += text_.substr(from, at_ - from);
            if (!closed) return token(Kind::junk, start, {});
        } else {
            if (peek() == '\\' && ++at_ == text_.size()) break;
            caps += text_[at_++];
        }
        if (!is_space(caps.back())) last = at_;
    }
    while (!caps.empty() && is_space(caps.back())) caps.pop_back();
    LaunchToken made{.kind = Kind::caps, .text = std::move(caps)};
    made.place = places_.at(start, last - start);
    return made;
}

LaunchToken LaunchLexer::quoted_word(bool after_link) {
    const std::size_t start = at_;
    auto [inside, closed] = quoted();
    if (!closed) return token(Kind::junk, start, {});
    if (!at_end() && !is_space(peek()) && peek() != '!') {
        while (!at_end() && !is_space(peek()) && peek() != '!') ++at_;
        return junk(start, "text right behind a closing quote", "leave a space between them");
    }
    if (after_link && says_caps(inside)) return token(Kind::caps, start, std::move(inside));
    return junk(start, "quotes belong around values and filters, not around elements",
                "write it without quotes");
}

LaunchToken LaunchLexer::stray() {
    const std::size_t start = at_;
    while (!at_end() && !is_space(peek()) && (peek() != '!' || at_ == start)) ++at_;
    const std::string found(text_.substr(start, std::min<std::size_t>(at_ - start, 40)));
    const bool bracket = std::string_view("(){}").contains(found[0]);
    return junk(start, "'" + found + "' where an element is expected",
                bracket ? "bins are not supported: write the elements without brackets" : "");
}

TextPlace LaunchLexer::place_in(const LaunchToken& caps, std::size_t offset,
                                std::size_t length) const {
    // Walks the source along, for escapes were taken out: rare, and only to tell of a mistake.
    const std::size_t end = caps.place.offset + caps.place.length;
    std::size_t from = caps.place.offset;
    const char quote = text_[from] == '"' || text_[from] == '\'' ? text_[from] : '\0';
    if (quote != '\0') ++from;
    bool inside = false;  // Inner quotes of bare caps keep their escapes.
    const auto step = [&] {
        if (quote == '\0' && text_[from] == '"') inside = !inside;
        if (text_[from] == '\\' && !inside && from + 1 < end) ++from;
        ++from;
    };
    for (std::size_t i = 0; i < offset && from < end; ++i) step();
    const std::size_t start = std::min(from, end);
    for (std::size_t i = 0; i < length && from < end; ++i) step();
    PlaceFinder places(text_);
    return places.at(start, std::min(from, end) - start);
}

}  // namespace parallax
