#include "media/caps_text.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "media/caps_word.h"
#include "media/numbers.h"

namespace parallax {
namespace {

using caps_word::is_alpha;
using caps_word::is_digit;
using caps_word::is_space;
using caps_word::is_word;
using caps_word::kind_name;
using caps_word::looks_integer;
using caps_word::refusal;
using caps_word::to_boolean;
using caps_word::to_integer;
using caps_word::to_real;
using caps_word::Type;

constexpr std::size_t kMaxStructures = 256;
constexpr std::size_t kMaxFields = 256;
constexpr std::size_t kMaxListItems = 1024;
constexpr int kMaxNesting = 16;

template <class T>
using Read = std::expected<T, CapsTextError>;

class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    Read<Caps> caps();
    Read<Value> lone_value();

  private:
    struct Token {
        std::string text;
        std::size_t offset = 0;
        bool quoted = false;
    };

    bool at_end() const { return at_ == text_.size(); }
    char peek() const { return at_end() ? '\0' : text_[at_]; }
    void skip_space() {
        while (!at_end() && is_space(text_[at_])) ++at_;
    }
    bool take(char c) {
        skip_space();
        if (at_end() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string_view word() {
        const std::size_t start = at_;
        while (!at_end() && is_word(text_[at_])) ++at_;
        return text_.substr(start, at_ - start);
    }

    std::unexpected<CapsTextError> fail_at(std::size_t offset, std::string message,
                                           std::string hint = {}) const {
        const std::size_t length = std::max<std::size_t>(at_, offset) - offset;
        return std::unexpected(CapsTextError{offset, length, std::move(message), std::move(hint)});
    }
    // At the character that stands where something else was wanted.
    std::unexpected<CapsTextError> fail_here(const std::string& wanted) const;

    Read<Structure> structure();
    Read<Features> features();
    Read<Token> token();
    Read<std::string> quoted();
    Read<Type> type();
    Read<Value> value(Type type, int depth);
    Read<Value> range(Type type, int depth);
    Read<Value> list(Type type, int depth);
    Read<Value> scalar(Type type, const Token& token) const;
    Read<Value> guess(const Token& token) const;
    Read<Value> fraction(const Token& token) const;
    Read<Value> make_range(const std::vector<Value>& ends, std::size_t start) const;

    std::string_view text_;
    std::size_t at_ = 0;
};

std::unexpected<CapsTextError> Reader::fail_here(const std::string& wanted) const {
    if (at_end()) return fail_at(at_, "the text ends where " + wanted + " is expected");
    std::size_t length = 1;  // A whole UTF-8 character.
    while (at_ + length < text_.size() && (text_[at_ + length] & 0xC0) == 0x80) ++length;
    std::string found(text_.substr(at_, length));
    return std::unexpected(
        CapsTextError{at_, length, "'" + found + "' where " + wanted + " is expected", {}});
}

Read<Caps> Reader::caps() {
    if (text_.size() > kMaxCapsBytes) {
        return std::unexpected(CapsTextError{0, 0, "caps text of more than 65536 bytes", {}});
    }
    skip_space();
    if (at_end()) return fail_at(at_, "no caps in the text", "write ANY for any format");
    std::string_view trimmed = text_.substr(at_);
    while (is_space(trimmed.back())) trimmed.remove_suffix(1);
    if (trimmed == "ANY") return Caps::any();
    if (trimmed == "EMPTY" || trimmed == "NONE") return Caps::empty();

    Caps caps;
    while (true) {
        auto alternative = structure();
        if (!alternative) return std::unexpected(std::move(alternative).error());
        if (caps.structures().size() == kMaxStructures) {
            return fail_at(at_, "more than 256 alternatives");
        }
        caps.append(*std::move(alternative));
        const bool more = take(';');
        skip_space();
        if (at_end()) return caps;
        if (!more) return fail_here("',' or ';'");
    }
}

Read<Value> Reader::lone_value() {
    auto read = value(Type::guess, 0);
    if (!read) return read;
    skip_space();
    if (!at_end()) return fail_here("the end of the value");
    return read;
}

Read<Structure> Reader::structure() {
    skip_space();
    if (!is_alpha(peek())) return fail_here("a media type such as video/x-raw");
    const std::size_t start = at_;
    const std::string_view name = word();
    if (name == "ANY" || name == "EMPTY" || name == "NONE") {
        return fail_at(start, std::string(name) + " stands alone, not in a list of alternatives");
    }
    Structure structure{std::string(name)};
    if (peek() == '(') {
        auto names = features();
        if (!names) return std::unexpected(std::move(names).error());
        structure.set_features(*std::move(names));
    }
    while (take(',')) {
        skip_space();
        if (at_end() || peek() == ';') break;  // GStreamer allows the comma to trail.
        const std::size_t field_start = at_;
        const std::string_view field = word();
        if (field.empty()) return fail_here("the name of a field");
        if (!take('=')) return fail_here("'=' after " + std::string(field));
        auto read = value(Type::guess, 0);
        if (!read) return std::unexpected(std::move(read).error());
        if (structure.fields().size() == kMaxFields) {
            return fail_at(field_start, "more than 256 fields");
        }
        if (structure.find(field) != nullptr) {
            return fail_at(field_start, "the field " + std::string(field) + " a second time",
                           "say once what it may be, as a list: {A, B}");
        }
        structure.set(field, *std::move(read));
    }
    return structure;
}

Read<Features> Reader::features() {
    const std::size_t start = at_++;
    std::vector<std::string> names;
    skip_space();
    if (take(')')) return Features();
    while (true) {
        skip_space();
        const std::size_t name_start = at_;
        const std::string_view name = word();
        const std::size_t colon = name.find(':');
        const bool any = name == "ANY" && names.empty();
        if (!any && (colon == std::string_view::npos || colon == 0 || colon + 1 == name.size())) {
            if (name.empty()) return fail_here("a feature such as memory:DMABuf");
            return fail_at(name_start, "'" + std::string(name) + "' is no feature",
                           "a feature reads kind:Name, such as memory:DMABuf; or (ANY)");
        }
        if (any) {
            if (!take(')')) return fail_here("')' after ANY");
            return Features::any();
        }
        names.emplace_back(name);
        if (take(')')) return Features(std::move(names));
        if (!take(',')) {
            return at_end() ? fail_at(start, "the '(' is never closed") : fail_here("',' or ')'");
        }
    }
}

Read<Type> Reader::type() {
    const std::size_t start = at_++;
    skip_space();
    const std::string name(word());
    if (!take(')')) return fail_here("')' after the type");
    if (const auto known = caps_word::type_called(name)) return *known;
    return fail_at(start, "no type called " + name,
                   "the types are int, double, boolean, string and fraction");
}

Read<std::string> Reader::quoted() {
    const std::size_t start = at_++;
    std::string text;
    while (!at_end() && peek() != '"') {
        char c = text_[at_++];
        if (c == '\\') {
            if (at_end()) break;
            c = text_[at_++];
            // Three octal digits are one byte, as GStreamer writes what it cannot print.
            const std::string_view octal = text_.substr(at_ - 1, 3);
            const auto is_octal = [](char d) { return d >= '0' && d <= '7'; };
            if (octal.size() == 3 && octal[0] <= '3' && std::ranges::all_of(octal, is_octal)) {
                c = static_cast<char>((octal[0] - '0') * 64 + (octal[1] - '0') * 8 +
                                      (octal[2] - '0'));
                at_ += 2;
            }
        }
        if (c == '\0') return fail_at(start, "text must not hold a zero byte");
        text += c;
    }
    if (!at_end()) {
        ++at_;
        return text;
    }
    return std::unexpected(CapsTextError{start, 1, "the quote is never closed", {}});
}

Read<Reader::Token> Reader::token() {
    skip_space();
    const std::size_t start = at_;
    if (peek() == '"') {
        auto text = quoted();
        if (!text) return std::unexpected(std::move(text).error());
        return Token{*std::move(text), start, true};
    }
    const std::string_view bare = word();
    if (bare.empty()) {
        if (peek() == '<') return fail_at(at_, "arrays are not supported", "use a list: {a,b}");
        return fail_here("a value");
    }
    return Token{std::string(bare), start, false};
}

Read<Value> Reader::value(Type wanted, int depth) {
    skip_space();
    if (depth > kMaxNesting) return fail_at(at_, "lists nested more than 16 deep");
    if (peek() == '(') {
        auto named = type();
        if (!named) return std::unexpected(std::move(named).error());
        wanted = *named;
        skip_space();
    }
    if (peek() == '[') return range(wanted, depth);
    if (peek() == '{') return list(wanted, depth);
    auto word = token();
    if (!word) return std::unexpected(std::move(word).error());
    return wanted == Type::guess ? guess(*word) : scalar(wanted, *word);
}

Read<Value> Reader::list(Type type, int depth) {
    const std::size_t start = at_++;
    std::vector<Value> items;
    while (!take('}')) {
        auto item = value(type, depth + 1);
        if (!item) return item;
        if (items.size() == kMaxListItems) return fail_at(start, "a list of more than 1024 items");
        items.push_back(*std::move(item));
        if (!take(',') && peek() != '}') {
            return at_end() ? fail_at(start, "the '{' is never closed") : fail_here("',' or '}'");
        }
    }
    if (items.empty())
        return fail_at(start, "an empty list accepts nothing", "leave the field out");
    Value made = list_of(std::move(items));
    const auto* list = made.get<List>();
    if (list && list->items().size() > kMaxListItems) {
        return fail_at(start, "a list of more than 1024 items");
    }
    return made;
}

Read<Value> Reader::range(Type type, int depth) {
    const std::size_t start = at_++;
    std::vector<Value> ends;
    // The first end decides the kind of a bare "max" behind it.
    while (true) {
        skip_space();
        const std::size_t end_start = at_;
        if (peek() == '[' || peek() == '{') return fail_here("a number");
        if (type == Type::guess && !ends.empty()) {
            type = ends[0].get<Fraction>() ? Type::fraction
                   : ends[0].get<double>() ? Type::real
                                           : Type::integer;
        }
        auto end = value(type, depth + 1);
        if (!end) return end;
        if (end->get<std::string>() || end->get<bool>()) {
            return fail_at(end_start,
                           "a range is of numbers, not of " + std::string(kind_name(*end)) + "s");
        }
        ends.push_back(*std::move(end));
        if (take(']')) break;
        if (!take(',')) {
            return at_end() ? fail_at(start, "the '[' is never closed") : fail_here("',' or ']'");
        }
        if (ends.size() == 3) return fail_at(start, "a range has two ends and at most one step");
    }
    return make_range(ends, start);
}

template <class Range, class Number>
std::optional<Value> dense_range(const Value& low, const Value& high) {
    const auto* min = low.get<Number>();
    const auto* max = high.get<Number>();
    if (!min || !max || *max < *min) return std::nullopt;
    return Value(Range{*min, *max});
}

Read<Value> Reader::make_range(const std::vector<Value>& ends, std::size_t start) const {
    if (ends.size() < 2) return fail_at(start, "a range needs two ends");
    for (const Value& end : ends) {
        if (end.kind().index() != ends[0].kind().index()) {
            return fail_at(start, "a range mixes " + std::string(kind_name(ends[0])) + " and " +
                                      std::string(kind_name(end)));
        }
    }
    const auto* min = ends[0].get<std::int64_t>();
    if (min == nullptr && ends.size() == 3) return fail_at(start, "only ranges of int have a step");
    if (min == nullptr) {
        auto dense = ends[0].get<double>() ? dense_range<DoubleRange, double>(ends[0], ends[1])
                                           : dense_range<FractionRange, Fraction>(ends[0], ends[1]);
        if (dense) return *std::move(dense);
    } else {
        const std::int64_t max = *ends[1].get<std::int64_t>();
        const std::int64_t step = ends.size() == 3 ? *ends[2].get<std::int64_t>() : 1;
        if (step < 1) return fail_at(start, "the step of a range must be at least 1");
        if (*min <= max && multiple_up(*min, step) > multiple_down(max, step)) {
            return fail_at(start, "no multiple of " + std::to_string(step) + " in the range");
        }
        if (*min <= max) return Value(IntRange{*min, max, step});
    }
    return fail_at(start, "a range must not end before it starts");
}

Read<Value> Reader::fraction(const Token& token) const {
    const std::size_t slash = token.text.find('/');
    const std::string_view text = token.text;
    const auto num = to_integer(text.substr(0, slash));
    const auto den = slash == std::string_view::npos ? std::optional(std::int64_t{1})
                                                     : to_integer(text.substr(slash + 1));
    if (!num || !den) {
        const auto why = refusal(num ? text.substr(std::min(slash, text.size() - 1) + 1)
                                     : text.substr(0, slash));
        return fail_at(token.offset, "'" + token.text + "' is not a fraction of 64-bit integers",
                       why ? why->hint : "");
    }
    if (*den == 0) return fail_at(token.offset, "the denominator of " + token.text + " is zero");
    const auto made = Fraction::make(*num, *den);
    if (!made) return fail_at(token.offset, token.text + " does not fit into 64 bits");
    return Value(*made);
}

Read<Value> Reader::scalar(Type type, const Token& token) const {
    if (auto end = caps_word::bound(token.text, type)) return *std::move(end);
    switch (type) {
        case Type::integer:
            if (const auto x = to_integer(token.text)) return Value(*x);
            break;
        case Type::natural:
            if (const auto x = to_integer(token.text); x && *x >= 0) return Value(*x);
            break;
        case Type::real:
            if (const auto x = to_real(token.text)) return Value(*x);
            break;
        case Type::boolean:
            if (token.text == "1" || token.text == "0") return Value(token.text == "1");
            if (const auto x = to_boolean(token.text)) return Value(*x);
            break;
        case Type::fraction:
            return fraction(token);
        case Type::string:
        case Type::guess:
            return Value(token.text);
    }
    static constexpr std::array<std::string_view, 7> kWanted{"",
                                                             "a 64-bit integer",
                                                             "a number",
                                                             "a boolean (true or false)",
                                                             "",
                                                             "a fraction",
                                                             "an integer from 0 on, of 63 bits"};
    const auto why = type == Type::boolean ? std::nullopt : refusal(token.text);
    if (why) return fail_at(token.offset, why->reason, why->hint);
    return fail_at(token.offset, "'" + token.text + "' is not " +
                                     std::string(kWanted.at(static_cast<std::size_t>(type))));
}

Read<Value> Reader::guess(const Token& token) const {
    if (token.quoted) return Value(token.text);
    if (const auto x = to_integer(token.text)) return Value(*x);
    if (const auto why = refusal(token.text)) return fail_at(token.offset, why->reason, why->hint);
    const bool number = is_digit(token.text.back()) || token.text.back() == '.';
    if (const auto x = to_real(token.text); x && number) return Value(*x);
    const std::size_t slash = token.text.find('/');
    if (slash != std::string::npos && looks_integer(token.text.substr(0, slash)) &&
        looks_integer(token.text.substr(slash + 1))) {
        return fraction(token);
    }
    if (const auto x = to_boolean(token.text)) return Value(*x);
    return Value(token.text);
}

}  // namespace

std::expected<Caps, CapsTextError> read_caps(std::string_view text) { return Reader(text).caps(); }
std::expected<Value, CapsTextError> read_value(std::string_view text) {
    return Reader(text).lone_value();
}

Result<Caps> parse_caps(std::string_view text) {
    auto read = read_caps(text);
    if (read) return *std::move(read);
    const auto is_character = [](char c) { return (c & 0xC0) != 0x80; };
    const auto before = text.substr(0, read.error().offset);
    const auto column = 1 + std::ranges::count_if(before, is_character);
    return fail(Errc::invalid_argument,
                "column " + std::to_string(column) + ": " + read.error().message,
                std::move(read.error().hint));
}

}  // namespace parallax
