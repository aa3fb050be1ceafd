#!/usr/bin/env python3
"""pipe_runner: runs one .pipe file, a whole pipeline and what to expect of it, as text.

    # Comments say what is being proved.
    needs   data/raw/sample1.dng             skip, by name, where this is absent; or: option libraw
    given   cut.dng = first 5000 bytes of data/raw/sample1.dng     (or: 0 bytes; or: any text)
    with    --timeout 5s                     options of parallax-launch for the runs that follow
    run     fakesrc num-buffers=3 ! queue
            ! fakesink name=end              indented lines go on with the launch text
    interrupt when file out_003.png          ^C for the run above, once it has made that file
    expect  status = eos                     a field of the report
    expect  end.frames_in = 3                a field of an element, by its name
    expect  error.class = bad-value          a field of the first error; errors.count counts
    expect  exit = 0                         the default, unless a run expects another
    expect  stdout ~ text                    ~ contains, or matches as a regular expression
    expect  file out_*.png = 3 files         or: exists, absent, N bytes; < > and so on; ~ bytes
    expect  file a.png = file b.png          same bytes

Comparisons: = != < <= > >= ~. $DATA is the folder of test data, $TMP the fresh folder in which the
line runs. Several runs may follow each other in one file: they share the folder.
Exit: 0 all as expected, 1 not, 2 the file itself is wrong, 77 skipped.
"""
import argparse
import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

SKIPPED = 77
TIME_LIMIT_S = 280
OPERATORS = {
    "=": lambda a, b: a == b, "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
}
EXPECT = re.compile(r"(?P<what>file\s+\S+|\S+)\s+(?P<op>!=|<=|>=|=|<|>|~)\s+(?P<value>.+)")


class BadFile(Exception):
    """The .pipe file does not say what it means."""


@dataclass
class Step:
    line: int
    verb: str
    text: str


@dataclass
class Run:
    """What one launch line left behind."""
    code: int
    stdout: str
    stderr: str
    report: dict
    command: list = field(default_factory=list)


def parse(text):
    """Steps in order; an indented line continues the one before."""
    steps = []
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        if line[0].isspace():
            if not steps:
                raise BadFile(f"{number}: an indented line continues nothing")
            steps[-1].text += " " + line.strip()
            continue
        verb, _, rest = line.partition(" ")
        if verb not in ("needs", "given", "with", "run", "interrupt", "expect"):
            raise BadFile(f"{number}: no verb called {verb}: needs given with run interrupt expect")
        if not rest.strip():
            raise BadFile(f"{number}: {verb} what?")
        steps.append(Step(number, verb, rest.strip()))
    if not any(step.verb == "run" for step in steps):
        raise BadFile("1: no run line")
    if not any(step.verb == "expect" for step in steps):
        raise BadFile("1: expects nothing, so it cannot fail")
    return steps


def scalar(text):
    """A right-hand side: number, true, false, absent, or a word, quoted or not."""
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text in ("true", "false", "absent"):
        return {"true": True, "false": False, "absent": None}[text]
    try:
        return float(text)
    except ValueError:
        return text


def look_up(run, path):
    """The value at `path`: exit, stdout, stderr, error.*, ELEMENT.*, or a field of the report."""
    if path in ("exit", "stdout", "stderr"):
        return {"exit": run.code, "stdout": run.stdout, "stderr": run.stderr}[path]
    first, *rest = path.split(".")
    here = run.report
    if first == "error":
        here = (run.report.get("errors") or [{}])[0]
    elif first in run.report:
        here = run.report[first]
    else:
        named = [e for e in run.report.get("elements", []) if e.get("name") == first]
        if not named:
            return None
        here = named[0]
    for key in rest:
        if isinstance(here, list):
            if key == "count":
                here = len(here)
                continue
            here = here[int(key)] if key.isdigit() and int(key) < len(here) else None
        elif isinstance(here, dict):
            here = here.get(key)
        else:
            return None
    return here


