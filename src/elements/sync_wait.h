// early: what `sync` means to a sink: a frame is taken at its pts, not before.
//
//     if (options().sync && early(context)) return Flow::again;
//
// Threads: a pure function of the context.
#pragma once

#include "parallax/context.h"

namespace parallax::elements {

// True where the frame's time has not come; then the context is told to wait for it. A frame
// without pts is never early, and once the run is stopping none is.
inline bool early(Context& context) {
    const std::int64_t pts_ns = context.in_meta().pts_ns;
    if (context.stopping() || pts_ns <= context.running_time_ns()) return false;
    context.wait_until(pts_ns);
    return true;
}

}  // namespace parallax::elements
