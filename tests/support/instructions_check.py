#!/usr/bin/env python3
"""What it costs to agree on formats, in instructions of negotiate(): the same on a busy machine as on an idle one.

  instructions_check.py --bin DIR

Each kind of graph must not pass its limit, and five times the elements must not take more than seven times as many.
"""
import argparse
import re
import subprocess
import sys

# Exit code of a test that could not be made.
SKIPPED = 77
MOST_GROWTH = 7
PICTURES = "videotestsrc num-buffers=1 ! video/x-raw,width=320,height=240 ! "
FORMATS = ["RGB", "NV12", "I420"]


def line(step, end="fakesink"):
    return lambda count: PICTURES + step * count + end


def tee(elements):
    """Branches of three elements that want different formats by turns; converters are put in."""
    ends = [f"t. ! queue ! video/x-raw,format={FORMATS[b % 3]} ! fakesink" for b in range(elements // 3)]
    return f"{PICTURES}tee name=t {' '.join(ends)}"


def diamonds(elements):
    """Tees whose four branches have other sizes and meet again in one picture, one behind the other."""
    each = [f"tee name=t{d} " + "  ".join(
        f"t{d}. ! queue ! videoscale ! video/x-raw,width={64 + 16 * b} ! c{d}." for b in range(4)) +
        f"  compositor name=c{d} ! video/x-raw,width=320,height=240 ! " for d in range(elements // 14)]
    return PICTURES + "".join(each) + "fakesink"


# Kind of graph, its text by the number of elements, how many, and the most million instructions they may take: some 30 %
# above what g++ 12 makes of it at -Og, so that a change which costs more is seen and a few instructions are not.
GRAPHS = [
    ("elements that hand on", line("identity ! "), 200, 2.2),
    ("converters", line("videoconvert ! "), 200, 14),
    ("a tee whose branches want other formats", tee, 60, 170),
    ("branches of other sizes that meet again", diamonds, 42, 340),
    ("two rates that differ, explained",
     line("identity ! ", "video/x-raw,framerate=25/1 ! identity ! video/x-raw,framerate=30/1 ! fakesink"), 200, 6.5),
]


def count(folder, text):
    """Instructions of negotiate() in a dry run."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--collect-atstart=no",
               "--toggle-collect=parallax::negotiate(*", f"{folder}/parallax-launch", "-q", "--dry-run=negotiate", text]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    found = re.search(r"Collected : (\d+)", ran.stderr)
    if not found or int(found[1]) == 0:
        sys.exit(f"instructions: nothing was counted; exit {ran.returncode}:\n{ran.stderr[-2000:]}")
    return int(found[1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", required=True)
    folder = parser.parse_args().bin
    try:
        subprocess.run(["valgrind", "--version"], check=True, capture_output=True)
    except FileNotFoundError:
        print("SKIPPED: valgrind is not installed")
        sys.exit(SKIPPED)
    failed = False
    for name, graph, elements, most in GRAPHS:
        few, many = (count(folder, graph(n)) / 1e6 for n in (elements, 5 * elements))
        wrong = few > most or many > MOST_GROWTH * few
        failed = failed or wrong
        print(f"{'FAILED' if wrong else 'ok    '} {name:<42} {few:8.2f} M (limit {most}); "
              f"five times as many elements: {many / few:.2f} x (limit {MOST_GROWTH})", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
