#!/usr/bin/python3
"""shm_peer: how long a frame of 1080p NV12 takes from GStreamer's shmsink to shmsrc. One JSON object.

Both pipelines are in this program, so that one clock stands at both ends; the frame goes the same way as
between two. What an appsrc, a queue and an appsink take without the crossing is measured beside it. Needs
Debian's python3-gst-1.0 and gir1.2-gst-plugins-base-1.0; tools/bench calls it.
"""
import json
import statistics
import sys
import tempfile
import threading
import time

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402  (the version must be said first)

BYTES = 1920 * 1080 * 3 // 2
CAPS = "video/x-raw,format=NV12,width=1920,height=1080,framerate=100/1"
SOURCE = f"appsrc name=in is-live=true format=time block=true caps={CAPS}"
SINK = "appsink name=out emit-signals=true sync=false"
PATIENCE_S = 5


class Way:
    """Pipelines between an appsrc and an appsink."""

    def __init__(self, *texts):
        self.pipelines = [Gst.parse_launch(text) for text in texts]
        self.arrived, self.at_ns = threading.Event(), 0
        for pipeline in self.pipelines:
            pipeline.set_state(Gst.State.PLAYING)
            time.sleep(0.3)  # The one that waits for connections comes first.
        self.source = self.pipelines[0].get_by_name("in")
        self.pipelines[-1].get_by_name("out").connect("new-sample", self.take)
        self.frame = Gst.Buffer.new_allocate(None, BYTES, None)

    def take(self, sink):
        sink.emit("pull-sample")
        self.at_ns = time.monotonic_ns()
        self.arrived.set()
        return Gst.FlowReturn.OK

    def once_us(self):
        self.arrived.clear()
        begin = time.monotonic_ns()
        self.source.emit("push-buffer", self.frame)
        if not self.arrived.wait(PATIENCE_S):
            sys.exit("shm_peer: a frame did not arrive")
        return (self.at_ns - begin) / 1e3

    def median_us(self, frames):
        self.once_us()
        times = []
        for _ in range(frames):
            time.sleep(0.001)
            times.append(self.once_us())
        return statistics.median(times)

    def close(self):
        for pipeline in self.pipelines:
            pipeline.set_state(Gst.State.NULL)


def main():
    Gst.init(None)
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    with tempfile.TemporaryDirectory() as folder:
        shared = Way(f"{SOURCE} ! shmsink socket-path={folder}/shm wait-for-connection=true sync=false shm-size=64000000",
                     f"shmsrc socket-path={folder}/shm is-live=true ! {CAPS} ! {SINK}")
        plain = Way(f"{SOURCE} ! queue ! {SINK}")
        result = {"shm_us": shared.median_us(frames), "plain_us": plain.median_us(frames)}
        shared.close()
        plain.close()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
