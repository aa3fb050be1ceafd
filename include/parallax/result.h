// Result<T>: the outcome of anything that can fail.
//
//     Result<Frame> read_frame(int fd);            // may fail: the type says so
//     Frame frame = PX_TRY(read_frame(fd));        // hand a failure to my caller
//     if (auto f = read_frame(fd)) use(*f);        // or deal with it here
//
// "Full", "empty" and "not yet" are answers, not failures: those return bool or std::optional.
//
// Threads: plain values; share them as you would share a string.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parallax {

enum class Errc : std::uint8_t {
    invalid_argument,  // The caller asked for something that makes no sense.
    not_found,         // No such element, file, model or format.
    no_common_format,  // Negotiation found no format both sides accept.
    no_common_memory,  // Formats agree, but no memory type that both sides can use.
    cycle,             // The graph runs in a circle.
    gave_up,           // A bounded search ended before it knew.
    quota_exceeded,    // A budget said no. Retrying later may succeed.
    timed_out,
    interrupted,  // Somebody asked for the work to stop.
    peer_died,    // The process on the other side is gone.
    corrupt,      // Bytes from outside did not check out.
    unsupported,  // This is not done: a format, a size or a change that the code does not take.
    lacking,      // This build or machine lacks a facility: a sandbox layer, a core, a library.
    permission,   // The machine or its policy says no.
    io,           // A file or device failed: missing, unreadable, full.
    system,       // A system call failed; the message holds its name and strerror.
};

// "io", "corrupt" … as it stands in reports.
std::string_view to_string(Errc code);

struct Error {
    Errc code;
    std::string message;    // One clause, no full stop: "memfd_create: Too many open files".
    std::string hint = {};  // What to do about it, or empty: "did you mean factor?".
    // Where it happened, innermost first: {"frame 3", "softisp0"}.
    std::vector<std::string> context = {};
};

// "softisp0: frame 3: white level 0 is below black level 64". The hint is not part of it.
std::string to_string(const Error& error);

template <class T = void>
class [[nodiscard]] Result : public std::expected<T, Error> {
  public:
    using std::expected<T, Error>::expected;

    // The same outcome; a failure also says where: read(f).context(path).
    Result context(std::string where) && {
        if (!*this) this->error().context.push_back(std::move(where));
        return std::move(*this);
    }
};

using Failure = std::unexpected<Error>;

[[nodiscard]] Failure fail(Errc code, std::string message, std::string hint = {});
[[nodiscard]] Failure fail_errno(std::string_view call);  // Reads errno: call it first thing.

}  // namespace parallax

// The value of `expr`, or else return its error from the enclosing function.
#define PX_TRY(expr)                                                   \
    __extension__({                                                    \
        auto&& px_result_ = (expr);                                    \
        if (!px_result_) [[unlikely]]                                  \
            return ::parallax::Failure(std::move(px_result_).error()); \
        *std::move(px_result_);                                        \
    })
