// Progress: the line that tells how a run is going.
//
// On a terminal one line is redrawn; `plain` writes one line a second. Written to standard error.
#pragma once

#include <cstdint>
#include <string>

#include "parallax/report.h"

namespace parallax::app {

class Progress {
  public:
    enum class Mode : std::uint8_t { none, line, plain };

    // `automatic` is `line` on a terminal and none elsewhere.
    static Mode mode_of(const std::string& word);
    explicit Progress(Mode mode) : mode_(mode) {}

    // Draws when it is time to. `expected_frames` is 0 where nobody knows.
    void update(const RunReport& report, std::uint64_t expected_frames);
    void clear();  // Before anything else is printed.

  private:
    Mode mode_;
    double last_s_ = 0;
    bool drawn_ = false;
};

// Frames that reached a sink, over all sinks the most.
std::uint64_t frames_done(const RunReport& report);
std::uint64_t frames_dropped(const RunReport& report);

// "    1.5 s  30 frames  20.0 fps  5 s left", without its line's end. `expected_frames` as above.
std::string progress_text(const RunReport& report, std::uint64_t expected_frames);
// What is said at the end: "3 frames in 0.081 s (37.0 fps), 0.383 s CPU, 37 MiB peak".
std::string summary_text(const RunReport& report);

}  // namespace parallax::app
