#include "app/progress.h"

#include <algorithm>
#include <set>

#include <unistd.h>

#include <fmt/core.h>

#include "app/commands.h"

namespace parallax::app {

std::uint64_t frames_done(const RunReport& report) {
    std::set<std::string> feeding;
    for (const LinkReport& link : report.links) {
        feeding.insert(link.from.substr(0, link.from.rfind('.')));
    }
    std::uint64_t most = 0;
    for (const ElementReport& element : report.elements) {
        if (!feeding.contains(element.name)) most = std::max(most, element.frames_in);
    }
    return most;
}

std::uint64_t frames_dropped(const RunReport& report) {
    std::uint64_t dropped = 0;
    for (const ElementReport& element : report.elements) dropped += element.dropped;
    return dropped;
}

std::string progress_text(const RunReport& report, std::uint64_t expected_frames) {
    const std::uint64_t done = frames_done(report);
    const double rate = report.wall_s > 0 ? static_cast<double>(done) / report.wall_s : 0;
    std::string text = fmt::format("{:7.1f} s  {} frames  {:.1f} fps", report.wall_s, done, rate);
    if (expected_frames > done && rate > 0) {
        text += fmt::format("  {:.0f} s left", static_cast<double>(expected_frames - done) / rate);
    }
    if (const std::uint64_t dropped = frames_dropped(report)) {
        text += fmt::format("  {} dropped", dropped);
    }
    return text;
}

std::string summary_text(const RunReport& report) {
    const std::uint64_t done = frames_done(report);
    std::string text =
        fmt::format("{} frames in {:.3f} s ({:.1f} fps), {:.3f} s CPU, {:.0f} MiB peak", done,
                    report.wall_s, static_cast<double>(done) / std::max(report.wall_s, 1e-9),
                    report.cpu_s, static_cast<double>(report.peak_rss_bytes) / 1048576.0);
    if (const std::uint64_t dropped = frames_dropped(report)) {
        text += fmt::format(", {} dropped", dropped);
    }
    return text;
}

Progress::Mode Progress::mode_of(const std::string& word) {
    if (word == "none") return Mode::none;
    if (word == "plain") return Mode::plain;
    return ::isatty(STDERR_FILENO) != 0 ? Mode::line : Mode::none;
}

void Progress::update(const RunReport& report, std::uint64_t expected_frames) {
    if (mode_ == Mode::none) return;
    const double every_s = mode_ == Mode::line ? 0.2 : 1.0;
    if (report.wall_s - last_s_ < every_s) return;
    last_s_ = report.wall_s;
    const std::string text = progress_text(report, expected_frames);
    say(mode_ == Mode::line ? "\r\033[K" + text : text + "\n");
    drawn_ = mode_ == Mode::line;
}

void Progress::clear() {
    if (drawn_) say("\r\033[K");
    drawn_ = false;
}

}  // namespace parallax::app
