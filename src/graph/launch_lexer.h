// LaunchLexer: launch text to tokens, each with its place. Mistakes of a single token are noted in
// `errors` and the lexer goes on behind them.
//
// Threads: one lexer belongs to one thread. Lifetime: the text is borrowed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "graph/text_error.h"

namespace parallax {

struct LaunchToken {
    enum class Kind : std::uint8_t {
        link,       // !
        word,       // An element's factory: `text`.
        assign,     // `text`=`value`; without text it already is an error.
        reference,  // `text`.`value`, either may be empty but not both.
        caps,       // `text`
        junk,       // Already an error.
        end,
    };
    Kind kind = Kind::end;
    std::string text = {};
    std::string value = {};
    TextPlace place = {};
    TextPlace value_place = {};
};

class LaunchLexer {
  public:
    LaunchLexer(std::string_view text, std::vector<TextError>& errors)
        : text_(text), errors_(errors), places_(text) {}

    // `after_link`: a filter may stand here.
    LaunchToken next(bool after_link);

    // Where in the text byte `offset` of a caps token lies.
    TextPlace place_in(const LaunchToken& caps, std::size_t offset, std::size_t length) const;

  private:
    using Kind = LaunchToken::Kind;

    bool at_end() const { return at_ >= text_.size(); }
    char peek(std::size_t ahead = 0) const {
        return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
    }
    void skip_space();
    std::string_view identifier();
    bool is_assignment(std::size_t from) const;

    LaunchToken token(Kind kind, std::size_t start, std::string text);
    LaunchToken junk(std::size_t start, std::string message, std::string hint = {});
    LaunchToken word_or_more(bool after_link);
    LaunchToken assign(std::size_t start, std::string key);
    LaunchToken reference(std::size_t start, std::string name);
    LaunchToken bare_caps(std::size_t start);
    LaunchToken quoted_word(bool after_link);
    LaunchToken stray();
    std::string bare_value();
    // From the opening quote to behind the closing one; nothing but an error when it never closes.
    std::pair<std::string, bool> quoted();
    void error(TextFault fault, std::string message, TextPlace place, std::string hint = {});

    std::string_view text_;
    std::vector<TextError>& errors_;
    PlaceFinder places_;
    std::size_t at_ = 0;
};

}  // namespace parallax
