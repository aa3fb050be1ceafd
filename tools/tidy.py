#!/usr/bin/env python3
"""tidy: the rules of this repository that no compiler knows. `./dev lint` runs it; so does a test.

A rule lives here when a machine can judge it. Each message names the rule and what to do instead.
"""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# A module may include itself and any module of a lower storey: down, never sideways, never up.
STOREY = {
    "base": 0,
    "sync": 1, "memory": 1, "media": 1,
    "trace": 2, "exec": 2, "compute": 2,
    "graph": 3, "isp": 3, "model": 3,
    "isolate": 4, "elements": 4,
    "app": 5,
}
PUBLIC = {  # Which module keeps each promise in include/parallax/.
    "result": "base", "fd": "base", "log": "base", "clock": "base",
    "segment": "memory", "arena": "memory", "pool": "memory",
    "format": "media", "value": "media", "caps": "media", "video_caps": "media",
    "image": "media", "meta": "media", "raw_info": "media",
    "group": "exec", "event": "exec",
    "element": "graph", "context": "graph", "option": "graph", "registry": "graph", "graph": "graph",
    "pipeline": "graph", "app": "graph", "plugin": "graph",
    "isp": "isp", "builtin": "elements",
}
LIMITS = {"file": 500, "header": 250, "line": 100, "function": 70}
BANNED = [  # (pattern, where it is allowed, what to do instead)
    (r"\bthrow\b", r"^python/", "return fail(...)"),
    (r"(?<!placement )\bnew\s+[A-Z]", r"^$", "std::make_unique, or a value"),
    (r"\bdelete\s+\w", r"^$", "give it an owner"),
    (r"\busing namespace\b", r"^$", "name what you use"),
    (r"\bstd::(cout|cerr|endl)\b", r"^(src/app|tests)/", "log::info(...)"),
    (r"\breinterpret_cast\b", r"^src/(base|memory|isolate)/", "std::bit_cast or std::as_bytes"),
    (r"\bshared_ptr\b", r"(arena|pool|model)", "one owner: unique_ptr, a value, or a borrow"),
    (r"\b(sleep_for|usleep)\b", r"^$", "wait for the event itself"),
    (r"\b(TODO|FIXME|XXX)\b", r"^$", "do it now, or delete it"),
]


def strip(text):
    """Code with comments and literals blanked, so that rules judge code and lines keep their number."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group())
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', blank, text, flags=re.S)


def module_of(path):
    parts = path.relative_to(ROOT).parts
    if parts[0] == "src":
        return parts[1]
    if parts[:2] == ("include", "parallax"):
        return PUBLIC.get(path.stem)
    return None


def check_layers(path, text):
    own = module_of(path)
    if own is None:
        if path.relative_to(ROOT).parts[0] in ("src", "include"):
            yield 1, "this header belongs to no module: add it to PUBLIC in tools/tidy.py"
        return
    for i, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include "(?:parallax/(\w+)\.h|(\w+)/[\w/]+\.h)"', line)
        if not m:
            continue
        other = PUBLIC.get(m[1]) if m[1] else m[2]
        if other in STOREY and other != own and STOREY[other] >= STOREY[own]:
            yield i, f"{own} (storey {STOREY[own]}) may not include {other} (storey {STOREY[other]})"


def check_sizes(path, text):
    lines = text.split("\n")
    limit = LIMITS["header" if "include" in path.parts else "file"]
    if len(lines) > limit:
        yield 1, f"{len(lines)} lines; the limit is {limit}: this file is about two things"
    for i, line in enumerate(lines, 1):
        if len(line) > LIMITS["line"] and "http" not in line:
            yield i, f"{len(line)} columns; the limit is {LIMITS['line']}"
    for start, name, length in functions(path):
        if length > LIMITS["function"]:
            yield start, f"{name}() is {length} lines; the limit is {LIMITS['function']}: name its parts"


def functions(path):
    out = subprocess.run(["ctags", "--languages=C++", "--map-C++=+.h", "--kinds-C++=f", "--fields=+ne",
                          "-o", "-", str(path)], capture_output=True, text=True).stdout
    for tag in out.splitlines():
        start, end = re.search(r"\tline:(\d+)", tag), re.search(r"\tend:(\d+)", tag)
        if start and end:
            yield int(start[1]), tag.split("\t")[0], int(end[1]) - int(start[1]) + 1


def check_words(path, text):
    rel = str(path.relative_to(ROOT))
    code = strip(text)
    for pattern, allowed, instead in BANNED:
        if re.search(allowed, rel):
            continue
        haystack = text if "TODO" in pattern else code
        for m in re.finditer(pattern, haystack):
            yield haystack.count("\n", 0, m.start()) + 1, f"`{m.group()}` is not used here: {instead}"


def check_shape(path, text):
    if path.suffix == ".h":
        if not text.startswith("// "):
            yield 1, "a header opens with what it is, in one line of prose"
        if "#pragma once" not in text:
            yield 1, "missing #pragma once"


def check_folders():
    for folder in sorted((ROOT / "src").iterdir()):
        if folder.name not in STOREY:
            yield folder, 1, "a new module: give it a storey in tools/tidy.py, and say why in its README"
        if not (folder / "README.md").exists():
            yield folder, 1, "missing README.md: what lives here, what never may, where to start reading"


def main():
    problems = list(check_folders())
    for path in sorted(p for d in ("include", "src", "tests") for p in (ROOT / d).rglob("*")
                       if p.suffix in (".h", ".cpp")):
        text = path.read_text()
        for check in (check_layers, check_sizes, check_words, check_shape):
            problems += [(path, line, message) for line, message in check(path, text)]
    for path, line, message in problems:
        print(f"{path.relative_to(ROOT)}:{line}: {message}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
