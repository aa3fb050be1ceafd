// KeptFrame: an input frame that an element holds on to beyond the call it came with.
//
//     window_.push_back(context.keep());
//     if (window_.size() > size) window_.pop_front();
//
// Its bytes are the frame's own, not a copy, as long as the element keeps no more frames than its
// keeps() says; further ones are copies, and counted. What lies before a channel is released in
// order: until the oldest frame is let go, those after it keep their memory too. So a frame that
// shall outlive many others is better copied.
//
// Threads: a plain value; copies share one hold. The last may be dropped on any thread.
// Lifetime: the bytes stay valid as long as a copy lives, also beyond a renegotiation and the run.
#pragma once

#include <memory>

#include "parallax/meta.h"
#include "parallax/segment.h"

namespace parallax {

class FrameHold;  // src/graph/keeper.h

struct KeptFrame {
    MemoryView bytes = {};
    Meta meta = {};
    std::shared_ptr<FrameHold> hold = {};

    explicit operator bool() const { return hold != nullptr; }
};

}  // namespace parallax
