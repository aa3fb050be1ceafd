#!/usr/bin/env python3
"""tidy: the rules of this repository that no compiler knows. `./dev lint` runs it; so does a test.

A rule lives here when a machine can judge it. Each message names the rule and what to do instead.
"""
import re
import subprocess
import sys
from pathlib import Path

FOLDERS = ("include", "src", "tests", "examples", "fuzz")

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
    "format": "media", "value": "media", "caps": "media", "video_caps": "media", "memory_caps": "media", "audio_caps": "media",
    "encoded_caps": "media",
    "image": "media", "meta": "media", "raw_info": "media",
    "group": "exec", "event": "exec", "task": "exec",
    "element": "graph", "context": "graph", "kept_frame": "graph", "option": "graph", "registry": "graph", "graph": "graph",
    "pipeline": "graph", "report": "graph", "app": "graph", "plugin": "graph", "plugin_element": "graph",
    "plugin_loader": "graph",
    "isp": "isp", "builtin": "elements",
    "sandbox_policy": "isolate", "isolation": "isolate",
}
# Headers that give authority, and the modules that must not have it.
AUTHORITY = {"memory/budget.h": ("compute", "elements", "media")}  # Stages are lent blocks, and no more.
# Folders whose README is the one above: inputs of the fuzz targets, one folder each.
TOLD_ABOVE = ("fuzz/corpus",)
LIMITS = {"file": 500, "public header": 250, "line": 100, "function": 70}
BANNED = [  # (pattern, where it is allowed, what to do instead)
    (r"\bthrow\b", r"^python/", "return fail(...)"),
    (r"\bcatch\s*\(", r"^(python|src/app|tests)/|libraw|plugin|exec/task\.cpp", "Result at the door of what throws"),
    (r"(?<!placement )\bnew\s+[A-Z]", r"^$", "std::make_unique, or a value"),
    (r"\bdelete\s+\w", r"plugin_element", "give it an owner"),
    (r"\busing namespace\b", r"^$", "name what you use"),
    (r"\bstd::(cout|cerr|endl)\b", r"^(src/app|tests)/", "log::info(...)"),
    (r"\breinterpret_cast\b", r"^src/(base|memory|isolate)/", "std::bit_cast or std::as_bytes"),
    (r"\bshared_ptr\b", r"(arena|pool|model|keeper|kept_frame)", "one owner: unique_ptr, a value, or a borrow"),
    (r"\b(sleep_for|usleep)\b", r"^$", "wait for the event itself"),
    (r"\b(TODO|FIXME|XXX)\b", r"^$", "do it now, or delete it"),
]


def strip(text):
    """Code with comments and literals blanked, so that rules judge code and lines keep their number."""
    blank = lambda m: re.sub(r"[^\n]", " ", m.group())
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])\'', blank, text, flags=re.S)


def module_of(rel):
    """The module that keeps this file: its folder under src/, or the keeper of a public header."""
    if rel.parts[0] == "src" and len(rel.parts) > 2:
        return rel.parts[1]
    if rel.parts[:2] == ("include", "parallax"):
        return PUBLIC.get(rel.stem)
    return None


def check_layers(rel, text):
    own = module_of(rel)
    if own not in STOREY:
        if rel.parts[0] == "include":
            yield 1, "this header belongs to no module: add it to PUBLIC in tools/tidy.py"
        return
    for i, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include "(?:parallax/([\w.-]+)\.h|(\w+)/[\w./-]+)"', line)
        if not m:
            continue
        other = PUBLIC.get(m[1]) if m[1] else m[2]
        if m[1] and other is None:
            yield i, f"parallax/{m[1]}.h belongs to no module: add it to PUBLIC in tools/tidy.py"
        elif other in STOREY and other != own and STOREY[other] >= STOREY[own]:
            yield i, (f"{own} (storey {STOREY[own]}) may not include {other} (storey {STOREY[other]}): "
                      "down, never sideways, never up; hand it in from above")


def check_authority(rel, text):
    for i, line in enumerate(text.split("\n"), 1):
        m = re.match(r'\s*#\s*include "([\w/.-]+)"', line)
        if m and module_of(rel) in AUTHORITY.get(m[1], ()):
            yield i, f"{module_of(rel)} may not include {m[1]}: who runs the stage decides; it is lent a block"


def check_sizes(rel, text):
    lines = text.rstrip("\n").split("\n")
    kind = "public header" if rel.parts[0] == "include" else "file"
    if len(lines) > LIMITS[kind]:
        yield 1, f"{len(lines)} lines; the limit of a {kind} is {LIMITS[kind]}: it is about two things"
    for i, line in enumerate(lines, 1):
        if len(line) > LIMITS["line"] and "http" not in line:
            yield i, f"{len(line)} columns; the limit is {LIMITS['line']}: break the line"


