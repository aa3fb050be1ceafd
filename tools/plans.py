"""plans: what it costs to agree on formats, ours beside GStreamer's; for tools/bench."""
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

VIDEO = "videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! "
EMPTY = "fakesrc num-buffers=1 ! "  # Without formats nobody has anything to agree on.
GRAPHS = {
    "200 identities, no formats": (EMPTY, "identity ! ", 200),
    "200 identities": (VIDEO, "identity ! ", 200),
    "1000 identities": (VIDEO, "identity ! ", 1000),
    "50 videoconverts": (VIDEO, "videoconvert ! ", 50),
    "200 videoconverts": (VIDEO, "videoconvert ! ", 200),
}
LEFT_OUT = ("1000 identities", "200 videoconverts")  # Not asked of GStreamer: its time grows with the square.


def tee(branches):
    """Branches that want different formats by turns; converters are put in by us, drawn for GStreamer."""
    formats = ["RGB", "NV12", "I420"]
    ends = [f"t. ! queue ! videoconvert ! video/x-raw,format={formats[b % 3]} ! fakesink" for b in range(branches)]
    return f"{VIDEO}tee name=t {' '.join(ends)}"


def graphs():
    """Name, text, and the shortest graph of the kind."""
    for name, (start, step, count) in GRAPHS.items():
        yield name, start + step * count + "fakesink", start + "fakesink"
    yield "tee with 30 branches", tee(30), VIDEO + "fakesink"


def agree(bench, text):
    return [str(bench.BIN / "parallax-launch"), "-q", "--dry-run=negotiate", text]


def measure(bench):
    """CPU milliseconds of a whole program, less those of one with the shortest graph; and our solver alone."""
    gst = shutil.which("gst-launch-1.0")
    if gst:
        bench.cpu_s(bench.theirs(VIDEO + "videoconvert ! fakesink"))  # It reads its plugins anew where it must.
    for name, text, short in graphs():
        mine, others, solver = [], [], []
        for _ in range(bench.ROUNDS):
            mine.append((bench.cpu_s(agree(bench, text)) - bench.cpu_s(agree(bench, short))) * 1e3)
            solver.append(solver_ms(bench, text))
            if gst and name not in LEFT_OUT:
                others.append((bench.cpu_s(bench.theirs(text)) - bench.cpu_s(bench.theirs(short))) * 1e3)
        print(f"{name}: parse, make and agree, CPU ms above the shortest graph", flush=True)
        a = bench.line("ours", mine, "ms")
        bench.line("of that, agreeing (wall)", solver, "ms")
        if others:
            b = bench.line("GStreamer, one buffer played", others, "ms")
            # Below a clock tick nothing can be told apart.
            print(f"  ratio: {b / a:.1f} x" if a >= 1 else f"  ratio: ours is too short to measure, under {b:.0f} x")
    unsolvable(bench)


def instructions(bench):
    """Instructions of negotiate(), counted by callgrind: the same on a busy machine as on an idle one."""
    if not shutil.which("valgrind"):
        print("valgrind is not installed: instructions are not counted")
        return
    print("agreeing on formats, million instructions")
    for name, text, _ in graphs():
        print(f"  {name:<34} {counted(agree(bench, text)) / 1e6:10.3f}", flush=True)


def counted(command):
    line = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
            "--toggle-collect=parallax::negotiate(*"]
    told = subprocess.run([*line, *command], check=True, capture_output=True, text=True).stderr
    return int(re.search(r"Collected : (\d+)", told)[1])


def unsolvable(bench):
    text = (VIDEO + "video/x-raw,framerate=30/1 ! " + "identity ! " * 200 +
            "video/x-raw,framerate=25/1 ! fakesink")
    values = [solver_ms(bench, text) for _ in range(bench.ROUNDS)]
    print("200 identities between two rates that differ: explained, wall ms")
    bench.line("ours", values, "ms")


def solver_ms(bench, text):
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run([str(bench.BIN / "parallax-launch"), "-q", "--report", str(report), text],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
        return json.loads(report.read_text())["negotiation_us"] / 1e3
