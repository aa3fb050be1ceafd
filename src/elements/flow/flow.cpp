#include "elements/flow/flow.h"

#include "elements/flow/queue.h"
#include "elements/flow/selector.h"
#include "elements/flow/steer.h"

namespace parallax::elements {

void add_flow(Registry& registry) {
    registry.add<Queue>({.name = "queue",
                         .family = "flow",
                         .doc = "keeps frames between two threads, bounded",
                         .example = "fakesrc num-buffers=10 ! queue ! fakesink"});
    registry.add<Tee>({.name = "tee",
                       .family = "flow",
                       .doc = "hands every frame to all its outputs, without a copy",
                       .example = "fakesrc num-buffers=3 ! tee name=t ! fakesink t. ! fakesink"});
    registry.add<Funnel>({.name = "funnel",
                          .family = "flow",
                          .doc = "hands on what comes on any input",
                          .example = "funnel name=f ! fakesink fakesrc num-buffers=2 ! f. "
                                     "fakesrc num-buffers=3 ! f."});
    registry.add<Selector>(
        {.name = "selector",
         .family = "flow",
         .doc = "hands on one input and drops the others; active-pad may change at any "
                "time",
         .example = "selector name=s active=1 ! fakesink "
                    "fakesrc num-buffers=2 ! s. fakesrc num-buffers=3 ! s."});
    registry.add<OutputSelector>(
        {.name = "output-selector",
         .family = "flow",
         .doc = "hands frames to one of its outputs",
         .example = "fakesrc num-buffers=3 ! output-selector name=s active-pad=src_1 "
                    "s. ! fakesink s. ! fakesink"});
    registry.add<Valve>({.name = "valve",
                         .family = "flow",
                         .doc = "drops frames while it is shut",
                         .example = "fakesrc num-buffers=3 ! valve drop=true ! fakesink"});
    registry.add<CapsFilter>({.name = "capsfilter",
                              .family = "flow",
                              .doc = "lets only these caps pass; usually written as the caps",
                              .example = "fakesrc num-buffers=1 ! capsfilter caps=ANY ! fakesink"});
    registry.add<Identity>({.name = "identity",
                            .family = "flow",
                            .doc = "hands frames on; can sleep, fail, drop or keep time for tests",
                            .example = "fakesrc num-buffers=3 ! identity drop-probability=0.5 ! "
                                       "fakesink"});
}

}  // namespace parallax::elements
