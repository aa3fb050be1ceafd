#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "media/caps_text.h"
#include "media/caps_word.h"

namespace parallax {
namespace {

using caps_word::is_word;

std::string number_text(double value) {
    std::array<char, 32> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    std::string text(digits.data(), end);
    if (std::isinf(value)) return "(double)" + text;
    return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

std::string word_text(const std::string& word) {
    if (!word.empty() && std::ranges::all_of(word, is_word)) {
        const auto back = read_value(word);
        if (back && back->get<std::string>() && word != "min" && word != "max") return word;
    }
    std::string text = "\"";
    for (const char c : word) {
        if (const auto byte = static_cast<unsigned char>(c); byte < 0x20 || byte == 0x7f) {
            text += '\\';
            for (const int shift : {6, 3, 0}) text += static_cast<char>('0' + (byte >> shift & 7));
        } else {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
    }
    return text + '"';
}

struct Writer {
    std::string operator()(std::int64_t x) const { return std::to_string(x); }
    std::string operator()(double x) const { return number_text(x); }
    std::string operator()(bool x) const { return x ? "true" : "false"; }
    std::string operator()(const std::string& x) const { return word_text(x); }
    std::string operator()(const Fraction& x) const { return to_string(x); }
    std::string operator()(const IntRange& x) const {
        return "[" + std::to_string(x.min) + "," + std::to_string(x.max) +
               (x.step == 1 ? "" : "," + std::to_string(x.step)) + "]";
    }
    std::string operator()(const DoubleRange& x) const {
        return "[" + number_text(x.min) + "," + number_text(x.max) + "]";
    }
    std::string operator()(const FractionRange& x) const {
        return "[" + to_string(x.min) + "," + to_string(x.max) + "]";
    }
    std::string operator()(const List& x) const {
        std::string text;
        for (const Value& item : x.items()) text += (text.empty() ? "{" : ",") + to_string(item);
        return text + "}";
    }
};

}  // namespace

std::string to_string(const Fraction& fraction) {
    return std::to_string(fraction.num()) + "/" + std::to_string(fraction.den());
}

std::string to_string(const Value& value) { return std::visit(Writer(), value.kind()); }

std::string to_string(const Structure& structure) {
    std::string text = structure.media_type();
    if (structure.features().is_any()) text += "(ANY)";
    if (!structure.features().names().empty()) {
        std::string names;
        for (const std::string& name : structure.features().names()) {
            names += (names.empty() ? "(" : ",") + name;
        }
        text += names + ")";
    }
    for (const Field& field : structure.fields()) {
        text.append(",").append(field.name).append("=").append(to_string(field.value));
    }
    return text;
}

std::string to_string(const Caps& caps) {
    if (caps.is_any()) return "ANY";
    if (caps.is_empty()) return "EMPTY";
    std::string text;
    for (const Structure& structure : caps.structures()) {
        text += (text.empty() ? "" : "; ") + to_string(structure);
    }
    return text;
}

}  // namespace parallax
