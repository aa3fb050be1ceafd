// TextError: one thing that is wrong in a text, with its place; and how a person gets to see it.
//
// Threads: plain values and pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace parallax {

// A stretch of text. Lines and columns count from 1; a column is a character (UTF-8 code point).
struct TextPlace {
    std::size_t offset = 0;  // Bytes from the start.
    std::size_t length = 0;  // Bytes; 0 at the end of the text.
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    bool operator==(const TextPlace&) const = default;
};

enum class TextFault : std::uint8_t {
    empty,
    syntax,
    no_such_element,
    no_such_property,
    bad_value,
    bad_caps,
    link,
    unresolved_ref,
    duplicate_name,
};

std::string_view to_string(TextFault fault);  // "no-such-element", as it stands in reports.

struct TextError {
    TextFault fault = TextFault::syntax;
    std::string text;  // One clause, no full stop: "no element called fakesrk".
    TextPlace place;
    std::string element = {};             // The name of the element it is about, or empty.
    std::vector<std::string> names = {};  // The nearest valid names, or the names in conflict.
    std::string hint = {};                // What to do: "did you mean fakesrc?"; may be empty.
};

// In the order of the text, and no more than `limit`; the last one then says that there are more.
void sort_errors(std::vector<TextError>& errors, std::size_t limit);

// The line at fault and a caret under it, both ending in a newline. A long line is cut to the
// neighbourhood, and control characters are shown as spaces:
//
//     videotestsrc ! fakesnik
//                    ^~~~~~~~
std::string render(std::string_view text, const TextPlace& place);

// Finds lines and columns of offsets. Cheap when they are asked for in ascending order.
class PlaceFinder {
  public:
    explicit PlaceFinder(std::string_view text) : text_(text) {}
    TextPlace at(std::size_t offset, std::size_t length);

  private:
    std::string_view text_;
    TextPlace last_;
};

}  // namespace parallax
