"""plans: what it costs to agree on formats, ours beside GStreamer's; for tools/bench."""
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

VIDEO = "videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! "
GRAPHS = {
    "200 identities": (VIDEO, "identity ! ", 200),
    "1000 identities": (VIDEO, "identity ! ", 1000),
    "50 videoconverts": (VIDEO, "videoconvert ! ", 50),
    "200 videoconverts": (VIDEO, "videoconvert ! ", 200),
}
SLOWEST = 200  # GStreamer's time grows with the square: it is not asked for more.


def tee(branches):
    """Branches that want different formats by turns; converters are put in by us, drawn for GStreamer."""
    formats = ["RGB", "NV12", "I420"]
    ends = [f"t. ! queue ! videoconvert ! video/x-raw,format={formats[b % 3]} ! fakesink" for b in range(branches)]
    return f"videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! tee name=t {' '.join(ends)}"


def measure(bench):
    """CPU milliseconds of a whole program, less those of one with the shortest graph; and our solver alone."""
    gst = shutil.which("gst-launch-1.0")
    graphs = {name: (start + step * count + "fakesink", count) for name, (start, step, count) in GRAPHS.items()}
    graphs["tee with 30 branches"] = (tee(30), 30)
    short = VIDEO + "fakesink"
    for name, (text, count) in graphs.items():
        mine, others, solver = [], [], []
        for _ in range(bench.ROUNDS):
            plan = [str(bench.BIN / "parallax-launch"), "-q", "--dry-run=negotiate"]
            mine.append((bench.cpu_s([*plan, text]) - bench.cpu_s([*plan, short])) * 1e3)
            solver.append(solver_ms(bench, text))
            if gst and count <= SLOWEST:
                others.append((bench.cpu_s(bench.theirs(text)) - bench.cpu_s(bench.theirs(short))) * 1e3)
        print(f"{name}: parse, make and agree, CPU ms above the shortest graph")
        a = bench.line("ours", mine, "ms")
        bench.line("of that, agreeing (wall)", solver, "ms")
        if others:
            b = bench.line("GStreamer, one buffer played", others, "ms")
            print(f"  ratio: {b / max(a, 1e-3):.1f} x")
    unsolvable(bench)


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
