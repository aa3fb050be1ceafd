#include "app/text_file.h"

#include <cerrno>
#include <span>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "elements/io/output_file.h"
#include "parallax/fd.h"

namespace parallax::app {
namespace {

constexpr std::size_t kMostTextBytes = std::size_t{16} << 20U;
constexpr int kPatienceMs = 10'000;  // For the reader of a named pipe to come.
constexpr int kLookMs = 20;

// What the kernel says of a file is trouble with the file, also when it says "permission denied".
Failure file_trouble(const std::string& path) {
    const int saved = errno;
    const std::string name = path == "-" ? "standard input" : path;
    return fail(Errc::io, name + ": " + std::generic_category().message(saved));
}

}  // namespace

Result<std::string> read_text(const std::string& path) {
    UniqueFd fd(path == "-" ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                            : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return file_trouble(path);
    std::string text;
    char block[4096];
    for (;;) {
        const ssize_t count = ::read(fd.get(), block, sizeof block);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return file_trouble(path);
        if (count == 0) return text;
        text.append(block, static_cast<std::size_t>(count));
        if (text.size() > kMostTextBytes) {
            return fail(Errc::invalid_argument, path + " is larger than 16 MiB");
        }
    }
}

Result<LateText> LateText::open(const std::string& path) {
    const bool is_output = path == "-";
    if (path.empty()) return fail(Errc::io, "an empty file name", "name a file, or - for stdout");
    if (is_output) return LateText(PX_TRY(codec::AtomicFile::create("/dev/stdout")), true);
    return LateText(PX_TRY(elements::open_output(path, codec::AtomicFile::fresh_nonce())), false);
}

Result<> LateText::write(std::string_view text) {
    Result<> written = write_file(text);
    if (written || !is_output_) return written;
    // Not by context(): g++ 12 sees an overread in the move of its string.
    Error error = std::move(written).error();
    error.context.emplace_back("standard output cannot be written");
    return Failure(std::move(error));
}

Result<> LateText::write_file(std::string_view text) {
    for (int waited_ms = 0; waited_ms < kPatienceMs; waited_ms += kLookMs) {
        if (PX_TRY(file_.ready())) break;
        ::poll(nullptr, 0, kLookMs);  // No event tells that a pipe has got its reader.
    }
    PX_TRY(file_.write(std::as_bytes(std::span(text))));
    return file_.commit();
}

}  // namespace parallax::app
