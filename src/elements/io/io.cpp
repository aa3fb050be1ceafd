#include "elements/io/io.h"

#include "elements/io/file_sinks.h"
#include "elements/io/file_src.h"
#include "elements/io/multi_file_src.h"
#include "elements/io/raw_src.h"

namespace parallax::elements {

void add_io(Registry& registry) {
    registry.add<FileSink>(
        {.name = "filesink",
         .family = "sink",
         .doc = "writes all frames into one file, which appears when all is well",
         .example = "fakesrc num-buffers=3 ! filesink location=/dev/null"});
    registry.add<MultiFileSink>(
        {.name = "multifilesink",
         .family = "sink",
         .doc = "writes each frame into a file of its own",
         .example = "fakesrc num-buffers=3 ! multifilesink location=/dev/null"});
    registry.add<FileSrc>({.name = "filesrc",
                           .family = "source",
                           .doc = "reads a file: in blocks, or picture by picture if caps say so",
                           .example = "filesrc location=/etc/os-release ! fakesink"});
    registry.add<MultiFileSrc>({.name = "multifilesrc",
                                .family = "source",
                                .doc = "reads many files, a frame each",
                                .example = "multifilesrc location=/etc/os-release ! fakesink"});
    registry.add<RawSrc>({.name = "rawsrc",
                          .family = "source",
                          .doc = "reads camera raw files (DNG, CR2, NEF, ARW …) as mosaics",
                          .example = ""});
}

}  // namespace parallax::elements
