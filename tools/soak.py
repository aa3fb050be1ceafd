#!/usr/bin/env python3
"""soak: runs pipelines for long and watches what must not grow: memory, descriptors, threads.

    tools/soak.py [--bin FOLDER] [SECONDS]      shared out among the cases; default 600

Each case runs until it is interrupted, and must then drain in order: exit 130, and a report whose
counts agree. Numbers are those of the program, compared with those of the same run after its first
quarter, so no absolute figure of any machine is in here. In one case the elements' processes are
killed all the while: each must have a successor, no frame may be missing, and none may be left.
"""
import argparse
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GROWTH_MAX = 1.05  # Of resident memory, after the first quarter.
SLACK_KB = 4096    # What an allocator may round up to.
KILL_EVERY_S = 0.25
KILLED = "isolated, with kills"
CASES = {
    "empty frames": "fakesrc ! queue ! identity ! fakesink name=end",
    "leaky branches": ("fakesrc sizetype=fixed sizemax=65536 ! tee name=t t. ! queue leaky=downstream "
                       "max-size-buffers=4 ! fakesink t. ! queue ! fakesink name=end"),
    "pictures": "videotestsrc ! videoconvert ! videoscale ! queue ! fakesink name=end",
    "develop": "rawtestsrc num-buffers=1000000 ! video/x-bayer,width=320,height=240 ! softisp ! queue ! jpegenc ! fakesink name=end",
    KILLED: ("videotestsrc name=source ! video/x-raw,format=NV12,width=320,height=240 ! videoflip name=f isolate=process ! "
             "queue ! identity name=i isolate=process ! fakesink name=end"),
}


def numbers(pid):
    """(descriptors, threads, resident kB) of a process now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return (len(list(Path(f"/proc/{pid}/fd").iterdir())), int(status["Threads"]),
            int(status["VmRSS"].split()[0]))


def children_of(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:  # It has just ended.
            pass
    return found


def kill_one(pid, chance):
    """Kills a stage's process: a child of the fork server, which is a child of the program."""
    stages = [stage for server in children_of(pid) for stage in children_of(server)]
    if stages:
        try:
            os.kill(chance.choice(stages), signal.SIGKILL)
        except ProcessLookupError:
            pass


def watch(child, seconds, kills):
    """Numbers, sampled while the child runs, from the first quarter on."""
    start, samples, chance, struck = time.monotonic(), [], random.Random(1), 0.0
    while (now := time.monotonic() - start) < seconds and child.poll() is None:
        if kills and now - struck > KILL_EVERY_S:
            kill_one(child.pid, chance)
            struck = now
        elif now > seconds / 4:
            samples.append(numbers(child.pid))
        try:
            child.wait(timeout=min(0.25, KILL_EVERY_S / 5 if kills else 0.25, seconds / 40))
        except subprocess.TimeoutExpired:
            pass
    return samples


def judge(samples):
    """What grew, as sentences: the second half of the time against the first."""
    half = max(1, len(samples) // 2)
    # The median: for a moment there may be more or less of each, as while a process is born; a leak lifts it.
    before, after = ([statistics.median_low(numbers) for numbers in zip(*part)]
                     for part in (samples[:half], samples[half:] or samples))
    problems = [f"{name} grew from {before[i]} to {after[i]}"
                for i, name in enumerate(("descriptors", "threads")) if after[i] > before[i]]
    if after[2] > before[2] * GROWTH_MAX + SLACK_KB:
        problems.append(f"resident memory grew from {before[2]} kB to {after[2]} kB")
    return problems


def judge_kills(data):
    """What the kills cost: nothing but successors."""
    elements = {e["name"]: e for e in data["elements"]}
    made, arrived = elements["source"]["frames_out"], elements["end"]["frames_in"]
    restarts = sum(e["restarts"] for e in elements.values())
    print(f"soak: {KILLED}: {restarts} restarts", flush=True)
    problems = [] if made == arrived else [f"{made} frames were made, {arrived} arrived"]
    return problems + ([] if restarts > 0 else ["nobody was killed"])


def soak(launch, name, line, seconds):
    """Runs one case; its problems as sentences."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ["--report", report, "--progress", "none", "--restart", "max=1000000,backoff=constant"]
        child = subprocess.Popen([launch, *options, line],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        samples = watch(child, seconds, name == KILLED)
        ended_early = child.poll() is not None
        if not ended_early:
            child.send_signal(signal.SIGINT)
        try:
            _, errors = child.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return ["did not drain within 30 s of an interrupt"]
        if ended_early:
            return [f"ended by itself with exit {child.returncode}: {errors.strip()[-500:]}"]
        problems = judge(samples)
        if child.returncode != 130:
            problems.append(f"exit {child.returncode} after an interrupt, not 130")
        data = json.loads(report.read_text())
        end = next(e for e in data["elements"] if e["name"] == "end")
        if end["frames_in"] == 0:
            problems.append("not one frame arrived")
        if name == KILLED:
            problems += judge_kills(data)
        fds, threads, resident_kb = samples[-1]
        print(f"soak: {name}: {end['frames_in']} frames, {fds} descriptors, {threads} threads, "
              f"{resident_kb} kB", flush=True)
        return problems


def lacking(launch, line):
    """Why this build cannot run `line`: what is said of elements that it has not."""
    done = subprocess.run([launch, "--dry-run=parse", line], capture_output=True, text=True, check=False)
    unknown = [text for text in done.stderr.splitlines() if "no element called" in text]
    return unknown[0].split("error: ")[-1] if unknown else None


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, default=ROOT / "build/release/bin")
    parser.add_argument("seconds", nargs="?", type=float, default=600.0)
    options = parser.parse_args()
    launch = options.bin.resolve() / "parallax-launch"
    broken, cases = False, {}
    for name, line in CASES.items():
        if why := lacking(launch, line):
            print(f"soak: not run: {name}: {why}")
        else:
            cases[name] = line
    for name, line in cases.items():
        for problem in soak(launch, name, line, options.seconds / len(cases)):
            broken = True
            print(f"soak: error: {name}: {problem}\n    {line}", file=sys.stderr)
    return 1 if broken or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
