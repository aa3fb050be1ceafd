// BlockSink: what takes the finished pixels of a band.
//
// Threads: used by one thread at a time. Lifetime: blocks are valid during the call only.
#pragma once

#include "isp/finish.h"
#include "isp/lanes.h"
#include "isp/store.h"

namespace parallax::isp {

// Takes finished pixels, in pairs of rows: from left to right and from top to bottom, or, where it
// agrees to that, one strip of columns after the other, each from top to bottom.
class BlockSink {
  public:
    virtual ~BlockSink() = default;
    // Whether strips are welcome. They will come, if so.
    virtual bool accept_strips() { return false; }
    // Pixels x … x + count − 1 of rows y (always even) and y + 1, if there is one.
    virtual void take(const BlockPair& blocks, const PixelRange& range) = 0;
    virtual void take(const DeepBlock& block, const PixelRange& range) = 0;
};

}  // namespace parallax::isp
