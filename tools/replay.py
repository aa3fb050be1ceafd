#!/usr/bin/env python3
"""replay: runs the commands of a tutorial and compares what they print with what the page says.

    ```console
    $ parallax-launch "fakesrc num-buffers=3 ! fakesink"
    3 frames in 0.000 s (16666.7 fps), 0.003 s CPU, 6 MiB peak
    ```

All blocks of a page run in one fresh folder, which is also $HOME; a ```cpp NAME block is first
written there as NAME. Figures are not compared; a line "…" stands for any lines, and a "…" within a
line for any words. With --install the build is installed into ~/parallax first. `<!-- needs FILE -->` copies a file of the test data
there; where it is absent the page is skipped (exit 77). --write puts what was printed into the
page wherever it differs.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
TIME_LIMIT_S = 240
FENCE = re.compile(r"^```(\w*) ?(\S*)$")


def blocks(lines):
    """(language, name, index of the first line, index of the closing fence) of each block."""
    start = None
    for i, line in enumerate(lines):
        fence = FENCE.match(line)
        if fence and start is None:
            start = (fence[1], fence[2], i + 1)
        elif line == "```" and start:
            yield (*start, i)
            start = None


def commands(lines):
    """(command, said) pairs of a console block: a command goes on after a backslash."""
    found, open_command = [], False
    for line in lines:
        if line.startswith("$ "):
            found.append([line[2:], []])
        elif open_command:
            found[-1][0] += "\n" + line
        elif found:
            found[-1][1].append(line)
        open_command = (open_command or line.startswith("$ ")) and line.endswith("\\")
    return found


def masked(line):
    """The line without its figures."""
    return re.sub(r"\d+(\.\d+)?(e-?\d+)?", "#", line.rstrip())


def pattern(line):
    return r"(?:.*\n)*?" if line == "…" else re.escape(masked(line)).replace("…", ".*") + r"\n"


def agrees(said, printed):
    """Whether `printed` is what the page says, but for figures and for what "…" stands for."""
    text = "".join(masked(line) + "\n" for line in printed)
    return re.fullmatch("".join(map(pattern, said)), text) is not None


def run(command, folder, bin_folder):
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PARALLAX")}
    environment.update(HOME=str(folder), NO_COLOR="1", PATH=f"{bin_folder}:{environment['PATH']}")
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, errors="replace",
                          stderr=subprocess.STDOUT, timeout=TIME_LIMIT_S, check=False)
    return done.stdout.rstrip("\n").split("\n") if done.stdout.strip() else []


def replay(lines, folder, bin_folder):
    """The page as it should be, and what differed."""
    result, copied, differences = [], 0, []
    for language, name, first, end in blocks(lines):
        result += lines[copied:first]
        copied = first
        if name:
            (folder / name).write_text("\n".join(lines[first:end]) + "\n")
        if language != "console":
            continue
        for command, said in commands(lines[first:end]):
            printed = run(command, folder, bin_folder)
            if not agrees(said, printed):
                differences.append((command, said, printed))
                said = printed
            result += ["$ " + command, *said]
        copied = end
    return result + lines[copied:], differences


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder with parallax-launch")
    parser.add_argument("--data", default="", help="folder of test data")
    parser.add_argument("--install", action="store_true", help="install the build into ~/parallax")
    parser.add_argument("--write", action="store_true", help="put what was printed into the page")
    parser.add_argument("page", type=Path)
    args = parser.parse_args(arguments)
    text = args.page.read_text()
    with tempfile.TemporaryDirectory() as work:
        for file in re.findall(r"<!-- needs (\S+) -->", text):
            source = Path(args.data) / file
            if not args.data or not source.exists():
                print(f"SKIPPED {args.page.name}: needs test data {file}")
                return SKIPPED
            shutil.copy(source, work)
        if args.install:
            subprocess.run(["cmake", "--install", args.bin.resolve().parent, "--prefix", f"{work}/parallax"],
                           check=True, stdout=subprocess.DEVNULL)
        lines, differences = replay(text.split("\n"), Path(work), args.bin.resolve())
    if args.write:
        args.page.write_text("\n".join(lines))
    for command, said, printed in differences:
        print(f"{args.page.name}: $ {command}", "--- says", *said, "--- prints", *printed, sep="\n")
    return 1 if differences and not args.write else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
