#!/usr/bin/env python3
"""fail_nth: an isolated pipeline in which the n-th thing that can be refused is refused, for many n.

    fail_nth.py --bin build/dev/bin [--sample 100 | --all] [--seed 1] [--only calls|allocations]

`calls`: the n-th system call of any of its processes that asks for memory, a descriptor, a process, a
mapping or a layer of the sandbox, from the program's birth over a stage that is killed and born anew
to the end (fail_call.cpp). `allocations`: the n-th malloc of the program's own process (fail_malloc.c).

Each run must end by itself, either with the same bytes as an undisturbed one, or with an error that is
said and nothing under the final name. No process, and but for memory no temporary file may be left.
"""
import argparse
import os
import random
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LINE = ("videotestsrc num-buffers=20 pattern=ball ! video/x-raw,format=GRAY8,width=16,height=16 ! "
        "identity name=i isolate=process ! filesink location=out.bin")
PATIENCE_S = 60
KILL_AFTER = "30"  # System calls of a stage that has locked itself down.
MEANT = {0, 1, 4}  # Good, an error, a facility that is not there.


class Kind:
    def __init__(self, name, counted, command, environment):
        self.name, self.counted, self.command, self.environment = name, counted, command, environment


def kinds(folder):
    launch = [str(folder / "parallax-launch"), "-q", LINE]
    return [
        Kind("calls", "calls", lambda n: [str(folder / "fail_call"), "--kill", KILL_AFTER, str(n), *launch],
             lambda n: {}),
        Kind("allocations", "allocations", lambda n: launch,
             lambda n: {"LD_PRELOAD": str(folder / "fail_malloc.so"), "FAIL_MALLOC_AT": str(n)}),
    ]


def run(kind, n):
    """The exit code (None: it did not end), what it said, what it wrote, and what else lies there."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"XDG_STATE_HOME": f"{folder}/state", "LC_ALL": "C"} | kind.environment(n)
        with open(f"{folder}/said", "w+b") as said:
            process = subprocess.Popen(kind.command(n), cwd=folder, env=environment, stderr=said,
                                       stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL,
                                       start_new_session=True)
            try:
                code = process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                process.wait()
                code = None
            said.seek(0)
            text = said.read().decode(errors="replace")
        out = Path(folder, "out.bin")
        wrote = out.read_bytes() if out.exists() else None
        left = sorted(set(os.listdir(folder)) - {"out.bin", "said", "state"})
        return code, text, wrote, left


def judge(result, wanted):
    """What is wrong with it, or nothing."""
    code, text, wrote, left = result
    if code is None:
        return f"did not end within {PATIENCE_S} s"
    if code not in MEANT:
        return f"ended with {code}"
    if wrote is not None and wrote != wanted:
        return "other bytes lie under the final name"
    if code == 0 and wrote is None:
        return "said nothing, and wrote nothing"
    if code != 0 and "error: " not in text:
        return "failed without an error that says why"
    if left and "out of memory" not in text:
        return f"left {left} behind"
    return None


def sweep(kind, numbers, wanted):
    """Prints each that went wrong; the counts of all ends."""
    ends, wrong = {}, 0
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for n, result in zip(numbers, pool.map(lambda n: run(kind, n), numbers)):
            ends[result[0]] = ends.get(result[0], 0) + 1
            if problem := judge(result, wanted):
                wrong += 1
                print(f"{kind.name} {n}: {problem}\n    " + result[1].strip().replace("\n", "\n    "))
    return ends, wrong


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--bin", type=lambda path: Path(path).resolve(), required=True)
    options.add_argument("--sample", type=int, default=100)
    options.add_argument("--all", action="store_true")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--only", choices=["calls", "allocations"])
    chosen = options.parse_args()
    failures = 0
    for kind in kinds(chosen.bin):
        if chosen.only not in (None, kind.name):
            continue
        code, text, wanted, _ = run(kind, 0)
        count = re.search(rf"(\d+) {kind.counted}\b", text)
        if code != 0 or not wanted or not count:
            print(f"{kind.name}: undisturbed it ended with {code}: {text}")
            return 1
        numbers = list(range(1, int(count[1]) + 1))
        if not chosen.all:
            numbers = sorted(random.Random(chosen.seed).sample(numbers, min(chosen.sample, len(numbers))))
        ends, wrong = sweep(kind, numbers, wanted)
        failures += wrong
        print(f"{kind.name}: {len(numbers)} of {count[1]} failed in turn; ends by exit code: "
              + ", ".join(f"{code}: {ends[code]}" for code in sorted(ends, key=str)) + f"; {wrong} wrong")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
