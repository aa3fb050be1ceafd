// BlockSink: what takes the finished pixels of a band.
//
// Threads: used by one thread at a time. Lifetime: blocks are valid during the call only.
#pragma once

#include "isp/finish.h"
#include "isp/lanes.h"
#include "isp/store.h"

namespace parallax::isp {

// Takes finished pixels, from left to right and from top to bottom, in pairs of rows.
class BlockSink {
  public:
    virtual ~BlockSink() = default;
    // Pixels x … x + count − 1 of rows y (always even) and y + 1, if there is one.
    virtual void take(const BlockPair& blocks, const PixelRange& range) = 0;
    virtual void take(const DeepBlock& block, const PixelRange& range) = 0;
};

}  // namespace parallax::isp
