#include "parallax/log.h"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include <unistd.h>

#include "base/clock.h"
#include "base/one_line.h"

namespace parallax {
namespace {

constexpr std::array<std::string_view, 6> kNames{"off",  "error", "warning",
                                                 "info", "debug", "trace"};
constexpr std::array<std::string_view, 6> kColours{"", "\033[1;31m", "\033[1;33m",
                                                   "", "\033[2m",    "\033[2m"};

bool colour_wanted(int fd) {
    // NO_COLOR counts when present and not empty (no-color.org). Read once, before threads matter.
    const char* no_color = std::getenv("NO_COLOR");  // NOLINT(concurrency-mt-unsafe)
    return (no_color == nullptr || *no_color == '\0') && ::isatty(fd) == 1;
}

void write_all(int fd, std::string_view line) {
    while (!line.empty()) {
        const ssize_t n = ::write(fd, line.data(), line.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return;  // Nowhere left to complain.
        line.remove_prefix(static_cast<std::size_t>(n));
    }
}

}  // namespace

std::string_view to_string(LogLevel level) { return kNames.at(static_cast<std::size_t>(level)); }

std::optional<LogLevel> log_level(std::string_view name) {
    for (std::size_t i = 0; i < kNames.size(); ++i) {
        if (kNames.at(i) == name) return static_cast<LogLevel>(i);
    }
    return std::nullopt;
}

Log::Log(Options options) : options_(std::move(options)), start_ns_(monotonic_ns()) {
    if (!options_.colour) options_.colour = colour_wanted(options_.fd);
}

void Log::write(LogLevel level, std::string_view who, std::string_view text) const {
    if (level == LogLevel::off || !wants(level)) return;
    std::string line;
    line.reserve(text.size() + who.size() + 64);
    if (options_.time) {
        std::array<char, 32> stamp{};
        std::snprintf(stamp.data(), stamp.size(), "%.6f ",
                      static_cast<double>(monotonic_ns() - start_ns_) / 1e9);
        line += stamp.data();
    }
    if (!options_.program.empty()) line.append(options_.program).append(": ");
    const std::string_view colour = kColours.at(static_cast<std::size_t>(level));
    const bool coloured = *options_.colour && !colour.empty();
    if (coloured) line += colour;
    line.append(to_string(level)).append(": ");
    if (coloured) line += "\033[0m";
    if (!who.empty()) {
        line += one_line(who) + ": ";
    }
    // It may quote a hostile file.
    line += one_line(text) + "\n";
    write_all(options_.fd, line);
}

}  // namespace parallax