def check_words(rel, text):
    code = strip(text)
    for pattern, allowed, instead in BANNED:
        if re.search(allowed, str(rel)):
            continue
        haystack = text if "TODO" in pattern else code
        for m in re.finditer(pattern, haystack):
            yield haystack.count("\n", 0, m.start()) + 1, f"`{m.group()}` is not used here: {instead}"


def check_shape(rel, text):
    if rel.suffix == ".h":
        if not text.startswith("// "):
            yield 1, "a header opens with what it is, in one line of prose"
        # What Highway reads once for each instruction set has a guard that toggles.
        if "\n#pragma once\n" not in text and "HWY_TARGET_TOGGLE" not in text:
            yield 1, "missing #pragma once"
    if not text.endswith("\n"):
        yield 1, "the last line has no end: add a newline"


def check_functions(root, files):
    """One run of ctags for all files: a start of ctags costs as much as reading fifty files."""
    out = subprocess.run(["ctags", "--languages=C++", "--map-C++=+.h", "--kinds-C++=f", "--fields=+ne",
                          "-o", "-", "-L", "-"], input="\n".join(map(str, files)), capture_output=True,
                         text=True, check=True, cwd=root).stdout
    for tag in out.splitlines():
        start, end = re.search(r"\tline:(\d+)", tag), re.search(r"\tend:(\d+)", tag)
        if start and end:
            name, rel = tag.split("\t")[:2]
            length = int(end[1]) - int(start[1]) + 1
            if length > LIMITS["function"]:
                yield Path(rel), int(start[1]), (f"{name}() is {length} lines; the limit is "
                                                 f"{LIMITS['function']}: name its parts")


def tracked(root):
    """All files that belong to the repository; without git, all there are."""
    if (root / ".git").exists():
        out = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                             capture_output=True, text=True, check=True, cwd=root).stdout
        return [Path(name) for name in out.split("\0") if name and (root / name).exists()]
    return [path.relative_to(root) for path in root.rglob("*")
            if path.is_file() and not {"build", "__pycache__"} & set(path.relative_to(root).parts)]


def check_folders(root, files):
    """Every folder says what it is for; under src/ only modules that have a storey."""
    for folder in sorted({rel.parts[1] for rel in files if rel.parts[0] == "src" and len(rel.parts) > 2}):
        if folder not in STOREY:
            yield Path("src", folder), 1, "a new module: give it a storey in tools/tidy.py, and say why"
    for rel in files:
        if rel.parts[0] == "src" and len(rel.parts) == 2:
            yield rel, 1, "this source belongs to no module: move it into a folder of src/"
    needed = {rel.parent for rel in tracked(root)} - {Path(".")}
    needed |= {folder for rel in files if rel.parts[0] == "src" for folder in list(rel.parents)[:-2]}
    for folder in sorted(needed):
        if any(folder.is_relative_to(each) for each in TOLD_ABOVE):
            continue
        readme = root / folder / "README.md"
        above = readme.parent.parent / "README.md"
        told_above = folder.parts[0] == "src" and len(folder.parts) > 2 and above.exists() and f"{folder.name}/" in above.read_text()
        if not readme.exists():
            if not told_above:
                yield folder, 1, "missing README.md: what lives here, what never may, where to start"
        elif folder.parts[0] == "src" and len(readme.read_text().split("\n")) > 21:
            yield folder / "README.md", 1, "a folder's README has 20 lines at most"


def untested(root, files):
    """Sources without a test beside them. A report, not a verdict: some are tested through another."""
    for rel in files:
        if rel.suffix == ".cpp" and rel.parts[0] == "src" and not re.search(r"_(test|bench|fuzz|main)$", rel.stem):
            if not (root / rel).with_name(rel.stem + "_test.cpp").exists():
                yield rel


def check(root):
    """All problems below `root` as (file, line, message)."""
    files = sorted(path.relative_to(root) for folder in FOLDERS for path in (root / folder).rglob("*")
                   if path.suffix in (".h", ".cpp"))
    problems = list(check_folders(root, files))
    for rel in files:
        text = (root / rel).read_text()
        for rule in (check_layers, check_authority, check_sizes, check_words, check_shape):
            problems += [(rel, line, message) for line, message in rule(rel, text)]
    problems += check_functions(root, files) if files else []
    return problems, list(untested(root, files))


def main(arguments):
    root = Path(arguments[0]).resolve() if arguments else Path(__file__).resolve().parent.parent
    problems, bare = check(root)
    for rel, line, message in problems:
        print(f"{rel}:{line}: {message}")
    if bare:
        print(f"note: no test beside {', '.join(map(str, bare))}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
