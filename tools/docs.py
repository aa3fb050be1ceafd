#!/usr/bin/env python3
"""docs: every link in our documents leads somewhere, every path and `./dev` part they name exists.

`./dev docs` runs it, and so does a test: a document that names what is gone fails the build.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`\n]+)`")
# What in backquotes is a path of ours: a known top folder, then a file or folder, no blanks or stars.
PATH = re.compile(r"(?:src|include|tests|tools|docs|examples|fuzz|cmake|\.ci)/[\w./-]+")


def documents(root):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
                            capture_output=True, text=True, check=True, cwd=root).stdout
    return [root / name for name in listed.splitlines() if (root / name).exists()]


def anchor(heading):
    """The anchor that forges make of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def broken_links(path, text):
    for number, line in enumerate(text.split("\n"), 1):
        for target in LINK.findall(line):
            if re.match(r"[a-z]+:", target):
                continue
            name, _, fragment = target.partition("#")
            there = (path.parent / name) if name else path
            if not there.exists():
                yield number, f"the link to {target} leads nowhere"
            elif fragment and there.suffix == ".md":
                headings = re.findall(r"^#+ (.*)$", there.read_text(), re.M)
                if fragment not in map(anchor, headings):
                    yield number, f"{name or path.name} has no heading #{fragment}"


def missing_paths(root, text, parts):
    for number, line in enumerate(text.split("\n"), 1):
        for code in CODE.findall(line):
            if PATH.fullmatch(code) and not (root / code).exists() and not re.search(r"\bx_|NAME", code):
                yield number, f"`{code}` does not exist"
            part = re.fullmatch(r"\./dev (\w+)\b.*", code)
            if part and part[1] not in parts:
                yield number, f"`{code}`: ./dev has no part {part[1]}"


def check(root):
    """All problems as (document, line, message)."""
    menu = (root / "dev").read_text()
    parts = set(re.findall(r"^#   (\w+)", menu, re.M)) | {"options", "help"}
    for path in documents(root):
        text = path.read_text()
        for line, message in [*broken_links(path, text), *missing_paths(root, text, parts)]:
            yield path.relative_to(root), line, message


def main():
    problems = list(check(ROOT))
    for path, line, message in problems:
        print(f"{path}:{line}: {message}")
    print(f"docs: {len(documents(ROOT))} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
