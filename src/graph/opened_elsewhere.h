// OpenedElsewhere: stands in the program's own process for an element whose files or peers are
// opened in the process where it will run, so that what others made is never parsed here.
//
// It answers what the planner asks of an element, formats and sizes, with what that process found.
// Properties are those of the element it stands for. `isolate` makes them, Run decides which.
//
// Threads: the driving thread's. Lifetime: the Isolation that made it outlives it.
#pragma once

#include "parallax/element.h"

namespace parallax {

class OpenedElsewhere : public Element {
  public:
    // Opens once more, for a stream that has come as far as `state`: formats may be others now.
    virtual Result<> reopen(const InlineState& state) = 0;
};

}  // namespace parallax
