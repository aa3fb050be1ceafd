#!/usr/bin/env python3
"""kill_storm: pipelines whose elements' processes are killed over and over, at random times.

    kill_storm.py --bin build/dev/bin [--kills 30] [--seed 1] [--only NAME]

Each pipeline runs once in one process, and then with its elements in processes of their own, which
are sent SIGKILL, one or two at once, or SIGSTOP and after a while SIGCONT; in a cascade a successor
is stopped early in its life while its neighbours die one after the other. What it writes must be the same bytes; no
process and no temporary file may be left. Prints what was done to each, and fails on any difference.
"""
import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

# Name, launch line, which elements are isolated, bytes of a frame of the first output where they are
# all alike. "slow" is an element that stays in the program and lets a frame pass each millisecond.
SLOW = "identity name=slow sleep-time={us} ! "
STORMS = [
    ("source", "videotestsrc num-buffers={n} pattern=ball name=s ! "
               "video/x-raw,format=GRAY8,width=160,height=120 ! " + SLOW + "filesink name=z location=out",
     "s,z", 160 * 120),
    ("camera", "rawtestsrc num-buffers={n} name=s threads=1 shake=1 ! "
               "video/x-bayer,format=rggb10le,width=64,height=48 ! " + SLOW + "filesink name=z location=out",
     "s,z", 64 * 48 * 2),
    ("sound", "audiotestsrc num-buffers={n} samplesperbuffer=441 wave=white-noise name=s ! "
              "audioconvert dithering=tpdf name=a ! audio/x-raw,format=U8 ! wavenc name=w ! " + SLOW +
              "filesink name=z location=out", "s,a,w,z", 0),
    ("rates", "audiotestsrc num-buffers={n} samplesperbuffer=441 wave=white-noise name=s ! "
              "audioresample name=r ! audio/x-raw,format=F32LE,rate=44100 ! wavenc name=w ! " + SLOW +
              "filesink name=z location=out", "s,r,w,z", 0),
    ("repeats", "videotestsrc num-buffers={n} pattern=ball name=s ! "
                "video/x-raw,format=GRAY8,width=160,height=120,framerate=24/1 ! videorate name=r ! "
                "video/x-raw,framerate=60/1 ! " + SLOW + "filesink name=z location=out", "s,r,z", 160 * 120),
    ("blocks", "filesrc location={input} blocksize=1000 name=s ! identity name=i ! " + SLOW +
               "filesink name=z location=out", "s,i,z", 1000),
    ("sizes", "fakesrc num-buffers={n} sizetype=random sizemax=3000 name=s ! " + SLOW +
              "filesink name=z location=out", "s,z", 0),
    ("join", "videotestsrc num-buffers={n} pattern=ball name=s ! "
             "video/x-raw,format=NV12,width=160,height=120 ! " + SLOW + "tee name=t "
             "t. ! videoflip name=f method=rotate-180 ! c.   t. ! identity name=k ! c. "
             "compositor name=c ! videoconvert name=v ! video/x-raw,format=RGB ! filesink name=z location=out",
     "s,f,k,c,v,z", 160 * 240 * 3),
    ("metrics", "videotestsrc num-buffers={n} pattern=ball name=s ! "
                "video/x-raw,format=I420,width=64,height=48 ! " + SLOW + "tee name=t t. ! m.sink "
                "t. ! identity name=i ! m.reference  metrics name=m ! y4menc name=y ! "
                "filesink name=z location=out", "s,i,m,y,z", 0),
    ("pictures", "multifilesrc location={pictures} loop=true num-buffers={n} name=s ! pngdec name=d ! "
                 + SLOW + "pngenc name=e ! multifilesink name=z location=%05d.png", "s,d,e,z", 0),
    ("pieces", "fakesrc num-buffers={n} sizetype=random sizemax=3000 name=s ! " + SLOW +
               "multifilesink name=z next-file=max-size max-file-size=40000 location=%05d.part-of",
     "s,z", 0),
]
SHARES = {"kill": 0.6, "stop": 0.2, "kill_two": 0.1, "cascade": 0.1}  # Of what is done to processes.


