#include "graph/keeper.h"

#include <algorithm>
#include <utility>

#include "graph/element_run.h"

namespace parallax {

FrameHold::FrameHold(std::shared_ptr<Keeper> keeper, ElementRun& run, Frame frame)
    : keeper_(std::move(keeper)), run_(&run), frame_(std::move(frame)) {}

FrameHold::~FrameHold() {
    if (keeper_) keeper_->give_back(*this);
}

KeptFrame Keeper::keep(ElementRun& run, const Frame& frame) {
    sweep();
    if (run.kept >= run.element->keeps()) {
        ElementCounters::add(run.counters.bytes_copied, std::uint64_t{frame.bytes.size()});
        auto copy = std::make_shared<FrameHold>(
            std::vector<std::byte>(frame.bytes.begin(), frame.bytes.end()));
        return {.bytes = copy->copy(), .meta = frame.meta, .hold = std::move(copy)};
    }
    ++run.kept;
    auto hold = std::make_shared<FrameHold>(
        shared_from_this(), run, Frame{.payload = frame.payload, .bytes = frame.bytes, .meta = {}});
    const std::lock_guard lock(mutex_);
    live_.push_back(hold.get());
    return {.bytes = frame.bytes, .meta = frame.meta, .hold = std::move(hold)};
}

bool Keeper::sweep() {
    // Pairs with the store in give_back: what it put on the list is seen.
    if (!any_returned_.exchange(false, std::memory_order_acq_rel)) return false;
    std::vector<Returned> returned;
    {
        const std::lock_guard lock(mutex_);
        returned.swap(returned_);
    }
    for (const Returned& each : returned) --each.run->kept;
    return !returned.empty();  // Their memory goes here, on the stage's thread.
}

void Keeper::give_back(FrameHold& hold) {
    const std::lock_guard lock(mutex_);
    std::erase(live_, &hold);
    if (!hold.frame_.payload) return;  // Retired.
    returned_.push_back({std::move(hold.frame_), hold.run_});
    any_returned_.store(true, std::memory_order_release);
    if (stage_ != nullptr) stage_->notify();
}

void Keeper::detach() {
    const std::lock_guard lock(mutex_);
    stage_ = nullptr;
}

bool Keeper::keeps_any() {
    const std::lock_guard lock(mutex_);
    return !live_.empty();
}

void Keeper::retire(const std::shared_ptr<Estate>& estate) {
    const std::lock_guard lock(mutex_);
    stage_ = nullptr;
    for (const Returned& each : std::exchange(returned_, {})) --each.run->kept;
    for (FrameHold* hold : live_) {
        if (Slot slot = hold->frame_.payload.take_slot()) {
            estate->slots.push_back(std::move(slot));
        }
        hold->frame_.payload = {};
        hold->estate_ = estate;
        --hold->run_->kept;
    }
    live_.clear();
}

}  // namespace parallax
