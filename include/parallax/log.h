// Log: one line per message to one file descriptor. An object that is handed down; there is no
// global one.
//
//     const Log log({.level = LogLevel::debug, .program = "parallax-launch"});
//     log.warning("softisp0", "no white balance in the file: gray world");
//
// Each line goes out in one write(2), so lines of several threads and processes do not mix. Colour
// only on a terminal and without NO_COLOR. A line that cannot be written is dropped.
//
// Threads: every member may be called from any thread. Lifetime: the fd is borrowed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace parallax {

enum class LogLevel : std::uint8_t { off, error, warning, info, debug, trace };

std::string_view to_string(LogLevel level);
std::optional<LogLevel> log_level(std::string_view name);

class Log {
  public:
    struct Options {
        LogLevel level = LogLevel::info;
        int fd = 2;
        std::string program = {};         // Opens each line when not empty: "parallax-launch: …".
        std::optional<bool> colour = {};  // Decided by the fd and NO_COLOR when not given.
        bool time = false;                // Seconds since this Log was made, in each line.
    };

    Log() : Log(Options{}) {}
    explicit Log(Options options);

    // Ask first where making the text costs something.
    bool wants(LogLevel level) const { return level <= options_.level; }
    // `who` is the element or part that speaks; may be empty. Control characters come out escaped.
    void write(LogLevel level, std::string_view who, std::string_view text) const;

    void error(std::string_view who, std::string_view text) const {
        write(LogLevel::error, who, text);
    }
    void warning(std::string_view who, std::string_view text) const {
        write(LogLevel::warning, who, text);
    }
    void info(std::string_view who, std::string_view text) const {
        write(LogLevel::info, who, text);
    }
    void debug(std::string_view who, std::string_view text) const {
        write(LogLevel::debug, who, text);
    }

  private:
    Options options_;
    std::int64_t start_ns_ = 0;
};

}  // namespace parallax
