#include "isolate/ipc_elements.h"

#include "parallax/isolation.h"
#include "parallax/registry.h"

namespace parallax {

void add_ipc_elements(Registry& registry) {
    registry.add<IpcSink>({.name = "ipcsink",
                           .family = "sink",
                           .doc = "gives frames to other programs by a socket's path",
                           .example = "fakesrc num-buffers=3 ! ipcsink path=frames.sock "
                                      "wait-for-connection=false"});
    registry.add<IpcSrc>({.name = "ipcsrc",
                          .family = "source",
                          .doc = "takes frames from another program's ipcsink",
                          .example = "ipcsrc path=frames.sock ! identity eos-after=3 ! fakesink"});
}

}  // namespace parallax
