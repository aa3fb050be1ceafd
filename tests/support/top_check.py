#!/usr/bin/env python3
"""`parallax top` on a terminal and elsewhere: what it draws, its keys, and the terminal it leaves behind."""

import argparse
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time

LINE = "fakesrc ! identity name=slow sleep-time=2000 ! queue max-size-buffers=4 ! fakesink name=end"
PATIENCE_S = 30


class Terminal:
    """A program on a terminal of its own, 24 lines of 100 columns."""

    def __init__(self, command):
        self.ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self.theirs = theirs
        self.errors = open(os.devnull, "w", encoding="utf-8")
        self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=self.errors)
        self.text = ""

    def read_until(self, seen):
        """Until the text is as wanted; a word: until that is in it."""
        wanted = seen if callable(seen) else lambda text: seen in text
        end = time.monotonic() + PATIENCE_S
        while not wanted(self.text):
            if time.monotonic() > end:
                raise AssertionError(f"no {seen!r} in {self.text[-2000:]!r}")
            if select.select([self.ours], [], [], 0.1)[0]:
                self.text += os.read(self.ours, 65536).decode(errors="replace")

    def press(self, keys):
        os.write(self.ours, keys.encode())

    def end(self):
        end = time.monotonic() + PATIENCE_S
        while self.process.poll() is None:
            if time.monotonic() > end:
                self.process.kill()
                raise AssertionError("it did not end")
            if select.select([self.ours], [], [], 0.1)[0]:
                self.text += os.read(self.ours, 65536).decode(errors="replace")
        while select.select([self.ours], [], [], 0.1)[0]:
            self.text += os.read(self.ours, 65536).decode(errors="replace")
        assert termios.tcgetattr(self.theirs) == self.before, "the terminal is not as it was"
        os.close(self.ours)
        os.close(self.theirs)
        self.errors.close()
        return self.process.returncode


def by_name(text):
    """Whether the last whole table, of a screen that is drawn from its top, begins with `end`."""
    tables = text.split("\x1b[H")[1:-1]
    return bool(tables) and 0 < tables[-1].find("end ") < tables[-1].find("fakesrc0")


def on_a_terminal(top):
    terminal = Terminal([top, "top", LINE])
    terminal.read_until("\x1b[?1049h")
    terminal.read_until("end ")
    assert "sort: g graph" in terminal.text
    assert not by_name(terminal.text)
    terminal.press("cn")
    terminal.read_until(by_name)
    terminal.press("p")
    terminal.read_until("PAUSED")
    terminal.press("pq")
    code = terminal.end()
    assert code == 130, code
    after = terminal.text[terminal.text.rfind("\x1b[?1049l"):]
    assert "ELEMENT" in after, "no last table"
    assert "PAUSED" not in after


def interrupted(top):
    terminal = Terminal([top, "top", LINE])
    terminal.read_until("end ")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130


def elsewhere(top):
    ran = subprocess.run([top, "top", LINE.replace("fakesrc", "fakesrc num-buffers=1200")], text=True, check=False,
                         stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S)
    assert ran.returncode == 0, ran
    tables = ran.stdout.count("ELEMENT")
    assert tables >= 3, ran.stdout
    assert "\x1b" not in ran.stdout
    last = ran.stdout[ran.stdout.rfind("ELEMENT"):].splitlines()
    rates = {line.split()[0]: float(line.split()[1]) for line in last[1:] if line}
    assert 100 < rates["slow"] < 500, rates
    assert abs(rates["end"] - rates["slow"]) < 50, rates


def queues(top):
    """How full queues are now: before what is slow, and behind it; also where processes begin."""
    for isolate in ("", "isolate=process"):
        line = (f"fakesrc num-buffers=2500 ! queue ! identity name=slow sleep-time=2000 {isolate} ! "
                f"queue ! identity name=next {isolate} ! fakesink name=end")
        ran = subprocess.run([top, "top", line], text=True, check=False, stdin=subprocess.DEVNULL, capture_output=True,
                             timeout=PATIENCE_S)
        assert ran.returncode == 0, ran
        seen = {}  # The second table: what waits, waits by then, and its end is seconds away.
        for row in ran.stdout.split("ELEMENT")[2].splitlines()[1:]:
            found = re.search(r" (\d+)/(\d+) ", row)
            if found:
                seen[row.split()[0]] = int(found[1]) / int(found[2])
        before = "slow" if isolate else "queue0"
        behind = "next" if isolate else "queue1"
        assert seen[before] > 0.5 > seen[behind], (isolate, ran.stdout)


def refused(top):
    for line, code in (("nosuch ! fakesink", 2), ("filesrc location=/nowhere ! fakesink", 1)):
        ran = subprocess.run([top, "top", line], text=True, check=False, capture_output=True, timeout=PATIENCE_S)
        assert ran.returncode == code, ran
        assert "ELEMENT" not in ran.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True, type=pathlib.Path)
    top = str(parser.parse_args().bin / "parallax")
    for check in (on_a_terminal, interrupted, elsewhere, queues, refused):
        check(top)
        print(f"{check.__name__}: well")
    return 0


if __name__ == "__main__":
    sys.exit(main())
