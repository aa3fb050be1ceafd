#include "isolate/thread_in.h"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string>

namespace parallax {
namespace {

// What the thread is called within its own namespace: the last number of its line NSpid.
std::uint64_t inner_number(const std::filesystem::path& thread) {
    std::ifstream status(thread / "status");
    for (std::string line; std::getline(status, line);) {
        if (!line.starts_with("NSpid:")) continue;
        std::uint64_t number = 0;
        const char* const end = line.data() + line.size();
        std::from_chars(line.data() + line.find_last_of(" \t") + 1, end, number);
        return number;
    }
    return 0;
}

}  // namespace

pid_t thread_in(pid_t process, std::uint64_t inner) {
    if (process <= 0 || inner == 0) return 0;
    std::error_code gone;
    const std::filesystem::directory_iterator threads("/proc/" + std::to_string(process) + "/task",
                                                      gone);
    for (auto at = begin(threads); !gone && at != end(threads); at.increment(gone)) {
        if (inner_number(at->path()) != inner) continue;
        const std::string name = at->path().filename().string();
        pid_t thread = 0;
        std::from_chars(name.data(), name.data() + name.size(), thread);
        return thread;
    }
    return 0;
}

}  // namespace parallax
