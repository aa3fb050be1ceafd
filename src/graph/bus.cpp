#include "graph/bus.h"

#include <algorithm>
#include <chrono>

namespace parallax {
namespace {

constexpr std::int64_t kLongestWaitNs = std::int64_t{1} << 60U;  // 36 years.

}  // namespace

void Bus::post(Message message) {
    if (taker_) return taker_(std::move(message));
    {
        const std::lock_guard lock(mutex_);
        if (queue_.size() >= kMostKept) {
            const auto chatter = std::ranges::find_if(queue_, [](const Message& m) {
                return m.kind == Message::Kind::text && m.severity <= Severity::info;
            });
            if (chatter != queue_.end()) {
                queue_.erase(chatter);
                ++lost_;
            } else if (message.kind == Message::Kind::text) {
                ++lost_;
                return;
            }
        }
        queue_.push_back(std::move(message));
    }
    arrived_.notify_one();
}

std::optional<Message> Bus::wait(std::int64_t timeout_ns) {
    std::unique_lock lock(mutex_);
    // "For ever" as a number must not run over when it is added to now.
    const std::chrono::nanoseconds patience(std::min(timeout_ns, kLongestWaitNs));
    arrived_.wait_for(lock, patience, [&] { return !queue_.empty(); });
    if (queue_.empty()) return std::nullopt;
    Message message = std::move(queue_.front());
    queue_.pop_front();
    return message;
}

std::uint64_t Bus::lost() const {
    const std::lock_guard lock(mutex_);
    return lost_;
}

}  // namespace parallax
