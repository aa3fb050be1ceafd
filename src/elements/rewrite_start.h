// rewrite_start: how an element says, once it knows, what the first bytes of its stream should have
// been. Sinks that can go back do; others pass over it.
//
// Threads: pure functions.
#pragma once

#include <charconv>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parallax/event.h"

namespace parallax::elements {

inline constexpr std::string_view kRewriteStart = "parallax.rewrite-start";

// The bytes travel as hexadecimal digits: fields of events are text.
inline Event rewrite_start(std::span<const std::byte> bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::byte b : bytes) {
        text += digits[std::to_integer<std::size_t>(b >> 4)];
        text += digits[std::to_integer<std::size_t>(b & std::byte{15})];
    }
    return {.type = Event::Type::custom,
            .name = std::string(kRewriteStart),
            .fields = {{"bytes", std::move(text)}}};
}

// The bytes, if it is such an event.
inline std::optional<std::vector<std::byte>> rewritten_start(const Event& event) {
    if (event.type != Event::Type::custom || event.name != kRewriteStart || event.fields.empty())
        return std::nullopt;
    const std::string& text = event.fields.front().second;
    std::vector<std::byte> bytes(text.size() / 2);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        unsigned value = 0;
        const char* const at = text.data() + 2 * i;
        if (std::from_chars(at, at + 2, value, 16).ptr != at + 2) return std::nullopt;
        bytes[i] = static_cast<std::byte>(value);
    }
    return bytes;
}

}  // namespace parallax::elements
