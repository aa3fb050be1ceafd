#include "elements/raw/raw.h"

#include "elements/raw/burst_fusion.h"
#include "elements/raw/raw_test_src.h"
#include "elements/raw/softisp.h"

namespace parallax::elements {

void add_raw(Registry& registry) {
    registry.add<RawTestSrc>(
        {.name = "rawtestsrc",
         .family = "raw",
         .doc = "simulates a camera: raw frames, the same without noise, and the true picture",
         .example = "rawtestsrc num-buffers=3 gain=4 ! softisp ! fakesink"});
    registry.add<BurstFusion>(
        {.name = "burstfusion",
         .family = "raw",
         .doc = "merges raw frames of one scene into one with less noise, whatever moves in it",
         .example = "rawtestsrc num-buffers=4 gain=16 shake=2 ! burstfusion frames=4 ! softisp ! "
                    "fakesink"});
    registry.add<SoftIsp>({.name = "softisp",
                           .family = "raw",
                           .doc = "develops raw sensor frames into pictures",
                           .example = "rawtestsrc num-buffers=1 ! softisp demosaic=mhc ! "
                                      "video/x-raw,format=RGB ! fakesink"});
}

}  // namespace parallax::elements
