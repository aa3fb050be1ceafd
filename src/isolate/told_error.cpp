#include "isolate/told_error.h"

#include <utility>

#include "isolate/last_words.h"

namespace parallax {
namespace {

Errc code_of(std::uint64_t number) {
    return number <= static_cast<std::uint64_t>(Errc::system) ? static_cast<Errc>(number)
                                                              : Errc::corrupt;
}

}  // namespace

ControlMessage failed_message(const Error& error, std::uint64_t element) {
    std::string context;
    for (const std::string& each : error.context) context += (context.empty() ? "" : "\n") + each;
    return {.type = ControlMessage::Type::failed,
            .a = static_cast<std::uint64_t>(error.code),
            .b = element,
            .text = error.message,
            .more = error.hint,
            .rest = std::move(context)};
}

Error told_error(const ControlMessage& message) {
    Error error{.code = code_of(message.a),
                .message = printable(message.text),
                .hint = printable(message.more),
                .context = {}};
    std::string line;
    for (const char c : message.rest + "\n") {
        if (c != '\n') {
            line += c;
        } else if (!line.empty()) {
            error.context.push_back(printable(std::exchange(line, {})));
        }
    }
    return error;
}

}  // namespace parallax
