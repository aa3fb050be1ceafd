#!/usr/bin/env python3
"""standard_streams: what the program does when its own output is full, closed, or read by nobody.

Standard output is an answer: where it cannot be written, the exit code is 1 and standard error says why.
Standard error is news: where it cannot be written the work goes on, and the exit code is that of the work.

Exit: 0 all as it should be, 1 not.
"""
import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RUN = "fakesrc num-buffers=10 ! filesink location=f"
LATE = "fakesrc num-buffers=10 ! identity error-after=5 ! filesink location=f"
ANSWERS = [  # Each prints to standard output and exits with 0.
    ["parallax-launch", "--list-elements"],
    ["parallax-launch", "--inspect", "tee"],
    ["parallax-launch", "--help"],
    ["parallax-launch", "--version"],
    ["parallax-launch", "--dry-run", RUN],
    ["parallax-launch", "--dry-run", "--format", "json", RUN],
    ["parallax-launch", "-q", "--report", "-", RUN],
    ["parallax-inspect"],
    ["parallax-inspect", "--json"],
    ["parallax-inspect", "tee"],
    ["parallax-inspect", "sandbox"],
    ["parallax", "--help"],
    ["parallax", "--version"],
    ["parallax", "caps", "intersect", "ANY", "video/x-raw"],
    ["parallax", "caps", "solve", "--help"],
    ["parallax", "completion", "bash"],
    ["parallax", "completion", "words", "1", "parallax", ""],
    ["parallax", "man", "run"],
    ["parallax", "man"],
]
NEWS = [  # Each prints to standard error: its exit code.
    (["parallax-launch", RUN], 0),
    (["parallax-launch", "--progress", "plain", RUN], 0),
    (["parallax-launch", "-v", RUN], 0),
    (["parallax-launch", LATE], 1),
    (["parallax-launch", "nosuch ! fakesink"], 2),
    (["parallax-launch", "--nosuch"], 2),
    (["parallax", "serve"], 4),
]


def closed_pipe():
    """The end for writing of a pipe that nobody reads."""
    reader, writer = os.pipe()
    os.close(reader)
    return writer


def places():
    """Name, what a shell would do to a descriptor, and what standard error must then say."""
    yield "full disk", lambda fd: os.dup2(os.open("/dev/full", os.O_WRONLY), fd), "No space left on device"
    yield "nobody reads", lambda fd: os.dup2(closed_pipe(), fd), "Broken pipe"
    yield "closed", os.close, "Bad file descriptor"


class Check:
    def __init__(self, folder, programs):
        self.folder, self.programs, self.failures = folder, programs, []

    def run(self, command, fd, spoil):
        program = str(self.programs / command[0])
        return subprocess.run([program, *command[1:]], cwd=self.folder, text=True, check=False, timeout=50,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              restore_signals=True, preexec_fn=lambda: spoil(fd))

    def expect(self, what, wanted, found):
        if wanted != found:
            self.failures.append(f"{what}: expected {wanted!r}, found {found!r}")

    def answers(self):
        for command in ANSWERS:
            whole = self.run(command, 1, lambda fd: None)
            self.expect(f"{command}, sound", (0, True), (whole.returncode, bool(whole.stdout)))
            for name, spoil, cause in places():
                done = self.run(command, 1, spoil)
                told = "standard output cannot be written" in done.stderr and cause in done.stderr
                self.expect(f"{command}, standard output: {name}", (1, True), (done.returncode, told))

    def news(self):
        for command, code in NEWS:
            for name, spoil, _ in places():
                file = self.folder / "f"
                file.unlink(missing_ok=True)
                done = self.run(command, 2, spoil)
                self.expect(f"{command}, standard error: {name}", code, done.returncode)
                # A message must not go into the file that took the place of standard error.
                size = file.stat().st_size if file.exists() else 0
                self.expect(f"{command}, the file's bytes", 0, size)

    def report_is_kept(self):
        """Where a report cannot be written, nothing runs; a report that is there outlives a failure."""
        done = self.run(["parallax-launch", "--report", "none/r.json", RUN], 2, lambda fd: None)
        self.expect("a report in no folder", (1, False), (done.returncode, (self.folder / "f").exists()))
        report = self.folder / "r.json"
        report.write_text("earlier")
        self.run(["parallax-launch", "--report", "r.json", "--dry-run", RUN], 2, lambda fd: None)
        self.expect("a report of an earlier run", "earlier", report.read_text())
        self.run(["parallax-launch", "--report", "r.json", RUN], 2, lambda fd: None)
        self.expect("a report of this run", True, '"eos"' in report.read_text())
        self.expect("what is left in the folder", ["f", "r.json"], sorted(os.listdir(self.folder)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True)
    programs = parser.parse_args().bin.resolve()
    with tempfile.TemporaryDirectory() as folder:
        check = Check(Path(folder), programs)
        check.answers()
        check.news()
        for left in Path(folder).iterdir():
            left.unlink()
        check.report_is_kept()
    print("\n".join(check.failures))
    return 1 if check.failures else 0


if __name__ == "__main__":
    sys.exit(main())
