#include "app/text_file.h"

#include <fcntl.h>
#include <unistd.h>

#include "app/commands.h"
#include "parallax/fd.h"

namespace parallax::app {
namespace {

constexpr std::size_t kMostTextBytes = std::size_t{16} << 20U;

}  // namespace

Result<std::string> read_text(const std::string& path) {
    UniqueFd fd(path == "-" ? ::dup(STDIN_FILENO) : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd) return fail_errno(path);
    std::string text;
    char block[4096];
    for (;;) {
        const ssize_t count = ::read(fd.get(), block, sizeof block);
        if (count < 0) return fail_errno(path);
        if (count == 0) return text;
        text.append(block, static_cast<std::size_t>(count));
        if (text.size() > kMostTextBytes) {
            return fail(Errc::invalid_argument, path + " is larger than 16 MiB");
        }
    }
}

Result<> write_text(const std::string& path, std::string_view text) {
    if (path == "-") return print(text), Result<>{};
    UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!fd) return fail_errno(path);
    while (!text.empty()) {
        const ssize_t count = ::write(fd.get(), text.data(), text.size());
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return fail_errno(path);
        text.remove_prefix(static_cast<std::size_t>(count));
    }
    return {};
}

}  // namespace parallax::app
