#include "elements/io/io.h"

#include "elements/io/fd.h"
#include "elements/io/file_sinks.h"
#include "elements/io/file_src.h"
#include "elements/io/multi_file_src.h"
#include "elements/io/raw_src.h"
#include "parallax/app.h"

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
                          .example = "rawsrc location=photo.dng ! softisp ! jpegenc ! "
                                     "filesink location=photo.jpg"});
    registry.add<FdSrc>({.name = "fdsrc",
                         .family = "source",
                         .doc = "reads an inherited descriptor, such as standard input",
                         .example = "fdsrc fd=0 ! fdsink fd=1"});
    registry.add<FdSink>({.name = "fdsink",
                          .family = "sink",
                          .doc = "writes to an inherited descriptor, such as standard output",
                          .example = "fakesrc num-buffers=3 ! fdsink fd=2"});
    registry.add<AppSrc>({.name = "appsrc",
                          .family = "source",
                          .doc = "frames that the program pushes (parallax/app.h)",
                          .example = "appsrc caps=video/x-raw,format=RGB,width=320,height=240 ! "
                                     "pngenc ! multifilesink location=frame_%03d.png"});
    registry.add<AppSink>({.name = "appsink",
                           .family = "sink",
                           .doc = "frames for the program to pull (parallax/app.h)",
                           .example = "fakesrc num-buffers=3 ! appsink"});
}

}  // namespace parallax::elements
