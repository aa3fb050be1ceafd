// written_to: what some work writes to a descriptor of this program.
// ran: what a subcommand prints, and its exit code.
#pragma once

#include <algorithm>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include "app/commands.h"
#include "parallax/builtin.h"
#include "parallax/fd.h"
#include "support/temp_folder.h"

namespace parallax {

// While the work runs, the descriptor leads to `path`; of a device nothing comes back.
inline std::string written_to(int fd, const std::function<void()>& work, const std::string& path) {
    const UniqueFd kept(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
    {
        const UniqueFd file(::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        REQUIRE(file);
        ::dup2(file.get(), fd);
    }
    work();
    ::dup2(kept.get(), fd);
    if (path.starts_with("/dev/")) return "";
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::string on_stderr(const std::function<void()>& work) {
    const TempFolder folder;
    return written_to(STDERR_FILENO, work, folder.file("err"));
}

struct Ran {
    int code = -1;
    std::string out;
    std::string err;
};
inline Ran ran(std::string_view name, const std::vector<std::string_view>& words) {
    const auto command = std::ranges::find(app::commands(), name, &app::Command::name);
    REQUIRE(command != app::commands().end());
    Registry registry;
    add_builtin_elements(registry);
    const TempFolder folder;
    Ran done;
    done.err = on_stderr([&] {
        done.out = written_to(
            STDOUT_FILENO, [&] { done.code = command->body(*command, words, registry); },
            folder.file("out"));
    });
    return done;
}

}  // namespace parallax
