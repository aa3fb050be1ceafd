#include "elements/io/file_pattern.h"

namespace parallax::elements {
namespace {

constexpr int kMaxWidth = 20;  // As many digits as the largest number has.

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

Result<FilePattern> FilePattern::parse(std::string_view text) {
    const auto bad = [&](std::string_view why) {
        return fail(Errc::invalid_argument,
                    "location=" + std::string(text) + ": " + std::string(why),
                    "write one number such as %03d, and %% for a percent sign");
    };
    FilePattern pattern;
    for (std::size_t at = 0; at < text.size(); ++at) {
        std::string& part = pattern.numbered_ ? pattern.after_ : pattern.before_;
        if (text[at] != '%') {
            part += text[at];
            continue;
        }
        if (++at == text.size()) return bad("ends in a lone %");
        if (text[at] == '%') {
            part += '%';
            continue;
        }
        if (pattern.numbered_) return bad("has a second number");
        if (text[at] == '0') pattern.fill_ = '0';
        for (; at < text.size() && is_digit(text[at]); ++at) {
            pattern.width_ = pattern.width_ * 10 + (text[at] - '0');
            if (pattern.width_ > kMaxWidth) return bad("has a number wider than 20 digits");
        }
        if (at == text.size() || text[at] != 'd') return bad("has a % without d");
        pattern.numbered_ = true;
    }
    return pattern;
}

std::string FilePattern::name(std::int64_t number) const {
    if (!numbered_) return before_;
    std::string digits = std::to_string(number);
    const auto width = static_cast<std::size_t>(width_);
    if (digits.size() < width) digits.insert(0, width - digits.size(), fill_);
    return before_ + digits + after_;
}

}  // namespace parallax::elements