def matches(value, pattern):
    if value is None:
        return False
    text = value if isinstance(value, str) else json.dumps(value)
    if pattern in text:
        return True
    try:
        return re.search(pattern, text, re.S) is not None
    except re.error:
        return False


def compare(value, op, wanted_text):
    if op == "~":
        return matches(value, str(scalar(wanted_text)) if wanted_text[0] in "\"'" else wanted_text)
    wanted = scalar(wanted_text)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = float(value)
    elif isinstance(value, str) and isinstance(wanted, float):
        wanted = wanted_text  # A string field that looks like a number: compare as written.
    if op not in ("=", "!=") and not (isinstance(value, float) and isinstance(wanted, float)):
        return False  # No order between these, and an absent figure is never small enough.
    return OPERATORS[op](value, wanted)


def expect_file(folder, name, op, wanted):
    """(holds, what was found) for a line about files in `folder`."""
    found = sorted(path for path in folder.glob(name) if path.is_file())
    if wanted in ("exists", "absent"):
        there = bool(found)
        holds = there == (wanted == "exists")
        return holds == (op == "="), "exists" if there else "absent"
    if count := re.fullmatch(r"(\d+) files?", wanted):
        return OPERATORS[op](len(found), int(count[1])), f"{len(found)} files"
    if len(found) != 1:
        return False, f"{len(found)} files of this name"
    if other := re.fullmatch(r"file (\S+)", wanted):
        twin = folder / other[1]
        same = twin.is_file() and twin.read_bytes() == found[0].read_bytes()
        return same == (op == "="), "the same bytes" if same else "other bytes, or no such file"
    if op == "~":
        return matches(found[0].read_bytes().decode("latin-1"), wanted), "other content"
    size = found[0].stat().st_size
    digits = re.fullmatch(r"(\d+)(?: bytes)?", wanted)
    if not digits:
        raise BadFile(f"file … {op} {wanted}: exists, absent, N bytes, N files, file NAME?")
    return OPERATORS[op](size, int(digits[1])), f"{size} bytes"


