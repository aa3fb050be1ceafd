#!/usr/bin/env python3
"""model_check MODEL.pml...: the model holds, and each of its mutants does not; by spin(1).

A mutant is a -D switch that breaks one rule, named in the comment at the head of the file after
`Mutants:`. One that passes is an error too: then the model would not see that rule broken. Without
spin or a C compiler this fails; both are in tools/packages.txt.
"""
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DEPTH = 1_000_000
SECONDS = 100


class Broken(Exception):
    pass


def mutants_of(text):
    """The switches that the head of a model names after `Mutants:`."""
    head = text.split("*/", 1)[0]
    if "Mutants:" not in head:
        return []
    named = head[head.index("Mutants:") - 3:]
    return re.findall(r"^ \* +(?:Mutants: +)?([A-Z_]{4,}) ", named, re.M)


def command(folder, *words):
    try:
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=SECONDS)
    except FileNotFoundError:
        raise Broken(f"{words[0]} is not installed; hint: ./dev setup") from None
    except subprocess.TimeoutExpired:
        raise Broken(f"{words[0]} took longer than {SECONDS} s") from None
    if done.returncode != 0:
        raise Broken(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def search(model, mutant, folder):
    """How many states there are, and what is wrong with one of them, or nothing."""
    command(folder, "spin", "-a", *([f"-D{mutant}"] if mutant else []), str(model))
    quick = "-O0" if mutant else "-O1"  # To compile: most of the time goes there.
    command(folder, "cc", quick, "-w", "-DSAFETY", "-DVECTORSZ=4096", "-o", "pan", "pan.c")
    said = command(folder, "./pan", f"-m{DEPTH}")
    errors = re.search(r"errors: (\d+)", said)
    states = re.search(r"(\d+) states, stored", said)
    if not errors or not states:
        raise Broken(f"spin did not come to an end:\n{said}")
    if "Search not completed" in said and errors.group(1) == "0":
        raise Broken(f"the search was cut short:\n{said}")
    wrong = re.search(r"pan:1: (.*)", said)
    return int(states.group(1)), wrong.group(1) if wrong else None


def check(model):
    mutants = mutants_of(model.read_text())
    if not mutants:
        raise Broken(f"{model.name} names no mutants: a check that cannot fail is none")
    with tempfile.TemporaryDirectory() as folder:
        for mutant in [None, *mutants]:
            began = time.monotonic()
            states, wrong = search(model, mutant, folder)
            took = time.monotonic() - began
            print(f"{model.stem} {mutant or 'as built'}: {states} states, {took:.1f} s: "
                  f"{wrong or 'holds'}", flush=True)
            if wrong and not mutant:
                raise Broken(f"{model.name} does not hold: {wrong}")
            if mutant and not wrong:
                raise Broken(f"{model.name} holds although {mutant} breaks a rule")


def main(names):
    try:
        for name in names:
            check(Path(name).resolve())
    except Broken as error:
        print(f"model_check: error: {error}", file=sys.stderr)
        return 1
    return 0 if names else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
