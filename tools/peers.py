"""peers: our developing of raw frames beside that of others; for tools/bench.

`frames` has all develop one frame in one process, in turns; `programs` times whole programs on real files.
CPU time is user + system. A ratio is the median of the ratios of each round, so that what slows the machine
down for a while slows both sides of it.
"""
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BIN = ROOT / "build/release/bin"
DATA = Path(os.environ.get("PARALLAX_TEST_DATA", ROOT.parent / "shared/data")) / "raw"
SIZES = ((4000, 3000, 11), (1024, 768, 41))  # Width, height, rounds.
BURSTS = (4000, 1000, 61)
FILES = {"sample1.dng": 4310 * 2868e-6, "IMG_5952.CR2": 3522 * 2348e-6}  # Megapixels.
PROGRAM_ROUNDS = 5
COUNTED = ("ours, mhc", "ours, bilinear", "ours, superpixel", "ours, mhc to NV12", "OpenCV, bilinear",
           "OpenCV, edge-aware", "OpenCV, bilinear, exact tone", "LibRaw, linear")
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}
OURS = "ours, mhc"
PROBE = "probe"

# What `./dev bench` is to show: (ours, other or None, metric, how to compare, limit). A limit without
# another is in ms/MP; one with another is a ratio other / ours.
TARGETS = (
    (OURS, None, "cpu", "<=", 1.3),
    (OURS, "OpenCV, bilinear", "cpu", ">=", 5),
    (OURS, "LibRaw, linear", "cpu", ">=", 10),
    (OURS, "OpenCV, edge-aware", "cpu", ">=", 5),
    (OURS, "OpenCV, bilinear, exact tone", "cpu", ">=", 5),
    ("ours, superpixel", None, "cpu", "<=", 0.5),
    ("ours, RAW10 unpack", None, "cpu", "<=", 0.15),
    ("ours, rcd", None, "cpu", "<=", 7),
)


def spread(values):
    """Median, and the quarter points: a bound for the middle half of the samples."""
    if len(values) == 1:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return middle, low, high


def ratio(others, ours):
    """The median of the rounds' own ratios."""
    return statistics.median(a / b for a, b in zip(others, ours))


def row(name, values, unit, base=None):
    middle, low, high = spread(values)
    beside = f"  {ratio(values, base):7.2f} x" if base and base is not values else ""
    return f"  {name:<34} {middle:9.3f} {unit}  (middle half {low:.3f} to {high:.3f}, best {min(values):.3f}){beside}"


def pace(values):
    """What share of its best vector throughput the machine gave us in the median."""
    return min(values) / statistics.median(values)


def faster(one, two):
    """How much faster two threads were, each at its best: the least disturbed burst of many."""
    return min(one) / min(two)


def verdicts(cases):
    """Each target, what was measured, and whether it was reached."""
    for name, other, metric, how, limit in TARGETS:
        if name not in cases or (other and other not in cases):
            continue
        ours = cases[name][f"{metric}_ms_per_mp"]
        got = ratio(cases[other][f"{metric}_ms_per_mp"], ours) if other else statistics.median(ours)
        reached = got <= limit if how == "<=" else got >= limit
        what = f"{other} / {name}" if other else f"{name}, ms/MP"
        yield f"  {what:<44} {got:7.2f}  {how} {limit:<5} {'reached' if reached else 'NOT reached'}"


def develop(size, names=()):
    """One run of the program `peers`: what it measured, by name."""
    out = subprocess.run([str(BIN / "peers"), *map(str, size), *names], check=True, capture_output=True, text=True,
                         env=ONE_THREAD).stdout
    return {case["name"]: case for case in map(json.loads, out.splitlines())}


def report(cases):
    base = cases[OURS]["cpu_ms_per_mp"]
    for name, case in cases.items():
        if name == PROBE or case["threads"] != 1:
            continue
        apart = f"  differs by {case['difference']:.1f}/255" if case.get("difference") else ""
        print(row(name, case["cpu_ms_per_mp"], "ms/MP", base) + apart)
    print(f"  the machine gave {pace(cases[PROBE]['cpu_ms_per_mp']):.2f} of its best pace; load {os.getloadavg()[0]:.1f}")
    print("\n".join(verdicts(cases)))