def children_of(pid):
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def identity_of(pid):
    """Number and time of birth, or None when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] == "Z" else (pid, fields[19])


def stages_of(program):
    """Processes of stages: children of the fork servers, which are children of the program."""
    return [stage for server in children_of(program) for stage in children_of(server)]


def at_work(program):
    """Without the spare that the fork server keeps for the next one."""
    def is_spare(pid):
        try:
            return Path(f"/proc/{pid}/comm").read_text().strip() == "plx:spare"
        except (FileNotFoundError, ProcessLookupError):
            return True
    return {pid for pid in stages_of(program) if not is_spare(pid)}


def next_born(program, known):
    """The first stage that is not known, or None when there is none for a while."""
    until = time.monotonic() + 0.2
    while time.monotonic() < until:
        if born := at_work(program) - known:
            return born.pop()
        time.sleep(0.0005)
    return None


def send(pid, number):
    """Whether there was such a process."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


class Storm:
    def __init__(self, args, rng, folder):
        self.args, self.rng, self.folder = args, rng, Path(folder)
        self.failures = []
        self.kills = self.stops = self.cascades = self.restarts = self.lost = self.twice = 0

    def command(self, line, isolated, report):
        words = [str(Path(self.args.bin, "parallax-launch")), "--timeout", f"{self.args.timeout}s",
                 "--report", report]
        if isolated:
            words += [f"--isolated={isolated}", "--restart", "max=5"]
        return words + [line]

    def run_plain(self, line, folder):
        folder.mkdir()
        done = subprocess.run(self.command(line, "", "report.json"), cwd=folder, text=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if done.returncode != 0:
            sys.exit(f"kill_storm: the undisturbed run failed with {done.returncode}:\n{done.stderr}")

    # Until the run ends, or enough was done to it. Returns its exit status and what it said.
    def run_disturbed(self, line, isolated, folder, kills):
        folder.mkdir()
        log = open(folder / "log", "w+")
        program = subprocess.Popen(self.command(line, isolated, "report.json"), cwd=folder,
                                   stdout=subprocess.DEVNULL, stderr=log)
        seen = set()
        done = 0
        flows = False  # Something has come out: every process plays.
        while program.poll() is None:
            time.sleep(self.rng.expovariate(1 / self.args.gap))
            for server in children_of(program.pid):
                seen.add(identity_of(server))
            alive = stages_of(program.pid)
            if self.rng.random() < 0.9:
                alive = sorted(at_work(program.pid))
            seen.update(identity_of(pid) for pid in alive)
            flows = flows or self.args.from_birth or any(
                f.stat().st_size > 0 for f in folder.iterdir() if f.name not in ("log", "report.json"))
            if not alive or not flows or done >= kills:
                continue
            kind = self.rng.choices(list(SHARES), SHARES.values())[0]
            done += getattr(self, kind)(program.pid, alive)
        self.kills += done
        log.seek(0)
        left = {who for who in seen if who and identity_of(who[0]) == who}
        return program.returncode, log.read(), done, left

    # What can be done to processes; each answers how many it killed.

    def kill(self, _, alive):
        return send(self.rng.choice(alive), signal.SIGKILL)

    def stop(self, _, alive):
        pid = self.rng.choice(alive)
        if send(pid, signal.SIGSTOP):
            time.sleep(self.rng.uniform(0, 0.1))
            send(pid, signal.SIGCONT)
            self.stops += 1
        return 0

    def kill_two(self, _, alive):
        return sum(send(pid, signal.SIGKILL) for pid in self.rng.sample(alive, min(2, len(alive))))

    # One is killed, and its successor held up early in its life while its neighbours die, twice over.
    def cascade(self, program, alive):
        known = at_work(program)
        done = send(self.rng.choice(alive), signal.SIGKILL)
        held = next_born(program, known)
        if held is None or not send(held, signal.SIGSTOP):
            return done
        for _ in range(2):
            others = at_work(program) - {held}
            if others:
                done += send(self.rng.choice(sorted(others)), signal.SIGKILL)
                next_born(program, {*others, held})
        send(held, signal.SIGCONT)
        self.cascades += 1
        return done

    def compare(self, name, frame_bytes, plain, storm):
        for folder in (plain, storm):
            for extra in ("log", "report.json"):
                (folder / extra).unlink(missing_ok=True)
        names = {f.name for f in plain.iterdir()}
        got = {f.name for f in storm.iterdir()}
        if names != got:
            self.failures.append(f"{name}: files missing {sorted(names - got)[:5]}, "
                                 f"too many {sorted(got - names)[:5]}")
        for each in sorted(names & got):
            expected, found = (plain / each).read_bytes(), (storm / each).read_bytes()
            if expected == found:
                continue
            self.failures.append(f"{name}: {each} differs: {len(expected)} bytes, got {len(found)}")
            if frame_bytes:
                frames = lambda b: Counter(b[i:i + frame_bytes] for i in range(0, len(b), frame_bytes))
                self.lost += (frames(expected) - frames(found)).total()
                self.twice += (frames(found) - frames(expected)).total()

    def strike(self, name, line, isolated, frame_bytes, kills, number):
        frames = max(60, 12 * kills)
        line = line.format(n=frames, us=1000, input=self.folder / "input",
                           pictures=self.folder / "picture-%d.png")
        plain, storm = self.folder / f"plain{number}", self.folder / f"storm{number}"
        self.run_plain(line, plain)
        before = time.monotonic()
        status, said, done, left = self.run_disturbed(line, isolated, storm, kills)
        took = time.monotonic() - before
        failures = len(self.failures)
        if status != 0:
            self.failures.append(f"{name}: ended with {status}:\n{said[-1500:]}")
        if not (storm / "report.json").exists():
            return done
        reports = [json.loads((folder / "report.json").read_text()) for folder in (plain, storm)]
        restarts = sum(element["restarts"] for element in reports[1]["elements"])
        self.restarts += restarts
        sums = [{e["name"]: e.get("metrics") for e in r["elements"] if e.get("metrics")} for r in reports]
        if sums[0] != sums[1]:
            self.failures.append(f"{name}: metrics {sums[0]}, got {sums[1]}")
        if left:
            self.failures.append(f"{name}: processes left: {sorted(left)}")
        self.compare(name, frame_bytes, plain, storm)
        good = "same bytes" if len(self.failures) == failures else "DIFFERS"
        print(f"{name}: {frames} frames, {done} kills, {restarts} restarts, {took:.1f} s: {good}", flush=True)
        return done

    def prepare(self):
        data = random.Random(5).randbytes(100_000 + 77)
        while len(data) < 12_000 * max(1, self.args.kills // 3):
            data += data
        (self.folder / "input").write_bytes(data)
        subprocess.run([str(Path(self.args.bin, "parallax-launch")), "-q",
                        "videotestsrc num-buffers=7 pattern=snow ! "
                        "video/x-raw,format=RGB,width=40,height=30 ! pngenc ! "
                        f"multifilesink location={self.folder}/picture-%d.png"], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--bin", required=True)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--gap", type=float, default=0.03, help="mean seconds between two strikes")
    parser.add_argument("--timeout", type=int, default=60, help="of one run, in seconds")
    parser.add_argument("--from-birth", action="store_true", help="strike also before anything flows")
    parser.add_argument("--only", help="storms of these names, with commas between")
    args = parser.parse_args()
    args.bin = os.path.abspath(args.bin)
    storms = [s for s in STORMS if not args.only or s[0] in args.only.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        storm = Storm(args, random.Random(args.seed), folder)
        storm.prepare()
        number = barren = 0
        while storm.kills < args.kills and not storm.failures and barren < len(storms):
            name, line, isolated, frame_bytes = storms[number % len(storms)]
            share = max(1, min(args.kills // len(storms), 60)) if number < len(storms) else 60
            done = storm.strike(name, line, isolated, frame_bytes,
                                min(share, args.kills - storm.kills), number)
            barren = 0 if done else barren + 1
            number += 1
        print(f"seed {args.seed}: {number} runs, {storm.kills} kills, {storm.stops} stops, {storm.cascades} cascades, "
              f"{storm.restarts} restarts, {storm.lost} frames lost, {storm.twice} twice")
        for failure in storm.failures:
            print(f"kill_storm: {failure}", file=sys.stderr)
        return 1 if storm.failures or storm.kills < args.kills else 0


if __name__ == "__main__":
    sys.exit(main())
