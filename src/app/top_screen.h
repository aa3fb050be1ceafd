// TopScreen: where `parallax top` shows its table: a terminal that it takes over until it goes, or
// a table a second on standard output where that is none.
//
// Threads: one.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/top_table.h"

namespace parallax::app {

class TopScreen {
  public:
    explicit TopScreen(std::string_view program);
    ~TopScreen();
    TopScreen(const TopScreen&) = delete;
    TopScreen& operator=(const TopScreen&) = delete;

    // Nothing else may be printed meanwhile.
    bool owns_terminal() const { return terminal_ != nullptr; }
    // Hears keys, and draws when it is time. False once it was asked to stop, by a key or since
    // nobody takes what is printed.
    bool update(const std::optional<TelemetryLook>& news);
    // Gives the terminal back, and prints a last table, of the whole run.
    void leave(std::span<const TelemetrySample> now);

  private:
    class Terminal;
    void hear_keys();

    std::string_view program_;
    TopSampler sampler_;
    std::vector<TopRow> rows_;
    TelemetrySample shown_;  // Any of the look that is shown.
    TopLook look_;
    std::int64_t next_ns_ = 0;  // Of the run's time.
    bool changed_ = false;      // By a key, since it was drawn.
    bool stop_ = false;
    bool closed_ = false;                 // Nobody takes what is printed.
    std::unique_ptr<Terminal> terminal_;  // Null: plain tables.
};

}  // namespace parallax::app