def frames():
    for size in SIZES:
        print(f"{size[0]}x{size[1]}, 12 bits to RGB888: CPU ms a megapixel, one thread, {size[2]} rounds in turns")
        report(develop(size))


def threads():
    """One thread and two in many short turns. Their wall time needs a machine with nothing else to do."""
    print(f"two threads, {BURSTS[0]}x{BURSTS[1]}, wall time, {BURSTS[2]} turns of each, load {os.getloadavg()[0]:.1f}")
    for name in ("ours, mhc", "OpenCV, bilinear"):
        names = (name, f"{name}, two threads")
        try:
            one, two = (case["wall_ms_per_mp"] for case in develop(BURSTS, names).values())
        except (subprocess.CalledProcessError, ValueError):
            continue  # Not built.
        print(f"  {name}: {faster(one, two):.2f} x faster at the best of each, {ratio(one, two):.2f} x in the median")


def instructions():
    """Instructions a pixel, which no other work of the machine can disturb: the slope between two counts."""
    if not shutil.which("valgrind"):
        print("valgrind is not installed: instructions are not counted")
        return
    width, height = SIZES[1][:2]
    print(f"{width}x{height}: instructions a pixel, counted by callgrind")
    for name in COUNTED:
        try:
            few, many = (instructions_of((width, height, rounds), name) for rounds in (1, 3))
        except subprocess.CalledProcessError:
            continue  # Not built.
        print(f"  {name:<34} {(many - few) / 2 / width / height:8.1f}")


def instructions_of(size, name):
    line = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(BIN / "peers"), *map(str, size), name]
    told = subprocess.run(line, check=True, capture_output=True, text=True, env=ONE_THREAD).stderr
    return int(re.search(r"Collected : (\d+)", told)[1])


def programs():
    """Start, read, develop, write a PPM (RawTherapee: a TIFF) to memory, end."""
    for name, megapixels in FILES.items():
        if not (DATA / name).exists():
            print(f"{name}: not at hand in {DATA}, left out")
            continue
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            print(f"{name}, {megapixels:.1f} MP: whole programs, CPU ms a megapixel, {PROGRAM_ROUNDS} rounds in turns")
            times = turns(contenders(DATA / name, folder), megapixels)
        for case, values in times.items():
            print(row(case, values, "ms/MP", times["parallax-launch, mhc"]))


def contenders(file, folder):
    """Command lines, of what is installed; all with the camera's white balance, none brightened by guess."""
    def ours(demosaic):
        return [str(BIN / "parallax-launch"), "-q",
                f"rawsrc location={file} ! softisp demosaic={demosaic} ! pnmenc ! filesink location={folder}/o.ppm"]
    profile = Path(folder, "rcd.pp3")
    profile.write_text("[RAW Bayer]\nMethod=rcd\n")
    lines = {
        "parallax-launch, mhc": ours("mhc"),
        "parallax-launch, rcd": ours("rcd"),
        "dcraw_emu (LibRaw), linear": ["dcraw_emu", "-w", "-W", "-q", "0", "-Z", f"{folder}/o.ppm", str(file)],
        "dcraw_emu (LibRaw), AHD": ["dcraw_emu", "-w", "-W", "-q", "3", "-Z", f"{folder}/o.ppm", str(file)],
        "dcraw, linear": ["dcraw", "-w", "-W", "-q", "0", "-c", str(file)],
        "dcraw, AHD": ["dcraw", "-w", "-W", "-q", "3", "-c", str(file)],
        "RawTherapee, RCD": ["rawtherapee-cli", "-Y", "-t", "-b8", "-o", f"{folder}/o.tif", "-p", str(profile),
                             "-c", str(file)],
    }
    return {name: line for name, line in lines.items() if shutil.which(line[0])}


def turns(lines, megapixels):
    times = {name: [] for name in lines}
    for _ in range(PROGRAM_ROUNDS):
        for name, line in lines.items():
            times[name].append(cpu_ms(line) / megapixels)
    return times


def cpu_ms(line):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(line, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                   env=ONE_THREAD)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return 1e3 * (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime)
