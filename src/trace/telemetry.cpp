#include "trace/telemetry.h"

#include <algorithm>
#include <utility>

#include "sync/sync.h"

namespace parallax {
namespace {

template <std::size_t N>
void copy_text(std::string_view text, std::array<char, N>& to) {
    to.fill('\0');
    std::ranges::copy(text.substr(0, N - 1), to.begin());
}

}  // namespace

void TelemetrySample::call(std::string_view name, std::string_view group) {
    copy_text(name, name_text);
    copy_text(group, group_text);
}

class TelemetryHub::Channel {
  public:
    // Room for a whole look while the next one is written.
    News<TelemetrySample> news{2 * kMostElements};
};

class TelemetryHub::Feed::Seat {
  public:
    explicit Seat(News<TelemetrySample>::Subscriber subscriber)
        : subscriber_(std::move(subscriber)) {}

    // Adds a sample; the look that it makes whole, if it does.
    std::optional<TelemetryLook> add(const TelemetrySample& sample) {
        // The rest of a look is lost, or the start of this one.
        if (sample.number != part_.size() || (!part_.empty() && part_[0].look != sample.look)) {
            part_.clear();
        }
        if (sample.number != part_.size()) return std::nullopt;
        part_.push_back(sample);
        if (part_.size() < sample.elements) return std::nullopt;
        TelemetryLook look{.elements = std::exchange(part_, {}), .lost = 0};
        if (last_ != 0) look.lost = sample.look - last_ - 1;
        last_ = sample.look;
        return look;
    }

    std::optional<TelemetryLook> take(bool wait) {
        while (const auto heard = wait ? subscriber_.receive() : subscriber_.try_receive()) {
            if (auto look = add(heard->value)) return look;
        }
        return std::nullopt;
    }

  private:
    News<TelemetrySample>::Subscriber subscriber_;
    std::vector<TelemetrySample> part_;
    std::uint64_t last_ = 0;  // The look before.
};

TelemetryHub::Feed::Feed(std::unique_ptr<Seat> seat) : seat_(std::move(seat)) {}
TelemetryHub::Feed::Feed(Feed&& other) noexcept = default;
TelemetryHub::Feed::~Feed() = default;
std::optional<TelemetryLook> TelemetryHub::Feed::try_next() { return seat_->take(false); }
std::optional<TelemetryLook> TelemetryHub::Feed::next() { return seat_->take(true); }

TelemetryHub::TelemetryHub(std::chrono::nanoseconds period)
    : period_ns_(period.count()), channel_(std::make_unique<Channel>()) {}
TelemetryHub::~TelemetryHub() = default;

TelemetryHub::Feed TelemetryHub::subscribe() {
    // Any number may drop.
    return Feed(std::make_unique<Feed::Seat>(*channel_->news.subscribe(Lag::drop_oldest)));
}

void TelemetryHub::publish(std::span<const TelemetrySample> samples, std::int64_t now_ns) {
    next_ns_ = now_ns + period_ns_;
    samples = samples.first(std::min(samples.size(), kMostElements));
    if (samples.empty()) return;
    ++looks_;
    std::uint32_t number = 0;
    for (TelemetrySample sample : samples) {
        sample.look = looks_;
        sample.number = number++;
        sample.elements = static_cast<std::uint32_t>(samples.size());
        if (channel_->news.publish(sample) != QueueAnswer::ok) return;
    }
}

void TelemetryHub::close() { channel_->news.close(); }

}  // namespace parallax
