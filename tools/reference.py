#!/usr/bin/env python3
"""reference: docs/reference/elements.md, made out of what `parallax-inspect` says of itself.

`./dev docs` checks that it is up to date, `./dev docs --write` makes it anew.
"""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).resolve().parent.parent / "docs/reference/elements.md"
HEAD = """# Elements
Made by `./dev docs --write` out of `parallax-inspect`; what is wrong here is mended in the element.

Every element also takes `name=`, `group=` (threads), `isolate=` and `sandbox=`. *Live* properties may change
while the graph plays. New here? [The first pipeline](../tutorials/first-pipeline.md).
"""


def inspect(program, *words):
    environment = dict(os.environ, PARALLAX_PLUGIN_PATH="")  # The elements of this tree alone.
    out = subprocess.run([program, *words, "--json"], capture_output=True, text=True, check=True,
                         env=environment).stdout
    return json.loads(out)


def cell(text):
    return str(text).replace("|", "\\|")


def span(spec):
    """The range of a property, as short as it can be said."""
    low, high = spec.get("min"), spec.get("max")
    text = ""
    if low is not None and high is not None:
        text = f"{low:g} … {high:g}"
    elif low is not None:
        text = f"≥ {low:g}"
    elif high is not None:
        text = f"≤ {high:g}"
    return f"{text} {spec['unit']}".strip()


def default(spec):
    value = spec["default"]
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def property_rows(specs):
    for spec in specs:
        words = "".join(f"<br>`{word['name']}` {cell(word['doc'])}" for word in spec.get("values", []))
        kind = " ".join(filter(None, [spec["type"], span(spec)]))
        if spec["live"]:
            kind += ", live"
        if spec["read_only"]:
            kind += ", read-only"
        if spec["required"] and not spec["default"]:
            kind += ", required"
        shown = f"`{cell(default(spec))}`" if default(spec) else ""
        yield f"| `{spec['name']}` | {cell(kind)} | {shown} | {cell(spec['doc'])}{words} |"


def section(element, common):
    lines = [f"### {element['name']}", f"{element['doc'][0].upper()}{element['doc'][1:]}.", ""]
    lines += ["```", f"parallax-launch \"{element['example']}\"", "```", ""]
    presence = {"always": "", "request": ", on request", "optional": ", may stay unlinked"}
    for pad in element["pads"]:
        lines.append(f"* {pad['direction']} `{pad['name']}`{presence[pad['presence']]}: "
                     + "<br>".join(f"`{caps.strip()}`" for caps in pad["caps"].split(";")))
    own = [spec for spec in element["properties"] if spec["name"] not in common]
    if own:
        lines += ["", "| property | type | default | |", "| --- | --- | --- | --- |", *property_rows(own)]
    return "\n".join(lines) + "\n"


def page(program):
    elements = inspect(program)
    about = {element["name"]: inspect(program, element["name"]) for element in elements}
    everywhere = [{spec["name"] for spec in element["properties"]} for element in about.values()]
    common = set.intersection(*everywhere)
    text = HEAD
    for family in sorted({element["family"] for element in elements}):
        names = sorted(element["name"] for element in elements if element["family"] == family)
        text += f"\n## {family}\n| element | |\n| --- | --- |\n"
        text += "".join(f"| [{name}](#{name}) | {cell(about[name]['doc'])} |\n" for name in names)
        text += "".join("\n" + section(about[name], common) for name in names)
    return text


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--bin", type=Path, required=True, help="folder with parallax-inspect")
    parser.add_argument("--page", type=Path, default=PAGE)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="fail where the page is not up to date")
    what.add_argument("--write", action="store_true", help="make the page")
    args = parser.parse_args(arguments)
    wanted = page(args.bin.resolve() / "parallax-inspect")
    if args.write:
        args.page.parent.mkdir(parents=True, exist_ok=True)
        args.page.write_text(wanted)
        return 0
    there = args.page.read_text() if args.page.exists() else ""
    if there == wanted:
        return 0
    for number, (old, new) in enumerate(zip(there.split("\n") + [""], wanted.split("\n") + [""]), 1):
        if old != new:
            print(f"{args.page.name}:{number}: says  {old}\n  the element says  {new}")
            break
    print("reference: not up to date; hint: ./dev docs --write")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