class Runner:
    def __init__(self, path, bin_folder, data, options):
        self.path, self.bin, self.options = path, bin_folder, options
        self.data = Path(data).resolve() if data else None
        self.launch_options = []
        self.run = None
        self.failures = []

    def data_file(self, name):
        return self.data / name.removeprefix("data/") if self.data else None

    def missing(self, text):
        """Why this file must be skipped, or nothing."""
        kind, _, name = text.partition(" ")
        if kind == "option":
            return None if name in self.options else f"build option {name}"
        file = self.data_file(text)
        return None if file and file.exists() else f"test data {text.removeprefix('data/')}"

    def given(self, folder, text):
        name, _, what = (part.strip() for part in text.partition("="))
        if what.endswith(" bytes") and what[:-6].isdigit():
            content = bytes(int(what[:-6]))
        elif cut := re.fullmatch(r"first (\d+) bytes of (\S+)", what):
            with open(self.data_file(cut[2]), "rb") as file:
                content = file.read(int(cut[1]))
        elif name and what:
            content = what.encode() + b"\n"
        else:
            raise BadFile(f"given {text}: NAME = what?")
        (folder / name).write_bytes(content)

    def expand(self, text, folder):
        return text.replace("$DATA", str(self.data)).replace("$TMP", str(folder))

    @staticmethod
    def interrupt(child, file):
        """^C once `file` is there; the wait ends with the child."""
        while child.poll() is None and not file.exists():
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=0.01)
        if child.poll() is None:
            child.send_signal(signal.SIGINT)

    def launch(self, folder, scratch, text, until=None):
        report = scratch / "report.json"
        report.unlink(missing_ok=True)
        command = [str(self.bin / "parallax-launch"), "--report", str(report),
                   *self.launch_options, self.expand(text, folder)]
        child = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, text=True,
                                 errors="replace", stdout=subprocess.PIPE,
                                 stderr=subprocess.PIPE, start_new_session=True)
        if until:
            threading.Thread(target=self.interrupt, args=(child, folder / until), daemon=True).start()
        try:
            out, err = child.communicate(timeout=TIME_LIMIT_S)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            out, err = child.communicate()
            err += f"\npipe_runner: killed after {TIME_LIMIT_S} s"
        content = report.read_text() if report.exists() else out if out.startswith("{") else "{}"
        try:
            parsed = json.loads(content)
        except ValueError as error:
            parsed = {}
            err += f"\npipe_runner: the report is no JSON: {error}"
        return Run(child.returncode, out, err, parsed, command)

    def fail(self, step, found):
        self.failures.append((self.run, f"{self.path}:{step.line}: expect {step.text}\n    found: {found}"))

    def expect(self, folder, step):
        line = EXPECT.fullmatch(self.expand(step.text, folder))
        if not line:
            raise BadFile(f"{step.line}: expect WHAT = VALUE?")
        what, op, wanted = line["what"], line["op"], line["value"].strip()
        if self.run is None:
            raise BadFile(f"{step.line}: expect before any run")
        if what.startswith("file"):
            holds, found = expect_file(folder, what.split()[1], op, wanted)
        else:
            value = look_up(self.run, what)
            holds, found = compare(value, op, wanted), "absent" if value is None else value
        if not holds:
            self.fail(step, found)

    def execute(self, steps):
        """True when all is as expected."""
        with tempfile.TemporaryDirectory() as work, tempfile.TemporaryDirectory() as scratch:
            folder = Path(work)
            for i, step in enumerate(steps):
                if step.verb == "given":
                    self.given(folder, step.text)
                elif step.verb == "with":
                    self.launch_options = shlex.split(self.expand(step.text, folder))
                elif step.verb == "run":
                    self.run = self.launch(folder, Path(scratch), step.text,
                                           self.interrupt_after(steps[i + 1:]))
                    if self.code_is_open(steps[i + 1:]) and self.run.code != 0:
                        self.fail(Step(step.line, "expect", "exit = 0 (no line expects another)"),
                                  self.run.code)
                elif step.verb == "expect":
                    self.expect(folder, step)
        return not self.failures

    @staticmethod
    def interrupt_after(after):
        """The file whose appearance interrupts the run just before `after`, if one is named."""
        if not after or after[0].verb != "interrupt":
            return None
        file = re.fullmatch(r"when file (\S+)", after[0].text)
        if not file:
            raise BadFile(f"{after[0].line}: interrupt when file NAME?")
        return file[1]

    @staticmethod
    def code_is_open(after):
        for step in after:
            if step.verb == "run":
                break
            if step.verb == "expect" and step.text.split()[0] == "exit":
                return False
        return True

    def explain(self):
        for _, message in self.failures:
            print(message)
        run = self.failures[0][0]
        print("--- repeat by:", shlex.join(run.command))
        for name, text in (("stdout", run.stdout), ("stderr", run.stderr)):
            if text.strip():
                print(f"--- {name}:\n{text.strip()[-4000:]}")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder with parallax-launch")
    parser.add_argument("--data", default="", help="folder of test data")
    parser.add_argument("--option", action="append", default=[], help="a build option that is on")
    parser.add_argument("file", type=Path)
    args = parser.parse_args(arguments)
    try:
        steps = parse(args.file.read_text())
        runner = Runner(args.file, args.bin.resolve(), args.data, args.option)
        missing = [why for step in steps if step.verb == "needs" and (why := runner.missing(step.text))]
        if missing:
            print(f"SKIPPED {args.file.name}: needs {', '.join(missing)}")
            return SKIPPED
        if runner.execute(steps):
            return 0
    except BadFile as error:
        print(f"{args.file}:{error}")
        return 2
    runner.explain()
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
