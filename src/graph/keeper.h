// Keeper: the frames that the elements of one stage keep beyond a call.
//
// A frame's memory is given back on the stage's thread alone, but whoever has a KeptFrame may drop
// it on any: it then goes onto a list here, and the stage is woken to let go of it. When the stage
// is taken down, frames that are still kept take their memory along.
//
// Threads: keep(), sweep() and retire() on the stage's thread, or when it has none; detach() and
// the end of a FrameHold on any.
// Lifetime: shared by the stage and its holds; elements outlive the stage.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "exec/frame.h"
#include "parallax/group.h"
#include "parallax/kept_frame.h"

namespace parallax {

class ElementRun;
class Keeper;

// The memory of a run that is over or starts anew, for those who still look at it.
struct Estate {
    std::vector<CpuArena> arenas;
    std::vector<Slot> slots;
    std::vector<CpuSegment> mappings;
};

class FrameHold {
  public:
    FrameHold(std::shared_ptr<Keeper> keeper, ElementRun& run, Frame frame);
    explicit FrameHold(std::vector<std::byte> copy) : copy_(std::move(copy)) {}
    FrameHold(const FrameHold&) = delete;
    FrameHold& operator=(const FrameHold&) = delete;
    ~FrameHold();

    // The frame itself, while its stage runs; null for a copy. On the stage's thread.
    const Frame* frame() const { return frame_.payload ? &frame_ : nullptr; }
    MemoryView copy() const { return copy_; }

  private:
    friend class Keeper;
    std::shared_ptr<Keeper> keeper_;
    ElementRun* run_ = nullptr;
    Frame frame_;
    std::vector<std::byte> copy_;
    std::shared_ptr<const Estate> estate_;
};

class Keeper : public std::enable_shared_from_this<Keeper> {
  public:
    explicit Keeper(Actor& stage) : stage_(&stage) {}

    KeptFrame keep(ElementRun& run, const Frame& frame);
    // Lets go of what was dropped since; true when that was anything.
    bool sweep();
    // No more wakes: the stage is about to go.
    void detach();
    bool keeps_any();
    // Everything still kept lives on by `estate`, which gets the slots that belong to it.
    void retire(const std::shared_ptr<Estate>& estate);

  private:
    friend class FrameHold;
    struct Returned {
        Frame frame;
        ElementRun* run;
    };
    void give_back(FrameHold& hold);

    std::mutex mutex_;  // Guards the three below.
    Actor* stage_;
    std::vector<FrameHold*> live_;
    std::vector<Returned> returned_;
    std::atomic<bool> any_returned_{false};
};

// Shared, since a hold may outlive its stage.
using KeeperHandle = std::shared_ptr<Keeper>;
inline KeeperHandle make_keeper(Actor& stage) { return std::make_shared<Keeper>(stage); }

}  // namespace parallax
