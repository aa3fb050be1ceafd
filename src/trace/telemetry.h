// TelemetryHub: what a run's elements count, sampled now and then and told to whoever listens.
//
//     TelemetryHub hub;                          // Given to the run, which publishes looks at it.
//     auto feed = hub.subscribe();
//     while (const auto look = feed.next()) draw(*look);
//
// A look is one sample of each element, all of the same moment. Who is slow loses whole looks, and
// knows how many; the run is never slowed by who listens, nor knows of them.
//
// Threads: next_ns(), publish() and close() from one, the run's; subscribe() from any; each Feed
// from one at a time. Blocks: next() alone. Order: that of the looks, from the next one on.
// On close: feeds give what there is, then nothing any more.
// Lifetime: outlives its feeds, and the run.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace parallax {

// One element. Sums are since the run began; they begin anew with the element.
struct TelemetrySample {
    std::uint64_t look = 0;      // From 1; given by the hub, as the next two.
    std::uint32_t number = 0;    // In this look,
    std::uint32_t elements = 0;  // of so many.
    // Of the run.
    std::int64_t time_ns = 0;  // Since it began.
    std::int64_t run_cpu_ns = 0;
    std::uint64_t run_peak_rss_bytes = 0;
    // Of the element. Names end at the first zero; what is too long loses its end.
    std::array<char, 64> name_text{};
    std::array<char, 32> group_text{};
    std::int64_t pid = 0;
    std::uint64_t frames_in = 0;
    std::uint64_t frames_out = 0;
    std::uint64_t dropped = 0;
    std::uint64_t restarts = 0;
    std::int64_t busy_ns = 0;       // Thread CPU time.
    std::uint64_t copied_into = 0;  // Bytes, by the run-time.
    bool fed = false;               // It has inputs.
    // Frames in the fullest queue before it, now; and how many fit. 0: there is none.
    std::uint32_t waiting = 0;
    std::uint32_t capacity = 0;
    // Calls that were timed, and how many of them took less than 2^10 ns, 2^11 ns … 2^34 ns.
    std::uint64_t calls = 0;
    std::array<std::uint64_t, 25> calls_below{};

    std::string_view name() const { return name_text.data(); }
    std::string_view group() const { return group_text.data(); }
    void call(std::string_view name, std::string_view group);
};

struct TelemetryLook {
    std::vector<TelemetrySample> elements;  // In the order of the graph; never empty.
    std::uint64_t lost = 0;                 // Looks between the one before and this one.
};

class TelemetryHub {
    class Channel;

  public:
    // Of a run with more, the first ones are told of.
    static constexpr std::size_t kMostElements = 512;

    class Feed {
      public:
        class Seat;
        explicit Feed(std::unique_ptr<Seat> seat);
        Feed(Feed&& other) noexcept;
        Feed& operator=(Feed&&) = delete;
        ~Feed();

        // The next whole look, if there is one.
        std::optional<TelemetryLook> try_next();
        // Waits for it; nothing once the hub is closed.
        std::optional<TelemetryLook> next();

      private:
        std::unique_ptr<Seat> seat_;
    };

    explicit TelemetryHub(std::chrono::nanoseconds period = std::chrono::milliseconds(500));
    TelemetryHub(const TelemetryHub&) = delete;
    TelemetryHub& operator=(const TelemetryHub&) = delete;
    ~TelemetryHub();

    Feed subscribe();

    // When the next look is due, by the monotonic clock.
    std::int64_t next_ns() const { return next_ns_; }
    // One sample an element. Nothing is published of none, nor after close().
    void publish(std::span<const TelemetrySample> samples, std::int64_t now_ns);
    void close();

  private:
    const std::int64_t period_ns_;
    std::int64_t next_ns_ = 0;
    std::uint64_t looks_ = 0;
    const std::unique_ptr<Channel> channel_;
};

}  // namespace parallax
