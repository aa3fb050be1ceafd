#!/usr/bin/env python3
"""element_examples: the example that each element shows is a line that runs.

Every element that `parallax-inspect` lists must have one, with the element in it. Each is planned by
--dry-run, and then run, in an empty folder with the files of GIVEN that it names. A plugin's
elements count too. What this build or machine lacks (exit 4) is named and no failure.
Exit: 0 all hold, 1 not.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

# Files that examples name and the test makes first, each by a launch line.
GIVEN = {
    "photo.dng": "rawtestsrc num-buffers=1 ! dngenc ! filesink location=photo.dng",
}
# Planned and not run: a program must feed them. Programs of examples/ do.
FED_BY_A_PROGRAM = {"appsrc"}
# Joined to another program, which runs meanwhile.
PARTNERS = {
    "ipcsrc": "fakesrc num-buffers=-1 ! identity sleep-time=1000 ! ipcsink path=frames.sock",
}
TIME_LIMIT_S = 120
LACKING = 4  # The exit code of a facility that this build or machine lacks.


def call(command, folder):
    """(exit code, stdout, stderr); a command that does not end counts as 124."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=folder, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=TIME_LIMIT_S, check=False)
    except subprocess.TimeoutExpired:
        return 124, "", f"it did not end within {TIME_LIMIT_S} s"
    return (done.returncode, done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace"))


class Elements:
    def __init__(self, bin_folder):
        self.launch, self.inspect = bin_folder / "parallax-launch", bin_folder / "parallax-inspect"

    def names(self):
        code, out, err = call([self.inspect, "--json"], ".")
        if code != 0:
            raise RuntimeError(f"parallax-inspect --json: exit {code}: {err}")
        return [element["name"] for element in json.loads(out)]

    def example(self, name):
        code, out, err = call([self.inspect, name, "--json"], ".")
        if code != 0:
            raise RuntimeError(f"parallax-inspect {name} --json: exit {code}: {err}")
        return json.loads(out)["example"]

    def problem(self, name, line):
        """What is wrong with the example `line` of element `name`, or nothing."""
        if not line:
            return "has no example"
        if not re.search(rf"(^|[\s!]){re.escape(name)}($|[\s!])", line):
            return f"is not in its own example: {line}"
        with tempfile.TemporaryDirectory() as folder:
            for file, recipe in GIVEN.items():
                if file in line:
                    code, _, err = call([self.launch, "-q", recipe], folder)
                    if code != 0:
                        return f"needs {file}, and making it fails: {err}"
            partner = self.partner(name, folder)
            for options in ([["--dry-run"]] if name in FED_BY_A_PROGRAM else [["--dry-run"], ["-q"]]):
                code, _, err = call([self.launch, *options, line], folder)
                if code == LACKING:
                    print(f"{name}: not tried here: {err.strip()}")
                elif code != 0:
                    return f"parallax-launch {options[0]} \"{line}\": exit {code}\n{err.strip()}"
            if partner:
                partner.terminate()
                partner.wait()
        return None

    def partner(self, name, folder):
        """The other program that an element is joined to, or nothing."""
        if name not in PARTNERS:
            return None
        return subprocess.Popen([str(self.launch), "-q", PARTNERS[name]], cwd=folder,
                                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder with parallax-launch")
    parser.add_argument("--plugins", help="folder with plugins whose elements are tried too")
    parser.add_argument("element", nargs="*", help="only these")
    args = parser.parse_args(arguments)
    if args.plugins:
        os.environ["PARALLAX_PLUGIN_PATH"] = str(Path(args.plugins).resolve())
    elements = Elements(args.bin.resolve())
    names = args.element or elements.names()
    failures = 0
    for name in names:
        if problem := elements.problem(name, elements.example(name)):
            print(f"{name} {problem}")
            failures += 1
    print(f"{len(names)} elements, {failures} examples that do not hold")
    return 1 if failures or not names else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
