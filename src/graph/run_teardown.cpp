// How a run takes its stages and channels down: at the end, and before it starts anew.
#include <algorithm>
#include <mutex>
#include <ranges>
#include <thread>

#include "graph/run.h"
#include "trace/trace.h"

namespace parallax {

// From here on the program's own ends, descriptors and times wake no stage any more.
void Run::cut_off() {
    for (auto& run : elements_) run->element->set_waker([] {});
    for (Stage& stage : local_stages()) {
        if (poller_) poller_->forget(stage);
        for (auto& group : groups_) group->forget(stage);
        stage.keeper().detach();
    }
}

// All stages have ended; lets the last steps run out, so that nobody touches them any more. What
// other threads post meanwhile is done, too; once locked, they can post no more. The wait itself is
// without the lock, since an element may stop the run from a last step.
void Run::quiesce(std::unique_lock<std::mutex>& lock) {
    const auto idle = [](const auto& stage) { return stage == nullptr || stage->idle(); };
    for (;;) {
        while (!std::ranges::all_of(stages_, idle)) std::this_thread::yield();
        lock.lock();
        // From the last stage up: one may still send an event up, but none sends any down.
        if (std::ranges::all_of(stages_ | std::views::reverse, idle)) return;
        lock.unlock();
    }
}

// What was made of a run that cannot begin. Until it is shut down the supervisor looks at stages
// of this process.
void Run::abandon() {
    if (remote_) remote_->shut_down(false);
    take_down();
}

void Run::take_down() {
    const std::lock_guard lock(mutex_);
    for (std::size_t l = 0; l < channels_.size(); ++l) {
        if (!channels_[l]) continue;
        const Channel::Counters counters = channels_[l]->counters();
        high_water_[l] = std::max(high_water_[l], counters.high_water);
        queue_drops_[l] += counters.dropped;
    }
    for (auto& run : elements_) {
        run->outputs.clear();
        run->clear_call();
    }
    bequeath_kept();
    channels_.clear();
    stages_.clear();
    for (const Traced& traced : traced_) options_.trace->remove(traced.number);
    traced_.clear();
    if (remote_) remote_->refresh();
}

// Frames that elements, or the program, still look at: their memory goes to them.
void Run::bequeath_kept() {
    const bool any = std::ranges::any_of(local_stages(),
                                         [](Stage& stage) { return stage.keeper().keeps_any(); });
    const auto estate = std::make_shared<Estate>();
    if (any) {
        for (const auto& run : elements_) {
            for (const ElementRun::Memory& memory : run->memory) {
                if (memory.arena) estate->arenas.push_back(*memory.arena);
            }
        }
        for (const auto& channel : channels_) {
            if (channel) channel->bequeath(estate->slots);
        }
    }
    // What others own is mapped as long as somebody looks at it; what is ours, its handle holds.
    estate->mappings = arenas_.take_all();
    for (Stage& stage : local_stages()) stage.keeper().retire(estate);
}

}  // namespace parallax
