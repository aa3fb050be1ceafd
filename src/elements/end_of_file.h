// The event by which a source says that its file ended, as opposed to a stream that was stopped:
// only then is half a frame a damaged file.
//
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

#include "parallax/event.h"

namespace parallax::elements {

inline constexpr std::string_view kEndOfFile = "parallax.end-of-file";

inline Event end_of_file(std::string file) {
    return {.type = Event::Type::custom,
            .name = std::string(kEndOfFile),
            .fields = {{"file", std::move(file)}}};
}

inline bool is_end_of_file(const Event& event) {
    return event.type == Event::Type::custom && event.name == kEndOfFile;
}

inline std::string end_of_file_name(const Event& event) {
    return event.fields.empty() ? std::string("the input") : event.fields.front().second;
}

}  // namespace parallax::elements
