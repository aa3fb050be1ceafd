// Forgetful: hands frames on, and says that what it knows dies with its process.
//
// Threads: as an element.
#pragma once

#include "parallax/element.h"

namespace parallax::testing {

class Forgetful final : public ElementWith<NoOptions> {
  public:
    static Pads pads() {
        return {.pads = {{"sink", PadDirection::sink}, {"src", PadDirection::src}},
                .relation = Relation::pass_through,
                .state = StateClass::opaque,
                .forwards = true};
    }
    Result<Flow> process(Context& context) override { return context.forward(); }
};

}  // namespace parallax::testing
