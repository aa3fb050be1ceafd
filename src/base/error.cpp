#include <array>
#include <cerrno>
#include <system_error>

#include "parallax/result.h"

namespace parallax {

std::string_view to_string(Errc code) {
    static constexpr std::array<std::string_view, 16> kNames{"invalid-argument",
                                                             "not-found",
                                                             "no-common-format",
                                                             "no-common-memory",
                                                             "cycle",
                                                             "gave-up",
                                                             "quota-exceeded",
                                                             "timed-out",
                                                             "interrupted",
                                                             "peer-died",
                                                             "corrupt",
                                                             "unsupported",
                                                             "lacking",
                                                             "permission",
                                                             "io",
                                                             "system"};
    return kNames.at(static_cast<std::size_t>(code));
}

std::string to_string(const Error& error) {
    std::string text;
    for (auto where = error.context.rbegin(); where != error.context.rend(); ++where) {
        text += *where + ": ";
    }
    return text + error.message;
}

Failure fail(Errc code, std::string message, std::string hint) {
    return Failure(Error{code, std::move(message), std::move(hint), {}});
}

Failure fail_errno(std::string_view call) {
    const int saved = errno;
    const Errc code = saved == EACCES || saved == EPERM ? Errc::permission : Errc::system;
    return fail(code, std::string(call) + ": " + std::generic_category().message(saved));
}

}  // namespace parallax
