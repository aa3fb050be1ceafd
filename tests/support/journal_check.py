#!/usr/bin/env python3
"""journal_check: --journal, --trace and --metrics of whole runs, and `parallax journal` on what they left.

Files are read as other programs would read them: by a JSON parser, a CSV parser, line by line.
Exit: 0 all as it should be, 1 not.
"""
import argparse
import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

PLAIN = "fakesrc num-buffers=50 ! identity name=i ! queue ! fakesink name=end"
SLOW = ("fakesrc num-buffers=400 ! identity name=slow sleep-time=5000 ! "
        "identity name=i isolate=process ! fakesink name=end")
failures = []


def check(truth, what):
    if not truth:
        failures.append(what)
        print("FAILED:", what)


class Program:
    def __init__(self, folder):
        self.folder = Path(folder)

    def command(self, name, *words):
        return [str(self.folder / name), *words]

    def launch(self, *words, **more):
        return subprocess.run(self.command("parallax-launch", *words), capture_output=True, text=True,
                              timeout=60, **more)

    def journal(self, *words):
        return subprocess.run(self.command("parallax", "journal", *words), capture_output=True, text=True,
                              timeout=60)

    def records(self, folder):
        out = self.journal("export", str(folder))
        check(out.returncode == 0, f"export: {out.stderr}")
        return [json.loads(line) for line in out.stdout.splitlines()]


def descendants(pid):
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from descendants(int(child))
            yield int(child)


def check_plain(program, folder):
    """What a run leaves, a second one goes on with, and everything reads it."""
    journal = folder / "runs"
    for run in (1, 2):
        out = program.launch("--journal", str(journal), PLAIN)
        check(out.returncode == 0 and "warning" not in out.stderr, f"run {run}: {out.stderr}")
        kinds = [r["kind"] for r in program.records(journal)]
        check(kinds == ["run-started", "plan", "run-ended"] * run, f"run {run} left {kinds}")
    records = program.records(journal)
    check([r["sequence"] for r in records] == list(range(1, 7)), "numbers go on")
    check(records[0]["data"]["launch"] == PLAIN, "the launch line is in the journal")
    check({e["name"] for e in records[1]["data"]["elements"]} >= {"i", "end"}, "and the plan")
    check(records[2]["data"]["status"] == "eos", "and how it ended")
    check(records[0]["data"]["run"] != records[3]["data"]["run"], "two runs have two names")
    rows = list(csv.DictReader(io.StringIO(program.journal("export", "--format", "csv", str(journal)).stdout)))
    check([json.loads(row["data"]) for row in rows] == [r["data"] for r in records], "CSV says the same")
    check(len(program.journal("cat", str(journal)).stdout.splitlines()) == 6, "cat: a line a record")
    check(len(program.journal("tail", "-n", "2", str(journal)).stdout.splitlines()) == 2, "tail -n 2")
    check(program.journal("verify", str(journal)).returncode == 0, "verify: whole")


def check_broken(program, folder):
    """Damage is found and told, and a torn end is cut by the next run."""
    journal = folder / "broken"
    program.launch("--journal", str(journal), PLAIN)
    [segment] = journal.glob("*.journal")
    whole = segment.read_bytes()
    for at in (70, 100, len(whole) // 2):
        segment.write_bytes(whole[:at] + bytes([whole[at] ^ 4]) + whole[at + 1:])
        out = program.journal("verify", str(journal))
        check(out.returncode == 1 and "damaged" in out.stdout, f"verify of a flipped bit: {out.stdout}")
        verdict = json.loads(program.journal("verify", "--json", str(journal)).stdout)
        check(verdict["records"] == 2 and verdict["missing"] == 1, f"verify --json: {verdict}")
        check("warning" in program.journal("cat", str(journal)).stderr, "cat warns of damage")
    segment.write_bytes(whole[:-3])
    out = program.journal("verify", str(journal))
    check(out.returncode == 1 and "torn end" in out.stdout, f"verify of a torn end: {out.stdout}")
    out = program.launch("--journal", str(journal), PLAIN)
    check(out.returncode == 0 and "never complete" in out.stderr, f"a run says what it cuts: {out.stderr}")
    check([r["kind"] for r in program.records(journal)][:4] == ["run-started", "plan", "run-started", "plan"],
          "what was whole is kept")
    check(program.journal("verify", str(journal)).returncode == 0, "and the journal is whole again")


def check_refused(program, folder):
    """Mistakes have their exit codes, and a second writer is turned away."""
    for words, code, text in ((["verify", str(folder / "none")], 1, "No such file"),
                              (["verify", str(folder)], 1, "holds no journal"),
                              (["cut", str(folder)], 2, "did you mean cat"),
                              ([], 2, "needs a verb"), (["cat"], 2, "one folder"),
                              (["cat", "--format", "xml", str(folder)], 2, "format")):
        out = program.journal(*words)
        check(out.returncode == code and text in out.stderr, f"journal {words}: {out.returncode} {out.stderr}")
    first = subprocess.Popen(program.command("parallax-launch", "-q", "--journal", str(folder / "one"), SLOW))
    while not list((folder / "one").glob("*.journal")):
        time.sleep(0.01)
    out = program.launch("--journal", str(folder / "one"), PLAIN)
    check(out.returncode == 1 and "another process writes" in out.stderr, f"second writer: {out.stderr}")
    check(program.journal("verify", str(folder / "one")).returncode == 0, "one being written is whole")
    first.send_signal(signal.SIGINT)
    check(first.wait(timeout=30) == 130, "and is interrupted")
    records = program.records(folder / "one")
    stop = [r["data"] for r in records if r["kind"] == "control-command"]
    check(stop == [{"command": "stop", "by": "signal"}], f"the command is in the journal: {stop}")
    check(records[-1]["data"].get("status") == "interrupted", "and the end")
    out = program.launch("--journal", str(folder / "bad"), "nosuch ! fakesink")
    check(out.returncode == 2, "a bad text is not run")


def check_crash(program, folder):
    """A killed process is in the journal, and both of its lives in the trace."""
    words = ["-q", "--journal", str(folder / "crash"), "--trace", str(folder / "crash.json"),
             "--metrics", str(folder / "crash.prom"), SLOW]
    run = subprocess.Popen(program.command("parallax-launch", *words))
    time.sleep(0.7)
    stages = list(descendants(run.pid))[:1]
    check(stages, "there is a process to kill")
    for stage in stages:
        os.kill(stage, signal.SIGKILL)
    check(run.wait(timeout=60) == 0, "the run goes on")
    records = program.records(folder / "crash")
    kinds = Counter(r["kind"] for r in records)
    check(kinds["crash"] == 1 and kinds["restart"] == 1, f"crash and restart are told: {kinds}")
    check(kinds["telemetry"] >= 1, f"telemetry each second: {kinds}")
    check(all(r["data"]["element"] == "i" for r in records if r["kind"] in ("crash", "restart")), "of i")
    trace = json.loads((folder / "crash.json").read_text())
    calls = Counter((e["name"], e["pid"]) for e in trace["traceEvents"] if e["ph"] == "X")
    lives = {pid: n for (name, pid), n in calls.items() if name == "i"}
    check(len(lives) == 2 and 400 <= sum(lives.values()) <= 402, f"calls of both lives: {calls}")
    check(calls[("end", run.pid)] >= 400, f"and of the program's own: {calls}")
    check(trace["otherData"]["lost_events"] == 0, "nothing is lost")
    arrows = Counter()
    for event in trace["traceEvents"]:
        if event["ph"] in "sf":
            arrows[event["id"], event["ph"]] += 1
    ends = sum(1 for (_, phase) in arrows if phase == "f")
    check(ends >= 795, f"arrows over both links: {ends}")
    check(all((id, "s") in arrows for (id, phase) in arrows if phase == "f"), "no arrow without beginning")
    prom = (folder / "crash.prom").read_text()
    check(re.search(r'restarts_total\{element="i"[^}]*\} 1\b', prom), "restarts as Prometheus reads them")
    check(re.search(r'frames_in_total\{element="end"[^}]*\} 400\b', prom), "and frames")


def check_trace(program, folder):
    """Slices lie in their thread without overlap, and each has a name."""
    path = folder / "t.json"
    out = program.launch("-q", "--trace", str(path), PLAIN)
    check(out.returncode == 0, f"--trace: {out.stderr}")
    events = json.loads(path.read_text())["traceEvents"]
    calls = Counter(e["name"] for e in events if e["ph"] == "X")
    # And one for its end.
    check(50 <= calls["i"] <= 51 and 50 <= calls["end"] <= 51, f"a slice a frame and element: {calls}")
    threads = {(e["pid"], e["tid"]) for e in events if e["ph"] == "X"}
    named = {(e["pid"], e["tid"]): e["args"]["name"] for e in events if e["name"] == "thread_name"}
    check(all(named.get(t, "").startswith("plx:") for t in threads), f"threads have names: {named}")
    last = {}
    for e in sorted((e for e in events if e["ph"] == "X"), key=lambda e: e["ts"]):
        at = (e["pid"], e["tid"])
        check(e["ts"] >= last.get(at, 0) - 0.001, f"slices of one thread overlap at {e}")
        last[at] = e["ts"] + e["dur"]
    for words in (["--trace", "/missing/t.json"], ["--metrics", "/missing/m"], ["--trace", "/dev/full"]):
        out = program.launch("-q", *words, PLAIN)
        check(out.returncode == 1 and words[0] in out.stderr, f"{words}: {out.returncode} {out.stderr}")


def check_full(program, folder):
    """No room for the journal costs records and not the run. Needs to mount: else it is passed over."""
    script = """
        mount -t tmpfs -o size=4k none "$0" || exit 77
        "$1"/parallax-launch --journal "$0" "$2" || exit 1
        "$1"/parallax journal export "$0" || exit 2
        echo ---
        mount -o remount,size=1m "$0"
        "$1"/parallax-launch --journal "$0" "$2" || exit 3
        "$1"/parallax journal export "$0" || exit 4
        "$1"/parallax journal verify "$0" >&2 || exit 5"""
    full = folder / "full"
    full.mkdir()
    line = "fakesrc num-buffers=50 ! " + 12 * "identity ! " + "fakesink"  # Its plan is long.
    out = subprocess.run(["unshare", "-m", "sh", "-c", script, str(full), str(program.folder), line],
                         capture_output=True, text=True, timeout=60)
    if out.returncode == 77 or "unshare failed" in out.stderr:
        print("skipped, may not mount a file system")
        return
    check(out.returncode == 0, f"the run is not touched: {out.returncode} {out.stderr}")
    check("records of the journal are lost" in out.stderr, f"but it is said: {out.stderr}")
    before, after = ([json.loads(line) for line in part.splitlines()] for part in out.stdout.split("---\n"))
    check([r["kind"] for r in before][:1] == ["run-started"], f"what there was room for is there: {before}")
    check(after[:len(before)] == before, "and stays")
    check(after[-1]["kind"] == "run-ended", f"with room it goes on: {after}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    program = Program(Path(parser.parse_args().bin).resolve())
    with tempfile.TemporaryDirectory() as folder:
        for each in (check_plain, check_broken, check_refused, check_trace, check_full, check_crash):
            each(program, Path(folder))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
